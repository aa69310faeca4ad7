"""What one iteration is: JavaScript text, a module's export, a Python callable, or time."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ..base.deadline import Deadline
from ..base.errors import PolicyError, TargetError, WorkloadError, hide_ours
from ..base.units import parse_seconds, power_of_two
from .calls.called import Called, InLoop

__all__ = [
    "Every",
    "FileWorkload",
    "Module",
    "Runner",
    "Workload",
    "every",
    "make_runner",
    "module",
]

__tracebackhide__ = hide_ours


@dataclass(frozen=True)
class Every:
    """One iteration is ``seconds`` of the program's own life."""

    seconds: float

    def __str__(self) -> str:
        return f"every({self.seconds:g})"


@dataclass(frozen=True)
class Module:
    """One iteration is a call of a function that a module of the program exports."""

    path: str
    export: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(map(repr, (self.path, self.export, *self.args)))
        return f"module({shown})"


@dataclass(frozen=True)
class FileWorkload:
    """What a leak file exports under a name: ``iteration``, or one of its ``workloads``.

    ``path`` is absolute.
    """

    path: str
    name: str = "iteration"

    def __str__(self) -> str:
        return f"{self.name} of {os.path.basename(self.path)}"


Workload: TypeAlias = "str | Module | FileWorkload | Every | Callable[[], object] | InLoop"


def every(seconds: float | str) -> Every:
    """A program that works by itself: one iteration is that much time ("2s" works as well)."""
    try:
        value = parse_seconds(seconds)
    except ValueError as error:
        raise PolicyError(f"every(): {error}") from None
    if value <= 0:
        raise PolicyError(f"every(): {seconds!r} is not a duration above 0")
    return Every(value)


def module(path: str, export: str, *args: Any) -> Module:
    """A call of ``export`` (``"api.checkout"`` reaches into objects) with JSON arguments.

    ``path`` is resolved as ``require`` in the script would; a module that exports ``setup`` or
    ``teardown`` as well has them called once, before and after.
    """
    return Module(path, export, args)


#: how the names of scripts end
SCRIPTS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")


class Program(Protocol):
    """What a workload needs of the program it runs in; ``iterations`` done since the start."""

    iterations: int

    def driver(
        self, name: str, *args: Any, deadline: Deadline | None = None, doing: str = ""
    ) -> Any: ...

    def check_alive(self, doing: str) -> None: ...

    def notice_end(self) -> bool: ...


class Runner(Protocol):
    """A workload bound to a program."""

    #: seconds that one iteration takes by definition; None: to be measured
    fixed_seconds: float | None
    description: str

    def setup(self, deadline: Deadline) -> None: ...

    def run(self, n: int, seconds: float, deadline: Deadline) -> int:
        """At most ``n`` iterations, at most about ``seconds``; how many were done."""
        ...

    def teardown(self, deadline: Deadline) -> None: ...


def make_runner(app: Program, workload: Workload) -> Runner:
    """Bind ``workload`` to ``app``. Raises PolicyError for what is no workload."""
    if isinstance(workload, Every):
        return _Watch(app, workload)
    if isinstance(workload, (str, Module, FileWorkload)):
        if isinstance(workload, str) and not workload.strip():
            raise PolicyError("the workload is an empty text; give JavaScript for one iteration")
        return _Driven(app, workload)
    if isinstance(workload, InLoop):
        return Called(app, workload.function, workload.loop)
    if callable(workload):
        return Called(app, workload)
    if inspect.iscoroutine(workload):
        workload.close()
        raise PolicyError(
            f"the workload is a call of {workload.__qualname__}(), which runs once only; give the "
            f"function: {workload.__qualname__}, without the parentheses"
        )
    raise PolicyError(
        f"{workload!r} is no workload; give JavaScript text, module(path, export), "
        "every(seconds) or a Python callable"
    )


def _perhaps_beside(path: str, failed: str) -> str:
    """What a path without a folder may have meant, for Node takes it for a package's."""
    has_folder = path.startswith(".") or os.path.isabs(path)
    if has_folder or not path.endswith(SCRIPTS) or "Cannot find " not in failed:
        return ""
    return f" (a file beside the script is './{path}')"


