"""Collects what tests measured, wherever they ran; shows it and writes the reports of the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..base.errors import PolicyError
from . import settings
from .accepted import remarks, saved_text
from .ci import append_step_summary, code_quality, github_lines, wants_github
from .state import STATE

if TYPE_CHECKING:
    from ..judge.verdict import Verdict
    from ..report.run import Run

__all__ = ["REPORTS", "Reports", "attach", "attach_charts", "shorten_crash"]

REPORTS = pytest.StashKey["Reports"]()

#: what the pieces of a summary look like
_MARKUP: dict[str, dict[str, bool]] = {
    "leak": {"red": True, "bold": True},
    "undecided": {"yellow": True, "bold": True},
    "accepted": {"cyan": True},
    "steady": {"green": True},
    "bold": {"bold": True},
    "dim": {"light": True},
}
#: its verdict says what kind of error it is
_PREFIXES = ("pytest_nodeleak.LeakError: ", "pytest_nodeleak.InconclusiveError: ")


@dataclass
class _Seen:
    """What the reports of one test told so far."""

    file: str
    line: int
    result: str = ""
    verdicts: list[str] = field(default_factory=list)


def _json(config: pytest.Config, run: Run) -> str:
    from ..report.run import run_json

    return run_json(run) + "\n"


def _html(config: pytest.Config, run: Run) -> str:
    from ..report.html import render_page

    return render_page(run)


#: what makes the text of a report of one file, by the name of its option
_RENDERERS: dict[str, Callable[[pytest.Config, Run], str]] = {
    "json": _json,
    "html": _html,
    "codequality": code_quality,
}


def _require_extra() -> None:
    from ..report.html import require_jinja

    try:
        require_jinja()
    except PolicyError as error:
        raise pytest.UsageError(f"--nodeleak-html: {error}") from None


class Reports:
    """Of one session. In a worker of xdist nothing of it is used: reports go to the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seen: dict[str, _Seen] = {}
        self._files = {name: settings.report_file(config, name) for name in _RENDERERS}
        if self._files["html"] is not None:
            _require_extra()
        self._github = wants_github(config)
        self._save = settings.report_file(config, "save")
        self._written: list[tuple[str, bool]] = []
        #: whether a file that somebody asked for was not written
        self._is_missing = False
        self._run: Run | None = None

    def pytest_sessionstart(self) -> None:
        self._config.stash[STATE].terminal.open()

    def pytest_unconfigure(self) -> None:
        self._config.stash[STATE].terminal.close()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":  # again, if the test is run again
            path, line, _ = report.location
            self._seen[report.nodeid] = _Seen(path, (line or 0) + 1)
        seen = self._seen.get(report.nodeid)
        if seen is None:
            return
        seen.verdicts += getattr(report, "nodeleak_verdicts", ())
        if report.when == "call" or report.outcome != "passed":
            seen.result = _result(report)

    @property
    def run(self) -> Run:
        """What was measured; complete when the session ends."""
        from ..report.run import MeasuredTest, Run
        from ..report.stored import verdict_from_json

        if self._run is None:
            self._run = Run(
                tuple(
                    MeasuredTest(
                        nodeid,
                        seen.result,
                        tuple(verdict_from_json(json.loads(v), nodeid) for v in seen.verdicts),
                        seen.file,
                        seen.line,
                    )
                    for nodeid, seen in self._seen.items()
                    if seen.verdicts
                )
            )
        return self._run

    @property
    def measured(self) -> bool:
        return any(seen.verdicts for seen in self._seen.values())

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the files of the run. One that cannot be written is told, and the run has failed:
        what reads it next would find none, or an old one."""
        if hasattr(self._config, "workerinput"):
            return
        for name, path in self._files.items():
            if path is not None:
                self._write(name, path, _RENDERERS[name](self._config, self.run))

        if self._github and self.measured:
            problem = append_step_summary(self.run)
            if problem is not None:
                self._written.append((f"nodeleak: {problem}", True))
        if self._save is not None:
            try:
                self._write("save", self._save, saved_text(self.run, self._save))
            except pytest.UsageError as error:
                self._miss(f"nothing was saved: {error}")
        if self._is_missing and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, name: str, path: Path, text: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            why = error.strerror or str(error)
            self._miss(f"{name} could not be written to '{path}': {why}")
        else:
            self._written.append((f"nodeleak: {name} written to {path}", False))

    def _miss(self, what: str) -> None:
        self._is_missing = True
        self._written.append((f"nodeleak: {what}", True))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:
        """Before pytest shows the failures: colours that mean something."""
        if self.measured and terminalreporter.hasmarkup:
            for report in terminalreporter.stats.get("failed", ()):
                _calm(report)
        return (yield)

    def show(self, terminal: Any) -> None:
        """Write the summary, as wide as the terminal."""
        if self.measured:
            self._show_summary(terminal)
            accepted = self._config.stash[STATE].accepted
            for line in remarks(accepted, self.run) if accepted is not None else ():
                terminal.write_line(line, cyan=True)
            if self._github:
                for line in github_lines(self._config, self.run):
                    terminal.write_line(line)
        for text, bad in self._written:
            if bad or self._config.get_verbosity() >= 0:
                terminal.write_line(text, red=bad)

    def _show_summary(self, terminal: Any) -> None:
        from ..report.terminal import summary_lines

        verbosity = self._config.get_verbosity()
        if verbosity >= 0:
            terminal.section("nodeleak")
        for line in summary_lines(self.run, terminal._tw.fullwidth - 1, verbosity):
            for text, style in line:
                terminal.write(text, **_MARKUP.get(style, {}))
            terminal.line("")


def attach(report: pytest.TestReport, verdicts: list[str]) -> None:
    """Verdicts as JSON in ASCII: so they cross to the controller of xdist, whatever is in them."""
    report.__dict__["nodeleak_verdicts"] = verdicts


def attach_charts(report: pytest.TestReport, verdicts: Sequence[Verdict]) -> None:
    """For pytest-html: plain values, as its own `extras` are, so that they cross processes."""
    from ..report.html.chart import framed_chart

    extras = [
        {
            "name": None,
            "format_type": "html",
            "content": framed_chart(verdict),
            "mime_type": None,
            "extension": None,
        }
        for verdict in verdicts
    ]
    report.__dict__["extras"] = [*getattr(report, "extras", ()), *extras]


def _result(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xpassed" if report.outcome == "passed" else "xfailed"
    if report.outcome == "failed" and report.when != "call":
        return "error"
    return str(report.outcome)


def _crash_entries(report: pytest.TestReport) -> list[Any]:
    return list(getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", ()))


def _calm(report: pytest.TestReport) -> None:
    from ..report.calm import calm_lines

    for entry in _crash_entries(report):
        lines = getattr(entry, "lines", [])
        if any(prefix in line for line in lines for prefix in _PREFIXES):
            entry.lines = calm_lines(lines)


def shorten_crash(report: pytest.TestReport) -> None:
    """In 80 columns the short summary has room for what is wrong, not for our module."""
    crash = getattr(report.longrepr, "reprcrash", None)
    for prefix in (*_PREFIXES, "pytest_nodeleak."):
        if crash is not None:
            crash.message = crash.message.removeprefix(prefix)
