"""JavaScript from outside: evaluate, workloads, module exports; what require and import mean."""

from __future__ import annotations

import pytest

from pytest_nodeleak import module
from pytest_nodeleak.base.errors import EvaluationError, PolicyError, WorkloadError

from .conftest import Started

BOX = """
class Box {}
exports.Box = Box;
exports.boxes = [];
exports.add = (n = 1) => { for (let i = 0; i < n; i++) exports.boxes.push(new Box()); };
exports.later = async (x) => { await null; return x; };
exports.deep = { api: { add() { this.calls = (this.calls || 0) + 1; return this.calls; } } };
"""


VALUES = [
    ("1 + 1", 2),
    ("1 + 1;", 2),
    ("{a: [1, 'x', null, true]}", {"a": [1, "x", None, True]}),
    ("const a = 4; return a * a", 16),
    ("if (true) { return 'yes'; }", "yes"),
    ("await Promise.resolve(5)", 5),
    ("const x = await Promise.resolve(5);\nreturn x + 1;", 6),
    ("let n = 0; for (let i = 0; i < 3; i++) n += i; return n", 3),
    ("1 // with a comment", 1),
    ("undefined", None),
    ("(() => 1)", None),
    (
        "'quote \" back \\\\ line \\n \u2028 ü 😀 \\ud800'",
        'quote " back \\ line \n \u2028 ü 😀 \ud800',
    ),
    ("[NaN, 1e300, -0, 0.1]", [None, 1e300, 0, 0.1]),
    ("'x'.repeat(3e6).length", 3_000_000),
    ("typeof require + typeof module + typeof __filename", "functionobjectstring"),
]


def test_values_of_evaluate(start: Started) -> None:
    app = start("")
    assert [(text, app.evaluate(text)) for text, _ in VALUES] == VALUES


def test_long_values_and_texts_arrive_whole(start: Started) -> None:
    app = start("")
    assert app.evaluate("'ä'.repeat(3e6)") == "ä" * 3_000_000
    assert app.evaluate("'" + "ü" * 2_000_000 + "'.length") == 2_000_000


THROWS = [
    ("throw new TypeError('no cart')", r"evaluate threw: TypeError: no cart\n +at "),
    ("missing.thing", "ReferenceError: missing is not defined"),
    ("this is not JavaScript", "SyntaxError"),
    ("await Promise.reject(new Error('later'))", "Error: later"),
    ("throw 'just text'", "thrown value: 'just text'"),
    ("throw null", "thrown value: null"),
    ("throw {code: 7}", "thrown value: { code: 7 }"),
    ("throw {get stack() { throw 1; }}", "cannot be shown"),
    ("throw new Error('outer', {cause: new Error('inner')})", r"(?s)outer.*\[cause\].*inner"),
    ("const a = {}; a.a = a; return a", "circular"),
    ("require('./nowhere')", "Cannot find module './nowhere'"),
]


def test_what_throws_is_told_with_its_stack(start: Started) -> None:
    app = start("")
    for text, said in THROWS:
        with pytest.raises(EvaluationError, match=said) as caught:
            app.evaluate(text)
        assert caught.value.stack in str(caught.value)
    assert app.evaluate("1") == 1


def test_require_gives_the_instances_of_the_program(start: Started) -> None:
    start.write(BOX, "box.js")
    app = start("global.box = require('./box');")
    assert app.evaluate("require('./box') === box")
    assert app.run("require('./box').add()", 25) == 25
    assert app.evaluate("box.boxes.length") == 25
    assert app.count_instances("require('./box').Box") == 25
    assert app.iterations == 25


def test_import_gives_the_instance_of_an_es_module_main(start: Started) -> None:
    start.write("export const shared = {n: 0};", "shared.mjs")
    app = start(
        """
        import { shared } from './shared.mjs';
        export const list = [];
        export { shared };
        export default function tick() { shared.n++; }
        """,
        name="main.mjs",
    )
    app.run("(await import('./main.mjs')).list.push(1)", 5)
    app.run("(await import('./main.mjs')).default()", 4)
    assert app.evaluate("(await import('./main.mjs')).list.length") == 5
    assert app.evaluate("(await import('./shared.mjs')).shared.n") == 4


@pytest.mark.parametrize("name", ["main.js", "main.mjs"])
def test_packages_beside_the_script_are_found(start: Started, name: str) -> None:
    start.write('{"name": "dep", "main": "m.js"}', "node_modules/dep/package.json")
    start.write("exports.n = 9;", "node_modules/dep/m.js")
    assert start("", name=name).evaluate("require('dep').n") == 9


def test_exports_of_commonjs(start: Started) -> None:
    start.write(BOX, "box.js")
    app = start("")
    assert app.run(module("./box", "add", 3), 10) == 10
    assert app.evaluate("require('./box').boxes.length") == 30
    app.run(module("./box.js", "deep.api.add"), 6)
    assert app.evaluate("require('./box').deep.api.calls") == 6
    app.run(module("./box", "later", {"any": ["JSON", None]}), 3)


def test_exports_of_es_modules(start: Started) -> None:
    start.write(
        """
        export let n = 0;
        export async function named(by = 1) { n += by; }
        export default { inner() { n += 100; } };
        """,
        "work.mjs",
    )
    app = start("")
    app.run(module("./work.mjs", "named"), 3)
    app.run(module("./work.mjs", "named", 10), 3)
    app.run(module("./work.mjs", "inner"), 3)
    app.run(module(str(start.folder / "work.mjs"), "default.inner"), 1)
    assert app.evaluate("(await import('./work.mjs')).n") == 3 + 30 + 300 + 100


