"""What Node says that leak files export, whatever else they do while they load."""

from __future__ import annotations

from pathlib import Path

from pytest_nodeleak.base.errors import NodeLeakError
from pytest_nodeleak.node import NodeExecutable, open_node
from pytest_nodeleak.node.leakfile.exports import STRIPPING, FileTest, asked
from pytest_nodeleak.node.leakfile.listing import list_tests
from pytest_nodeleak.node.workload import FileWorkload

FILES = {
    "exits.leak.js": "exports.iteration = () => {}; process.exit(0);",
    "waits.leak.mjs": "console.log('waiting'); await new Promise(() => {});",
    "late.leak.mjs": (
        "export const iteration = () => {};\n"
        "await new Promise((resolve) => setTimeout(resolve, 1));\n"
        "export const options = { ignore: ['A'], markers: 'slow' };"
    ),
    "many.leak.cjs": (
        "exports.options = { budget: '1s', rounds: 3, markers: ['a'] };\n"
        "setInterval(() => {}, 1000);\n"
        "exports.workloads = { plain() {},\n"
        "  own: { iteration() {}, options: { rounds: 4, markers: { b: 1 } } } };"
    ),
    # Node names the first export only.
    "literal.leak.cjs": "module.exports = { iteration() {}, options: { rounds: 3 } };",
    "empty.leak.js": "exports.workloads = {};",
    "package.json": '{ "type": "commonjs" }',
    "module.leak.js": "export const iteration = () => {};",
    "odd.leak.js": "exports.workloads = { a: { setup() {} } };",
    "null.leak.js": "exports.options = null; exports.iteration = () => {};",
    "typed.leak.mts": "interface A { n: number }\nexport const iteration = (): A => ({ n: 1 });\n",
}
SAID = {
    "module.leak.js": 'name it *.leak.mjs, or set "type": "module" in its package.json',
    "exits.leak.js": "node ended with exit status 0 while it was loading",
    "waits.leak.mjs": "while it was loading; it printed:\nwaiting",
    "empty.leak.js": "its `workloads` is no object such as { checkout: { iteration() {} } }",
    "odd.leak.js": "workload 'a' has no function `iteration`",
    "null.leak.js": "`options` of iteration is not an object but null",
}


def test_each_file_is_told_by_itself(node: NodeExecutable, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / name for name in FILES if name != "package.json"]
    listed = list_tests(files, node, [], tmp_path, 30)
    found = {path.name: tests for path, tests in listed.items()}
    assert set(found) == {path.name for path in files}
    for name, said in SAID.items():
        assert isinstance(found[name], NodeLeakError)
        assert said in str(found[name])
    assert found["late.leak.mjs"] == (FileTest("iteration", {"ignore": ["A"]}, ("slow",)),)
    assert found["many.leak.cjs"] == (
        FileTest("plain", {"budget": "1s", "rounds": 3}, (["a"],)),
        FileTest("own", {"budget": "1s", "rounds": 4}, (["a"], {"b": 1})),
    )
    assert found["literal.leak.cjs"] == (FileTest("iteration", {"rounds": 3}),)
    if node.version[:2] >= STRIPPING:
        assert found["typed.leak.mts"] == (FileTest("iteration"),)
    else:
        assert "does not load TypeScript by itself" in str(found["typed.leak.mts"])


def test_a_program_that_is_a_leak_file(node: NodeExecutable, tmp_path: Path) -> None:
    (tmp_path / "hooks.leak.mjs").write_text(
        "globalThis.log = [];\n"
        "export const setup = async () => log.push('setup');\n"
        "export const teardown = () => log.push('teardown');\n"
        "export const workloads = { w: {\n"
        "  n: 0, setup() { this.n = 5; log.push('own setup'); },\n"
        "  async iteration() { log.push(this.n++); },\n"
        "  teardown() { log.push('own teardown'); } } };\n"
    )
    with open_node(tmp_path / "hooks.leak.mjs", node=node) as app:
        assert [test.name for test in asked(app)] == ["w"]
        app.run(FileWorkload(app.script, "w"), 2)
        wanted = ["setup", "own setup", 5, 6, "own teardown", "teardown"]
        assert app.evaluate("log") == wanted
