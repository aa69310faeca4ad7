"""Modules that a program preloads with --import: awaited before its script, as by plain Node."""

from __future__ import annotations

import pytest

from pytest_nodeleak.base.errors import LaunchError

from .conftest import Started, fails

SLOW = """\
await new Promise((resolve) => setTimeout(resolve, 300));
globalThis.fromPreload = (globalThis.fromPreload || '') + '{name}';
"""
SCRIPTS = {
    "main.js": "globalThis.seen = fromPreload; globalThis.isMain = require.main === module;",
    "main.mjs": "globalThis.seen = fromPreload; globalThis.isMain = true;",
    "later.mjs": (
        "globalThis.seen = fromPreload;\n"
        "await new Promise((resolve) => setTimeout(resolve, 100)); globalThis.isMain = true;"
    ),
}
# Hooks in the preload, as of tsx or an APM: the script is no JavaScript without them.
HOOKS = """\
import { register } from 'node:module';
await new Promise((resolve) => setTimeout(resolve, 100));
register('data:text/javascript,' + encodeURIComponent(`
  export async function load(url, context, next) {
    if (!url.endsWith('.shout')) return next(url, context);
    return { format: 'module', shortCircuit: true, source: 'globalThis.seen = "shouted"' };
  }`), import.meta.url);
"""


@pytest.fixture(autouse=True)
def has_import(start: Started) -> None:
    if start.node.version < (18, 18):
        pytest.skip("--import came with Node 18.18")


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("by", ["argument", "NODE_OPTIONS"])
def test_a_slow_preload_is_awaited(start: Started, name: str, by: str) -> None:
    preloads = [start.write(SLOW.format(name=n), f"{n}.mjs").as_uri() for n in ("a", "b")]
    imports = [f"--import={preload}" for preload in preloads]
    options = (
        {"node_args": imports} if by == "argument" else {"env": {"NODE_OPTIONS": " ".join(imports)}}
    )
    app = start(SCRIPTS[name], name=name, **options)
    # Node 18 loads them at the same time.
    assert app.evaluate("[[...seen].sort().join(''), isMain]") == ["ab", True]
    # The program, and what it forks, sees its own arguments only.
    seen = app.evaluate("process.execArgv.filter((arg) => arg.startsWith('--import'))")
    assert seen == (imports if by == "argument" else [])


def test_two_words_and_a_path_relative_to_the_folder(start: Started) -> None:
    start.write(SLOW.format(name="a"), "a.mjs")
    app = start(SCRIPTS["main.js"], node_args=["--import", "./a.mjs"], cwd=start.folder)
    assert app.evaluate("[seen, isMain]") == ["a", True]


def test_hooks_of_a_preload_see_the_script(start: Started) -> None:
    hooks = start.write(HOOKS, "hooks.mjs")
    app = start("no JavaScript!", name="main.shout", node_args=[f"--import={hooks.as_uri()}"])
    assert app.evaluate("seen") == "shouted"


def test_worker_threads_of_a_program_with_preloads(start: Started) -> None:
    preload = start.write(SLOW.format(name="a"), "a.mjs")
    start.write("require('worker_threads').parentPort.postMessage(fromPreload)", "worker.js")
    app = start(
        """
        const { Worker } = require('worker_threads');
        const worker = new Worker(require.resolve('./worker.js'));
        worker.on('message', (text) => { console.log('worker: ' + text); });
        """,
        node_args=[f"--import={preload.as_uri()}"],
    )
    app.wait_for_output("^worker: a$", timeout=10)


def test_a_preload_that_fails_is_the_error(start: Started) -> None:
    preload = start.write("await null; throw new Error('in the preload');", "bad.mjs")
    with fails(LaunchError, r"main\.js' failed to load \(exit status 1\)[^$]*in the preload"):
        start("", node_args=[f"--import={preload.as_uri()}"])
