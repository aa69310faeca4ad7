"""Async workloads and async tests, with the plugins that run them."""

import re
import time

import pytest

SERVER = """\
const http = require('http');
class Entry {}
const kept = [];
let n = 0;
function handle(request, response) {
  if (request.url === '/leak') kept.push(new Entry());
  if (request.url === '/die' && ++n > 20) throw new Error('boom');
  response.end('x');
}
const server = http.createServer(handle).listen(0, '127.0.0.1', () => {
  console.log('listening ' + server.address().port);
});
"""
CLIENT = """\
import asyncio, contextvars, time
from pytest_nodeleak import assert_no_leak_async, PolicyError

class Client:
    '''One connection for all requests, as of httpx.AsyncClient: it belongs to a loop.'''

    def __init__(self, app):
        self.port = int(app.wait_for_output(r'listening (\\d+)').group(1))
        self.streams = None

    async def get(self, path):
        if self.streams is None:
            self.streams = await asyncio.open_connection('127.0.0.1', self.port)
        reader, writer = self.streams
        writer.write(f'GET {path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'.encode())
        head = await reader.readuntil(b'\\r\\n\\r\\n')
        assert b'200 OK' in head
        if b'chunked' in head:
            await reader.readuntil(b'0\\r\\n\\r\\n')
        else:
            await reader.readexactly(1)

    async def close(self):
        if self.streams:
            self.streams[1].close()

"""
#: no client may be left open, nothing be awaited that is not, no thread fail
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
FAST = "budget='2s', snapshots='never'"


@pytest.fixture
def asyncio_project(project):
    pytest.importorskip("pytest_asyncio")
    pytest.importorskip("anyio")
    project.off.remove("asyncio")
    project.write("server.js", SERVER)
    project.write("pytest.ini", INI)
    return project


def run(project, tests, *args):
    project.tests(CLIENT + tests)
    return project.run("-W", "ignore:The configuration option", *args)


@pytest.mark.slow
def test_an_async_workload_is_measured(asyncio_project):
    result = run(
        asyncio_project,
        "@pytest.mark.parametrize('path', ['/fine', '/leak'])\n"
        "def test_x(launch_node, path):\n"
        "    app = launch_node('server.js')\n"
        "    client = Client(app)\n"
        "    async def work():\n"
        "        await client.get(path)\n"
        f"    verdict = measure(app, work, {FAST})\n"
        "    outcome = {'/fine': 'steady', '/leak': 'leak'}[path]\n"
        "    assert (verdict.outcome, verdict.iterations > 100) == (outcome, True)\n"
        "    assert not client.streams[0].at_eof()\n",
        # Its connection is of the measurement's loop, and nobody closes it there.
        *("-W", "ignore::ResourceWarning", "-W", "ignore::pytest.PytestUnraisableExceptionWarning"),
    )
    result.assert_outcomes(passed=2)


TWIN = f"""\
kind = contextvars.ContextVar('kind', default='none')

async def twin(launch_node, path):
    app = launch_node('server.js')
    client = Client(app)
    loop = asyncio.get_running_loop()
    kind.set(path)
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def work():
        assert asyncio.get_running_loop() is loop
        assert kind.get() == path
        await client.get(path)

    ticking = asyncio.create_task(tick())
    try:
        await work()  # the connection is of the test's own loop
        return await assert_no_leak_async(app, work, {FAST})
    finally:
        assert ticks > 5
        ticking.cancel()
        await client.close()
"""


