"""A project with a program that leaks on request, and a pytest run in it as a user starts it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

PROGRAM = """\
class Entry { constructor() { this.at = 1; } }
const kept = [];
let calls = 0;
exports.leak = () => { kept.push(new Entry()); };
exports.fine = () => { new Entry(); };
exports.throwOn7 = () => { if (++calls === 7) throw new Error('seventh'); };
"""


class Project:
    """A folder with program.js, its own folder for temporary files, and what lives in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path / "project"
        self.temporary = pytester.path / "temporary"
        #: plugins of others that would add their own files and warnings
        self.off = ["cacheprovider", "asyncio", "randomly", "html", "metadata"]
        self.path.mkdir()
        self.temporary.mkdir()
        self.write("program.js", PROGRAM)
        self.write("pytest.ini", "[pytest]\n")
        os.chdir(self.path)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def tests(self, text: str, name: str = "test_it.py") -> None:
        """Write a test file; the usual names are imported."""
        names = "assert_instances, assert_no_leak, every, measure, module, LeakError"
        self.write(name, f"import pytest\nfrom pytest_nodeleak import {names}\n\n{text}")

    def run(self, *args: str) -> pytest.RunResult:
        """pytest in a process of its own."""
        # Bytecode and pytest's cache are not ours: without them the folder must stay as it is.
        off = [part for name in self.off for part in ("-p", f"no:{name}")]
        return self.pytester.runpytest_subprocess(*off, *args, timeout=600)

    def files(self) -> list[str]:
        """All files, caches of Python aside, relative to the project."""
        return sorted(
            str(path.relative_to(self.path))
            for path in self.path.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )

    def artifacts(self) -> list[str]:
        """The folders of tests below .nodeleak."""
        root = self.path / ".nodeleak"
        return (
            sorted(path.name for path in root.iterdir() if path.is_dir()) if root.exists() else []
        )

    def leftovers(self) -> list[str]:
        """Our files in the folder for temporary ones."""
        return sorted(path.name for path in self.temporary.glob("nodeleak-*"))

    def processes(self) -> list[psutil.Process]:
        """The Node processes of this project that run."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            program, *arguments = process.cmdline() or [""]
            named = any(str(self.path) in part for part in arguments)
            # Not its name: Node 24 calls itself MainThread.
            is_node = Path(program).name.startswith("node")
            return named and is_node and process.status() != "zombie"
        except psutil.Error:
            return False

    def gone(self, seconds: float = 10.0) -> bool:
        """Whether no such process is left, now or within ``seconds``."""
        end = time.monotonic() + seconds
        while self.processes():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in list(os.environ):
        if name.startswith("PYTEST_NODELEAK_"):
            monkeypatch.delenv(name)
    found = Project(pytester)
    monkeypatch.setenv("TMPDIR", str(found.temporary))
    monkeypatch.setenv("COLUMNS", "120")
    # The summary line is cut to the terminal unless it is a CI's.
    # Nor is it to see that it runs in one, and write to its real summary.
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return found