def test_es_module_with_top_level_await_as_workload(start: Started) -> None:
    start.write(
        "await null; export function work() { globalThis.n = (globalThis.n|0) + 1; }", "work.mjs"
    )
    app = start("")
    app.run(module("./work.mjs", "work"), 3)
    assert app.evaluate("n") == 3


def test_setup_and_teardown_of_a_module(start: Started) -> None:
    start.write(
        """
        global.log = [];
        exports.setup = async () => log.push('setup');
        exports.iteration = () => log.push('i');
        exports.teardown = async () => log.push('teardown');
        """,
        "cart.leak.js",
    )
    app = start("")
    app.run(module("./cart.leak.js", "iteration"), 2)
    assert app.evaluate("log") == ["setup", "i", "i", "teardown"]


def test_a_missing_export_names_those_that_are(start: Started) -> None:
    start.write(BOX, "box.js")
    app = start("")
    with pytest.raises(WorkloadError, match=r"no function 'ad'; it exports: Box, boxes, add"):
        app.run(module("./box", "ad"), 1)
    with pytest.raises(WorkloadError, match=r"Cannot find module './bax'"):
        app.run(module("./bax", "add"), 1)
    beside = r"cannot use module\('box.js', 'add'\) \(a file beside the script is './box.js'\): "
    with pytest.raises(WorkloadError, match=beside):
        app.run(module("box.js", "add"), 1)
    start.write(BOX, "node_modules/box/index.js")
    found = r"cannot use module\('box/index.js', 'ad'\): .*it exports: Box, boxes, add"
    with pytest.raises(WorkloadError, match=found):
        app.run(module("box/index.js", "ad"), 1)


def test_the_throwing_iteration_is_named(start: Started) -> None:
    app = start("global.n = 0;")
    with pytest.raises(WorkloadError, match=r"threw on iteration 7: .*no more") as caught:
        app.run("if (++n === 7) throw new RangeError('no more')", 20)
    assert caught.value.iteration == 7
    assert "RangeError: no more" in caught.value.stack
    assert app.iterations == 6
    with pytest.raises(WorkloadError, match=r"on iteration 4: .*async"):
        app.run("await null; if (++n === 11) throw new Error('async')", 20)


def test_workloads_that_are_none(start: Started) -> None:
    app = start("")
    with pytest.raises(WorkloadError, match=r"not JavaScript: SyntaxError.*\n +let let"):
        app.run("let let", 1)
    for bad in ("  ", 5, None):
        with pytest.raises(PolicyError):
            app.run(bad, 1)  # type: ignore[arg-type]


def test_python_callable(start: Started) -> None:
    app = start("global.n = 0;")
    assert app.run(lambda: app.evaluate("n++"), 5) == 5
    assert app.evaluate("n") == 5
    with pytest.raises(ZeroDivisionError):
        app.run(lambda: 1 / 0, 5)


def test_run_stops_at_its_timeout(start: Started) -> None:
    app = start("")
    done = app.run("await new Promise((r) => setTimeout(r, 20))", 10_000, timeout=0.5)
    assert 5 <= done < 100


def test_program_of_its_own_keeps_running_between_calls(start: Started) -> None:
    app = start("global.ticks = 0; setInterval(() => ticks++, 2);")
    first = app.evaluate("ticks")
    app.evaluate("await new Promise((r) => setTimeout(r, 60))")
    assert app.evaluate("ticks") > first + 5


def test_timers_get_their_turn_in_synchronous_workloads(start: Started) -> None:
    app = start("global.ticks = 0; setInterval(() => ticks++, 1);")
    app.run("for (const end = Date.now() + 1; Date.now() < end;);", 200)
    assert app.evaluate("ticks") > 3


@pytest.mark.parametrize(
    "vandalism",
    [
        "setImmediate = setTimeout = setInterval = () => { throw new Error('mocked'); };",
        "Promise = class {}; Promise.resolve = Promise.reject = () => 1;",
        "process.memoryUsage = () => ({heapUsed: 1});",
        "require('v8').getHeapStatistics = () => ({});",
        "performance.now = Date.now = () => 0; Date = class {};",
        "JSON.stringify = () => 'mocked'; JSON.parse = () => 0;",
        "process.argv.length = 0; process.chdir('/');",
        "require('fs').realpathSync = () => { throw new Error('mocked'); };",
        "process.mainModule = undefined;",
        "global.gc = undefined; delete globalThis.gc;",
        "process.kill = process.exit = () => {}; process.pid;",
        "require('util').inspect = () => { throw new Error('mocked'); };",
        "Array.prototype.map = Map.prototype.get = Set.prototype.has = undefined;",
        "process.on('uncaughtException', () => {}); process.on('SIGTERM', () => {});",
        "Symbol.for = () => Symbol(); Object.defineProperty = () => {};",
    ],
)
def test_programs_that_replace_globals(start: Started, vandalism: str) -> None:
    app = start(vandalism)
    assert app.evaluate("__dirname") == str(start.folder)
    app.memory()
    assert app.memory().heap_used > 1_000_000
    assert app.run("1", 40) == 40
    with pytest.raises(EvaluationError, match="told"):
        app.evaluate("throw new Error('told')")
