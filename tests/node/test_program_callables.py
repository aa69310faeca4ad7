"""Python callables that drive a program: its end while they wait, what is awaited, or refused."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import re
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_nodeleak.base.errors import PolicyError, TargetExitedError
from pytest_nodeleak.node import NodeApp

from .conftest import Started

#: seconds from the end of the program to the error
SOON = 2.0
# Node waits for our disconnect with its sockets open.
DIES = """\
const http = require('http');
let n = 0;
function handle(request, response) {
  if (++n > 20) { global.diedAt = process.hrtime(); %s }
  response.end('x');
}
const server = http.createServer(handle).listen(0, '127.0.0.1', () => {
  console.log('listening ' + server.address().port);
});
"""
SERVER = DIES % ""
DEATHS = {
    "a throw": ("throw new Error('boom');", r"Error: boom\n *at (Server\.)?handle .*main\.js:4"),
    "an exit": ("process.exit(7);", "ended with exit status 7 while iteration 21 ran"),
    "a rejection": (
        "Promise.reject(new TypeError('late')); return;",
        r"TypeError: late\n *at (Server\.)?handle .*main\.js:4",
    ),
    "a signal": ("process.kill(process.pid, 'SIGKILL');", "was killed by SIGKILL while iter"),
}


def address(app: NodeApp) -> str:
    found = app.wait_for_output(r"listening (\d+)", timeout=10).group(1)
    return f"http://127.0.0.1:{found}/"


def get(url: str) -> bytes:
    with urllib.request.urlopen(url) as response:  # no time-out
        body: bytes = response.read()
        return body


async def get_async(url: str) -> None:
    port = int(re.findall(r":(\d+)/", url)[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("client", [get, get_async], ids=["urllib", "asyncio"])
@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.fault(
    "The program",
    "a server dies while a Python callable waits for it",
    forced="a throw, an exit, a rejection, SIGKILL; a client without a time-out",
    kept="the stack that killed it",
    seen="TargetExitedError: ended with exit status 1 while iteration 21 ran; boom",
)
def test_a_server_that_dies_while_its_client_waits(
    start: Started, death: str, client: Callable[[str], object]
) -> None:
    how, said = DEATHS[death]
    app = start(DIES % how)
    url = address(app)
    began = time.monotonic()
    with pytest.raises(TargetExitedError, match=said):
        app.run(lambda: client(url), 1000)
    assert time.monotonic() - began < SOON + 20 * 0.01
    assert app.iterations == 20


@pytest.mark.fault(
    "The program",
    "a callable hides that the server is dead",
    forced="`except OSError`",
    kept="the stack that killed it",
    seen="TargetExitedError",
)
def test_a_callable_that_hides_the_failure_is_no_success(start: Started) -> None:
    app = start(DIES % "throw new Error('boom');")
    url = address(app)

    def stubborn() -> None:
        try:
            get(url)
        except OSError:
            time.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(TargetExitedError, match="boom"):
        app.run(stubborn, 1_000_000, timeout=30)
    assert time.monotonic() - began < SOON + 20 * 0.01


@pytest.mark.fault(
    "The program",
    "an async callable waits for something else meanwhile",
    forced="`asyncio.sleep(60)`",
    kept="the stack that killed it",
    seen="TargetExitedError",
)
def test_an_async_callable_that_waits_for_something_else_ends_as_well(start: Started) -> None:
    app = start("setTimeout(() => { throw new Error('by itself'); }, 400);")
    began = time.monotonic()
    with pytest.raises(TargetExitedError, match="by itself"):
        app.run(functools.partial(asyncio.sleep, 60), 2)
    assert time.monotonic() - began < 0.4 + SOON


def test_the_watch_takes_nothing_from_a_callable_that_uses_the_inspector(start: Started) -> None:
    """Events that come while it looks reach whoever asks; Debugger.paused is such a one."""
    app = start("global.n = 0;")
    seen: list[str] = []

    def handler(method: str, params: dict[str, Any]) -> None:
        seen.append(method)

    def work() -> None:
        app.evaluate("n++")
        app.command("Debugger.enable", on_event=handler)
        app.command("Runtime.evaluate", {"expression": "setTimeout(() => { debugger; }, 20); 0"})
        time.sleep(0.3)  # it pauses meanwhile, and the watch looks several times
        app.command("Debugger.disable", on_event=handler)

    assert app.run(work, 3) == 3
    assert app.evaluate("n") == 3
    assert seen.count("Debugger.paused") == 3


def test_the_watch_ends_with_the_run_and_costs_little(start: Started) -> None:
    app = start("")
    used = time.process_time()
    assert app.run(functools.partial(time.sleep, 0.5), 2) == 2
    assert time.process_time() - used < 0.1
    assert "nodeleak-watch" not in {thread.name for thread in threading.enumerate()}


def test_an_async_callable_runs_on_one_loop(start: Started) -> None:
    app = start("global.n = 0;")
    loops = set()

    async def work() -> None:
        loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        app.evaluate("n++")

    for workload in (work, lambda: work(), functools.partial(work)):
        loops.clear()
        before = app.iterations
        assert app.run(workload, 30) == 30
        assert app.iterations - before == 30
        assert len(loops) == 1
        assert loops.pop().is_closed()
    assert app.evaluate("n") == 90


def test_tasks_that_an_async_callable_leaves_behind_are_ended(start: Started) -> None:
    ended: list[str] = []

    async def behind() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    tasks = set()

    async def work() -> None:
        tasks.add(asyncio.create_task(behind()))
        await asyncio.sleep(0)

    assert start("").run(work, 2) == 2
    assert ended == ["cancelled", "cancelled"]


def test_what_an_async_callable_raises_is_raised(start: Started) -> None:
    app = start("")

    async def work() -> None:
        await asyncio.sleep(0)
        raise LookupError("third" if app.iterations == 2 else "")

    with pytest.raises(LookupError):
        app.run(work, 5)
    assert app.iterations == 0


def test_work_in_another_thread_is_waited_for(start: Started) -> None:
    app = start("global.n = 0;")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        assert app.run(lambda: pool.submit(app.evaluate, "++n"), 7) == 7
        assert app.evaluate("n") == 7
        with pytest.raises(ZeroDivisionError):
            app.run(lambda: pool.submit(lambda: 1 // 0), 7)


def numbers():  # type: ignore[no-untyped-def]
    yield 1


async def numbers_async():  # type: ignore[no-untyped-def]
    yield 1


class Generating:
    def __call__(self):  # type: ignore[no-untyped-def]
        yield 1


REFUSED: dict[str, tuple[Any, str]] = {
    "a generator function": (numbers, "the workload numbers is a generator function: nothing"),
    "an async one": (numbers_async, "the workload numbers_async is a generator function"),
    "an object of that kind": (Generating(), "is a generator function: nothing of it runs"),
    "a generator": (lambda: numbers(), r"returned a generator \(numbers\), of which nothing ru"),
    "an async generator": (lambda: numbers_async(), r"returned an async generator \(numbers_as"),
    "a map": (lambda: map(str, [1]), r"returned a map \(<map object .*of which nothing runs"),
    "a function": (lambda: numbers, "returned the function numbers without calling it; give tha"),
    "a bound method": (lambda: Path().exists, "returned the function Path.exists without calling"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_driven_is_refused(start: Started, kind: str) -> None:
    workload, said = REFUSED[kind]
    app = start("")
    with pytest.raises(PolicyError, match=said):
        app.run(workload, 5)
    assert app.iterations == 0


def test_a_call_instead_of_a_function_is_refused(start: Started) -> None:
    with pytest.raises(PolicyError, match=r"a call of get_async\(\), which runs once only; give t"):
        start("").run(get_async("x"), 5)  # type: ignore[arg-type]


def test_a_loop_that_runs_here_is_refused_before_anything_is_called(start: Started) -> None:
    app = start("")
    calls: list[int] = []

    async def work() -> None:
        calls.append(1)

    async def in_a_loop() -> None:
        for workload in (work, lambda: work()):
            with pytest.raises(PolicyError, match="write `await assert_no_leak_async"):
                app.run(workload, 5)

    asyncio.run(in_a_loop())
    assert calls == []
