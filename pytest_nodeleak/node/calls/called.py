"""Iterations of a Python callable, plain or async."""

from __future__ import annotations

import concurrent.futures
import functools
import inspect
import time
import types
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from ...base.deadline import Deadline
from ...base.errors import NodeLeakError, PolicyError, TargetError, hide_ours
from ...base.frames_left_out import mark_as_callers
from .watch import EndWatch

__all__ = ["Called", "InLoop"]

__tracebackhide__ = hide_ours

#: seconds for the end of a program to show after its client failed
_SHOWING = 0.2


class Program(Protocol):
    """What is asked of the program that is driven."""

    iterations: int

    def check_alive(self, doing: str) -> None: ...

    def notice_end(self) -> bool: ...


class Loop(Protocol):
    """Where coroutines run; ``watch`` cancels them at the end of the program."""

    def run(self, work: Coroutine[Any, Any, None], watch: EndWatch) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class InLoop:
    """A callable whose iterations belong into a loop that is there already."""

    function: Callable[[], object]
    loop: Loop


class Called:
    """The runner of a callable without arguments; ``loop`` is where it is awaited, if given.

    Raises PolicyError for what does no work when it is called, such as a generator function.
    """

    fixed_seconds: float | None = None

    def __init__(
        self, app: Program, function: Callable[[], object], loop: Loop | None = None
    ) -> None:
        self._app = app
        self._function = function
        self._loop = loop
        self._began = app.iterations
        name = _name(function)
        self.description = f"Python callable {name}"
        if _is(function, inspect.isgeneratorfunction) or _is(function, inspect.isasyncgenfunction):
            raise PolicyError(
                f"the workload {name} is a generator function: nothing of it runs when it is "
                "called; give a function without `yield`"
            )
        _refuse_parameters(function, name)
        if loop is None and _is(function, inspect.iscoroutinefunction):
            _refuse_running_loop(name)

    def setup(self, deadline: Deadline) -> None:
        return None

    def teardown(self, deadline: Deadline) -> None:
        if self._loop is not None:
            self._loop.close()

    def run(self, n: int, seconds: float, deadline: Deadline) -> int:
        app = self._app
        before, end = app.iterations, time.monotonic() + seconds
        with EndWatch(app.notice_end) as watch:
            try:
                if self._loop is None:
                    self._call(before + n, end, watch)
                if self._loop is not None and app.iterations < before + n:
                    self._loop.run(self._await(before + n, end, watch), watch)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:
                self._blame_the_end(error)
                if isinstance(error, Exception) and not isinstance(error, NodeLeakError):
                    mark_as_callers(error, app.iterations - self._began + 1)
                raise
        if watch.seen:
            app.check_alive(self._doing())
        return app.iterations - before

    def _call(self, last: int, end: float, watch: EndWatch) -> None:
        """Iterations until ``last``, or until the first that is to be awaited."""
        app = self._app
        while app.iterations < last:
            result = self._function()
            if result is not None and inspect.isawaitable(result):
                try:
                    _refuse_running_loop(self.description)
                except PolicyError:
                    if inspect.iscoroutine(result):
                        result.close()
                    raise
                self._loop = _own_loop()
                self._loop.run(_awaited(result), watch)
                app.iterations += 1
                return
            self._finish(result)
            app.iterations += 1
            if watch.seen or time.monotonic() >= end:
                return

    async def _await(self, last: int, end: float, watch: EndWatch) -> None:
        """The same in a loop, whose turns they share."""
        app = self._app
        while app.iterations < last:
            result = self._function()
            if inspect.isawaitable(result):
                await result
            else:
                self._finish(result)
            app.iterations += 1
            if watch.seen or time.monotonic() >= end:
                return

    def _finish(self, result: object) -> None:
        """Wait for work in another thread. Raises PolicyError for work that nobody does."""
        if isinstance(result, concurrent.futures.Future):
            result.result()
        elif isinstance(result, _UNDONE):
            raise PolicyError(
                f"the workload ({self.description}) returned {_a(result)}, of which nothing runs; "
                "let it do the work itself: `for _ in ...: pass`, or a plain function"
            )
        elif inspect.isroutine(result) or isinstance(result, functools.partial):
            raise PolicyError(
                f"the workload ({self.description}) returned the function {_name(result)} without "
                "calling it; give that function as the workload"
            )

    def _blame_the_end(self, error: BaseException) -> None:
        """If the program is gone, that is the cause, and the one error to show."""
        if isinstance(error, (PolicyError, TargetError)):
            return
        deadline = Deadline(_SHOWING)
        while True:
            try:
                self._app.check_alive(self._doing())
            except TargetError as death:
                raise death from (None if _is_cancelled(error) else error)
            if deadline.expired:
                return
            time.sleep(0.02)

    def _doing(self) -> str:
        return f"iteration {self._app.iterations + 1} ran"


#: what a call may give that has not done anything yet
_UNDONE = (types.GeneratorType, types.AsyncGeneratorType, map, filter, zip)


# Imported by those who await only: asyncio takes 50 ms.
def _refuse_running_loop(description: str) -> None:
    from .loops import refuse_running_loop

    refuse_running_loop(description)


def _own_loop() -> Loop:
    from .loops import OwnLoop

    return OwnLoop()


async def _awaited(result: Awaitable[object]) -> None:
    await result


def _is(function: object, kind: Callable[[object], bool]) -> bool:
    return kind(function) or kind(getattr(function, "__call__", None))  # noqa: B004


def _is_cancelled(error: BaseException) -> bool:
    return type(error).__name__ == "CancelledError"  # asyncio's and that of futures


def _refuse_parameters(function: Callable[[], object], name: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some that are written in C do not tell
        return
    try:
        signature.bind()
    except TypeError as error:
        raise PolicyError(
            f"the workload {name} is called without arguments, once per iteration: {error}; bind "
            "it with functools.partial or a lambda"
        ) from None


def _name(function: object) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__qualname__", None) or repr(function))


def _a(result: object) -> str:
    kind = type(result).__name__.replace("_", " ")
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} ({_name(result)})"
