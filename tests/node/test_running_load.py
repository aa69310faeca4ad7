"""Programs that run already, driven from outside by what people write on a command line."""

import sys

import pytest

from pytest_nodeleak.base.errors import PolicyError, WorkloadError
from pytest_nodeleak.cli import main
from pytest_nodeleak.node.calls.load import HttpLoad, command_load

from .by_hand import by_hand as by_hand


@pytest.mark.ends
def test_the_command_drives_a_server_by_http(by_hand, capsys):
    process = by_hand(
        """
        const sessions = new Map();
        class Session {}
        const server = require('http').createServer((request, response) => {
          if (request.url === '/leak') sessions.set(sessions.size, new Session());
          response.end('ok');
        }).listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
        """
    )
    port = process.stdout.readline().split()[1]
    # Its compilers stay on: a healthy one may need more time than this to be called steady.
    for path, statuses in (("leak", (1,)), ("healthy", (0, 3))):
        request = f"GET http://127.0.0.1:{port}/{path}"
        args = ["--http", request, "--concurrency", "2", "--budget", "6s"]
        status = main(["attach", "--pid", str(process.pid), *args])
        said = capsys.readouterr().out
        assert status in statuses, said
        assert ("Session leaks" in said) is (path == "leak")
        assert f"2 x {request}" in said
    assert process.poll() is None


@pytest.mark.parametrize(
    "request_text",
    ["", "/cart", "GET cart", "ftp://x/", "get http://x/", "http://[x", "http://x:y/"],
)
def test_what_is_no_request(request_text):
    with pytest.raises(PolicyError, match="is no request, such as"):
        HttpLoad(request_text)


@pytest.mark.parametrize(
    ("args", "said"),
    [(["--concurrency", "4"], "is of --http"), (["--jit", "off"], "keeps its compilers")],
)
def test_options_that_would_be_ignored_are_refused(capsys, args, said):
    assert main(["attach", "--pid", "1", *args]) == 2
    assert said in capsys.readouterr().err


def test_load_that_fails_says_what():
    with pytest.raises(WorkloadError, match="no answer"):
        HttpLoad("GET http://127.0.0.1:1/")()
    with pytest.raises(WorkloadError, match="ended with exit status 3: so it was"):
        command_load(f"{sys.executable} -c \"print('so it was'); exit(3)\"")()
    assert command_load("true")() is None