class _Driven:
    """Iterations inside the program, run by the driver."""

    fixed_seconds: float | None = None

    def __init__(self, app: Program, workload: str | Module | FileWorkload) -> None:
        self._app = app
        self._workload = workload
        self._before = app.iterations
        self._lost = False
        self.description = str(workload)

    def setup(self, deadline: Deadline) -> None:
        work = self._workload
        if isinstance(work, str):
            failed = self._app.driver(
                "prepareText", work, deadline=deadline, doing="the workload was compiled"
            )
            if failed:
                raise WorkloadError(
                    f"the workload is not JavaScript: {_first(failed)}\n  {work}", stack=failed
                )
            return
        how = (
            ("prepareFile", work.path, work.name)
            if isinstance(work, FileWorkload)
            else ("prepareModule", work.path, work.export, list(work.args))
        )
        failed = self._app.driver(*how, deadline=deadline, doing=f"{work.path} was loaded")
        if failed:
            perhaps = _perhaps_beside(work.path, failed)
            raise WorkloadError(f"cannot use {work}{perhaps}: {failed}", stack=failed)
        self._hook("setup", deadline)

    def teardown(self, deadline: Deadline) -> None:
        # Who is stuck or dead does not hear of it.
        if not self._lost:
            self._hook("teardown", deadline)

    def _hook(self, name: str, deadline: Deadline) -> None:
        failed = self._driver(
            "hook", name, deadline=deadline, doing=f"{name}() of the workload ran"
        )
        if failed:
            raise WorkloadError(f"{name}() of the workload threw: {failed}", stack=failed)

    def run(self, n: int, seconds: float, deadline: Deadline) -> int:
        # The inspector compiles each argument as a source of its own and keeps 430 B for every
        # text it has not seen before: powers of two are few and leave no trace.
        end = time.monotonic() + seconds
        done = 0
        while done < n:
            left = end - time.monotonic()
            if done and left <= 0:
                break
            done += self._run_slice(
                power_of_two(n - done), power_of_two(min(left, 1.0) * 1000), deadline
            )
        return done

    def _run_slice(self, n: int, milliseconds: int, deadline: Deadline) -> int:
        app = self._app
        doing = f"the workload ran (from iteration {app.iterations - self._before + 1})"
        done = int(self._driver("run", n, milliseconds, deadline=deadline, doing=doing))
        if done < 0:
            app.iterations += -1 - done
            failed = app.iterations - self._before + 1
            stack = str(app.driver("failed", deadline=deadline))
            raise WorkloadError(
                f"the workload threw on iteration {failed}: {stack}", iteration=failed, stack=stack
            )
        app.iterations += done
        return done

    def _driver(self, name: str, *args: Any, deadline: Deadline, doing: str) -> Any:
        """Of the app; it is remembered that the program is lost."""
        try:
            return self._app.driver(name, *args, deadline=deadline, doing=doing)
        except TargetError:
            self._lost = True
            raise


class _Watch:
    """The program works by itself; an iteration is time."""

    def __init__(self, app: Program, workload: Every) -> None:
        self._app = app
        self.fixed_seconds: float | None = workload.seconds
        self.description = str(workload)

    def setup(self, deadline: Deadline) -> None:
        return None

    def teardown(self, deadline: Deadline) -> None:
        return None

    def run(self, n: int, seconds: float, deadline: Deadline) -> int:
        assert self.fixed_seconds is not None
        limit = time.monotonic() + seconds
        for done in range(n):
            end = time.monotonic() + self.fixed_seconds
            if done and end > limit:
                return done
            while (left := end - time.monotonic()) > 0:
                time.sleep(min(left, 0.25))
                self._app.check_alive("it was watched")
            self._app.iterations += 1
        return n


def _first(text: str) -> str:
    """The line of a JavaScript stack that says what is wrong."""
    for line in text.splitlines():
        if "Error" in line:
            return line.strip()
    return text.strip().splitlines()[0] if text.strip() else "unknown error"
