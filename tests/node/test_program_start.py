"""Every kind of script starts, and is handed over when its top level has run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_nodeleak.base.errors import LaunchError
from pytest_nodeleak.node import open_node

from .conftest import Started


def test_commonjs_has_loaded_when_handed_over(start: Started) -> None:
    app = start("exports.at = 7; global.loaded = 'all of it';")
    assert app.evaluate("loaded") == "all of it"
    assert app.evaluate("require('./main.js').at") == 7
    assert app.running
    assert app.version == "v" + app.evaluate("process.versions.node")
    assert app.pid == app.evaluate("process.pid")


def test_the_heap_is_quiet_and_gc_exposed(start: Started) -> None:
    app = start("")
    assert app.evaluate("typeof gc") == "function"
    assert "--no-opt" in app.evaluate("process.execArgv")


def test_jit_on_leaves_the_compilers_alone(start: Started) -> None:
    app = start("", jit="on")
    assert "--no-opt" not in app.evaluate("process.execArgv")


def test_es_module(start: Started) -> None:
    app = start("export let count = 1; export function more() { count++; }", name="main.mjs")
    app.evaluate("(await import('./main.mjs')).more()")
    assert app.evaluate("(await import('./main.mjs')).count") == 2


def test_top_level_await_is_over_when_handed_over(start: Started) -> None:
    app = start(
        """
        await new Promise((resolve) => setTimeout(resolve, 150));
        globalThis.late = 'now';
        """,
        name="main.mjs",
    )
    assert app.evaluate("late") == "now"


def test_package_of_type_module(start: Started) -> None:
    start.write('{"type": "module"}', "package.json")
    app = start("import fs from 'node:fs'; globalThis.seen = typeof fs.statSync;")
    assert app.evaluate("seen") == "function"


def test_typescript(start: Started) -> None:
    if start.node.version < (22, 18):
        pytest.skip("this Node does not run TypeScript")
    app = start(
        "interface A { n: number }\nconst a: A = { n: 3 };\nexport const n: number = a.n;",
        name="main.mts",
    )
    assert app.evaluate("(await import('./main.mts')).n") == 3


@pytest.mark.parametrize("folder", ["with some spaces", "größe-日本", "a'b\"c", "100%25#x"])
def test_odd_folder_names(start: Started, folder: str) -> None:
    start.write("module.exports = 'beside';", f"{folder}/beside.js")
    app = start("global.main = true;", name=f"{folder}/main.js")
    assert app.evaluate("require('./beside')") == "beside"
    assert app.evaluate("(await import('./beside.js')).default") == "beside"
    module = start("globalThis.main = 1; export const a = globalThis;", name=f"{folder}/m.mjs")
    assert module.evaluate("(await import('./m.mjs')).a === globalThis && main") == 1


def test_relative_script_is_looked_for_in_cwd(start: Started) -> None:
    start.write("global.where = process.cwd();", "below/main.js")
    cwd = start.folder / "below"
    with open_node("main.js", cwd=cwd, node=start.node) as app:
        assert app.evaluate("where") == os.path.realpath(cwd)
        assert app.script == str(cwd / "main.js")


def test_folder_with_index(start: Started) -> None:
    start.write("module.exports = 'beside';", "program/beside.js")
    start.write("global.index = true;", "program/index.js")
    with open_node(start.folder / "program", node=start.node) as app:
        assert app.evaluate("index && require('./beside')") == "beside"


def test_symbolic_link_resolves_beside_its_target(start: Started) -> None:
    start.write("module.exports = 'beside';", "real/beside.js")
    target = start.write("exports.x = 1;", "real/main.js")
    link = start.folder / "link.js"
    link.symlink_to(target)
    with open_node(link, node=start.node) as app:
        assert app.evaluate("require('./beside')") == "beside"


def test_packages_of_a_workspace_are_resolved_to_where_they_are(start: Started) -> None:
    start.write("exports.mail = 1;", "packages/mail/index.js")
    start.write('{"name": "@shop/mail", "version": "1.0.0"}', "packages/mail/package.json")
    (start.folder / "node_modules" / "@shop").mkdir(parents=True)
    (start.folder / "node_modules" / "@shop" / "mail").symlink_to("../../packages/mail")
    app = start(
        """
        import '@shop/mail';
        import { createRequire } from 'node:module';
        globalThis.found = createRequire(import.meta.url).resolve('@shop/mail');
        """,
        name="packages/mail/show.mjs",
    )
    assert app.evaluate("found").endswith("/packages/mail/index.js")


def test_arguments(start: Started) -> None:
    args = ["one", "--two=2", "drei €", "", "-r"]
    app = start("", *args)
    assert app.evaluate("process.argv.slice(2)") == args


def test_environment(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "from outside")
    monkeypatch.setenv("CHANGED", "from outside")
    monkeypatch.setenv("REMOVED", "from outside")
    app = start("", env={"CHANGED": "here", "NEW": "ä", "REMOVED": None, "NEVER_WAS": None})
    wanted = ["from outside", "here", "ä", None, None]
    names = ["KEPT", "CHANGED", "NEW", "REMOVED", "NODELEAK_LIFELINE"]
    assert app.evaluate(f"{names}.map((name) => process.env[name])") == wanted


def test_node_arguments(start: Started) -> None:
    app = start("", node_args=["--no-warnings", "--max-old-space-size=77"])
    heap = app.evaluate("require('v8').getHeapStatistics().heap_size_limit")
    assert 77 << 20 <= heap < 300 << 20  # the young generation comes on top
    assert "--no-warnings" in app.evaluate("process.execArgv")


def test_preloads_of_the_user_work(start: Started) -> None:
    preload = start.write("global.preloaded = 1;", "preload.cjs")
    app = start("global.seen = preloaded;", node_args=["--require", str(preload)])
    assert app.evaluate("seen") == 1
    assert app.evaluate("process.execArgv.slice(-2)") == ["--require", str(preload)]


def test_script_that_ends_by_itself_stays(start: Started) -> None:
    app = start("exports.add = (a, b) => a + b;")
    for _ in range(3):
        assert app.evaluate("require('./main').add(1, 2)") == 3
    assert app.running


def test_stdin_is_empty(start: Started) -> None:
    app = start("process.stdin.on('data', () => {}).on('end', () => console.log('stdin ended'));")
    app.wait_for_output("stdin ended", timeout=5)


def test_the_inspector_listens_on_loopback_only(start: Started) -> None:
    app = start("")
    url = app.evaluate("require('inspector').url()")
    assert url.startswith("ws://127.0.0.1:")


@pytest.mark.parametrize("arg", ["--inspect", "--inspect-brk", "--inspect=0.0.0.0:9229"])
def test_inspector_arguments_are_refused(start: Started, arg: str) -> None:
    with pytest.raises(LaunchError, match=r"node_args contains '--inspect.*leave it out"):
        start("", node_args=[arg])


def test_node_arguments_must_be_a_list(start: Started) -> None:
    with pytest.raises(LaunchError, match=r"give a list: \['--no-warnings'\]"):
        start("", node_args="--no-warnings")


def test_inspector_of_the_environment_does_no_harm(start: Started) -> None:
    app = start("global.ran = 1;", env={"NODE_OPTIONS": "--inspect-brk"})
    assert app.evaluate("ran") == 1


def test_programs_side_by_side(start: Started) -> None:
    apps = [start(f"global.number = {n};", name=f"main{n}.js") for n in range(4)]
    assert [app.evaluate("number") for app in apps] == [0, 1, 2, 3]


def test_close_twice_and_use_afterwards(start: Started, tmp_path: Path) -> None:
    app = start("")
    app.close()
    app.close()
    assert not app.running
    assert "closed" in repr(app)
    from pytest_nodeleak.base.errors import TargetError

    for use in (app.memory, app.take_snapshot, lambda: app.evaluate("1"), lambda: app.workers):
        with pytest.raises(TargetError, match="this NodeApp is closed"):
            use()
