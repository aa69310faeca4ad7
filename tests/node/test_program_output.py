"""What a program prints is drained for ever, kept in bounds, and can be waited for."""

from __future__ import annotations

import time

import psutil
import pytest

from pytest_nodeleak.base.errors import DeadlineExceeded, TargetExitedError

from .conftest import PROMPT, Started


def test_streams_apart_without_the_lines_of_the_inspector(start: Started) -> None:
    app = start("console.log('to out'); console.error('to err');")
    app.wait_for_output("to out")
    app.wait_for_output("to err")
    assert app.stdout == "to out\n"
    assert app.stderr == "to err\n"
    assert app.output == "to out\nto err\n"


def test_what_came_before_and_what_comes_later(start: Started) -> None:
    app = start(
        "console.log('port 1234'); setTimeout(() => console.error('and later'), 300);"
        "setTimeout(() => {}, 1e6);"
    )
    assert app.wait_for_output(r"port (\d+)").group(1) == "1234"
    assert app.wait_for_output(r"^and (\w+)$").group(1) == "later"
    assert app.wait_for_output(r"port (\d+)").group(1) == "1234"


def test_a_line_that_arrives_in_pieces(start: Started) -> None:
    app = start(
        """
        const text = Buffer.from('listening on http://größe:80/\\n');
        let i = 0;
        (function next() {
          process.stdout.write(text.subarray(i, i + 3));
          if ((i += 3) < text.length) setTimeout(next, 10);
        })();
        """
    )
    assert app.wait_for_output(r"listening on (\S+)\n").group(1) == "http://größe:80/"


def test_output_without_a_line_end(start: Started) -> None:
    app = start("process.stdout.write('ready>');")
    assert app.wait_for_output("ready>$")


def test_what_is_printed_just_before_the_end_counts(start: Started) -> None:
    app = start("setTimeout(() => { console.log('last words'); process.exit(0); }, 100);")
    assert app.wait_for_output("last words")


def test_compiled_patterns_keep_their_flags(start: Started) -> None:
    import re

    app = start("console.log('READY\\nNow');")
    assert app.wait_for_output(re.compile("ready.now", re.IGNORECASE | re.DOTALL))


def test_time_out_quotes_what_was_printed(start: Started) -> None:
    app = start("console.log('port 80');")
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"print 'listening' within 0.4 s") as caught:
        app.wait_for_output("listening", timeout=0.4)
    assert time.monotonic() - began < 1.5
    assert "port 80" in str(caught.value)
    assert app.evaluate("1") == 1


def test_time_out_of_a_silent_program(start: Started) -> None:
    with pytest.raises(DeadlineExceeded, match=r"it printed:\n\(nothing\)"):
        start("").wait_for_output("listening", timeout=0.2)


@pytest.mark.parametrize("code", [0, 5])
@pytest.mark.fault(
    "The program",
    "ends while output is awaited",
    forced="`process.exit` before `listening`",
    kept="the program's output",
    seen="TargetExitedError: ended with exit status 5 while 'listening' was awaited",
)
def test_the_end_is_noticed_while_waiting(start: Started, code: int) -> None:
    app = start(
        "setTimeout(() => { console.error('port in use');"
        f"process.exitCode = {code}; process.exit(); }}, 300);"
    )
    began = time.monotonic()
    wanted = f"ended with exit status {code} while 'listening' was awaited"
    with pytest.raises(TargetExitedError, match=wanted) as caught:
        app.wait_for_output("listening", timeout=20)
    assert time.monotonic() - began < PROMPT
    assert caught.value.returncode == code
    assert "port in use" in str(caught.value)
    # Asked again, it says the same at once.
    with pytest.raises(TargetExitedError, match=wanted):
        app.wait_for_output("listening", timeout=20)


@pytest.mark.fault(
    "The program",
    "200 MB on stdout",
    forced="iterations that print",
    kept="the first 64 KB and the last 256 KB",
    seen="the work goes on; our memory stays within 20 MB",
)
def test_flood_while_measuring(start: Started) -> None:
    """200 MB on stdout: nothing hangs, nothing is kept beyond the bounds."""
    app = start(
        """
        const line = 'x'.repeat(1023) + '\\n';
        const block = Buffer.from(line.repeat(1024));
        global.flood = async (n) => {
          for (let i = 0; i < n; i++) await new Promise((r) => process.stdout.write(block, r));
        };
        """
    )
    app.evaluate("flood(8)")
    before = psutil.Process().memory_info().rss
    began = time.monotonic()
    app.run("flood(20)", 10, timeout=60)
    app.memory()
    assert time.monotonic() - began < 30
    app.evaluate("console.log('the end')")
    assert app.wait_for_output("the end")
    assert len(app.stdout) < 400_000
    assert "bytes not kept" in app.stdout
    assert psutil.Process().memory_info().rss - before < 20_000_000


def test_flood_of_short_lines_by_a_program_of_its_own(start: Started) -> None:
    app = start("setInterval(() => { for (let i = 0; i < 2000; i++) console.log(i); }, 1);")
    app.memory()
    assert app.evaluate("1 + 1") == 2
    app.memory()


@pytest.mark.fault(
    "The program",
    "binary on stdout",
    forced="all 256 bytes",
    kept="text with replacement characters",
    seen="the work goes on",
)
def test_binary_output(start: Started) -> None:
    app = start("process.stdout.write(Buffer.from(Array.from({length: 5000}, (_, i) => i % 256)));")
    app.evaluate("1")
    app.evaluate("console.log('text after')")
    app.wait_for_output("text after")
    assert "\ufffd" in app.stdout
    with pytest.raises(DeadlineExceeded):
        app.wait_for_output("never", timeout=0.1)


@pytest.mark.fault(
    "The program",
    "100 kB of NUL on stderr, then the end",
    forced="`writeSync(2, ...)`",
    kept="the last 4,000 characters",
    seen="TargetExitedError without control characters",
)
def test_binary_stderr_in_a_message(start: Started) -> None:
    app = start(
        "setTimeout(() => { require('fs').writeSync(2, Buffer.alloc(1e5)); process.exit(1) }, 50)"
    )
    with pytest.raises(TargetExitedError) as caught:
        app.wait_for_output("never", timeout=10)
    assert len(str(caught.value)) < 6000
    assert "\0" not in str(caught.value)