@pytest.mark.parametrize("mark", ["asyncio", "anyio"])
@pytest.mark.slow
def test_the_async_twin_runs_in_the_loop_of_the_test(asyncio_project, mark):
    result = run(
        asyncio_project,
        f"{TWIN}\n"
        "@pytest.fixture\n"
        "def anyio_backend():\n    return 'asyncio'\n\n"
        f"pytestmark = pytest.mark.{mark}\n\n"
        "async def test_fine(launch_node):\n"
        "    verdict = await twin(launch_node, '/fine')\n"
        "    assert verdict.outcome == 'steady'\n\n"
        "async def test_leak(launch_node):\n"
        "    await twin(launch_node, '/leak')\n\n"
        "async def test_dies(launch_node):\n"
        "    await twin(launch_node, '/die')\n\n"
        "async def test_javascript(launch_node):\n"
        f"    await assert_no_leak_async(launch_node('server.js'), 'kept = 1', {FAST})\n",
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.re_match_lines(
        [
            r"E +pytest_nodeleak\.LeakError: .*handle.* leaks: \+1\.00 object per iteration",
            r"E +pytest_nodeleak\.TargetExitedError: the program ended with exit status 1 while",
            r"E +Error: boom",
        ]
    )
    assert asyncio_project.gone(0)
    assert asyncio_project.leftovers() == []


def test_in_a_running_loop_the_plain_one_points_to_its_twin(asyncio_project):
    result = run(
        asyncio_project,
        "@pytest.mark.asyncio\n"
        "async def test_x(launch_node):\n"
        "    app = launch_node('server.js')\n"
        "    client = Client(app)\n"
        "    assert_no_leak(app, lambda: client.get('/fine'))\n",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       assert_no_leak(app, lambda: client.get('/fine'))",
            "E *PolicyError: the workload *write `await assert_no_leak_async(app, workload)`*",
        ]
    )
    result.stdout.no_fnmatch_line("*never awaited*")


def test_a_test_that_gives_up_ends_the_measurement(asyncio_project):
    """asyncio.wait_for, pytest's time-outs, Ctrl-C: the thread does not go on."""
    began = time.monotonic()
    result = run(
        asyncio_project,
        "import threading\n"
        "@pytest.mark.asyncio\n"
        "async def test_x(launch_node):\n"
        "    app = launch_node('server.js')\n"
        "    client = Client(app)\n"
        "    with pytest.raises(asyncio.TimeoutError):\n"
        "        work = assert_no_leak_async(app, lambda: client.get('/fine'), iterations=10**6)\n"
        "        await asyncio.wait_for(work, 0.5)\n"
        "    for _ in range(200):\n"
        "        names = {thread.name for thread in threading.enumerate()}\n"
        "        if 'nodeleak-measure' not in names: break\n"
        "        await asyncio.sleep(0.02)\n"
        "    assert 'nodeleak-measure' not in names\n"
        "    await client.close()\n",
    )
    result.assert_outcomes(passed=1)
    assert time.monotonic() - began < 30
    assert asyncio_project.leftovers() == []


def test_an_inconclusive_twin_warns_at_the_line_that_awaits(asyncio_project):
    result = run(
        asyncio_project,
        "import dataclasses\n"
        "from pytest_nodeleak.assertions import in_loop\n"
        "real = in_loop.measure\n"
        "def measure_badly(*args, **policy):\n"
        "    verdict = real(*args, **policy)\n"
        "    return dataclasses.replace(verdict, outcome='inconclusive', reasons=('cannot',))\n\n"
        "@pytest.mark.asyncio\n"
        "async def test_x(launch_node, monkeypatch):\n"
        "    monkeypatch.setattr(in_loop, 'measure', measure_badly)\n"
        "    app = launch_node('server.js')\n"
        f"    await assert_no_leak_async(app, '1', {FAST})\n",
    )
    text = result.stdout.str()
    assert "InconclusiveWarning: inconclusive: cannot" in text
    assert re.search(r"test_it\.py:\d+: InconclusiveWarning", text)


@pytest.mark.parametrize("kind", ["def", "@pytest.mark.asyncio\nasync def"])
def test_a_twin_that_is_not_awaited_fails_the_test(asyncio_project, kind):
    result = run(
        asyncio_project,
        f"{kind} test_x(launch_node):\n"
        "    app = launch_node('server.js')\n"
        "    assert_no_leak_async(app, '1')\n",
    )
    result.assert_outcomes(failed=1)  # and no warning of Python's, which would be an error
    text = result.stdout.str()
    assert "assert_no_leak_async was called and not awaited, so that nothing was measured" in text


def test_a_twin_that_is_not_awaited_hides_no_failure(asyncio_project):
    result = run(
        asyncio_project,
        "def test_x(launch_node):\n"
        "    assert_no_leak_async(launch_node('server.js'), '1')\n"
        "    assert False, 'my own'\n",
    )
    result.assert_outcomes(failed=1)
    assert "my own" in result.stdout.str()


def test_without_a_loop_of_asyncio_it_says_so():
    import asyncio

    from pytest_nodeleak import PolicyError, assert_no_leak_async

    with pytest.raises(PolicyError, match=r"the program to measure is 'lib\.js'; give a NodeApp"):
        asyncio.run(assert_no_leak_async("lib.js", lambda: None))
