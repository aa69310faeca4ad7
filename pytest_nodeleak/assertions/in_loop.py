"""The assertion for tests that run in an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ..base.errors import NodeLeakError, PolicyError
from ..judge.verdict import Verdict
from ..node.app import NodeApp
from ..node.calls.called import InLoop
from ..node.calls.loops import RunningLoop
from ..node.workload import Every, Module, Workload
from .leaks import _hide, passed
from .measured import measure, refuse_what_is_no_app

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .keywords import PolicyKeywords

__all__ = ["assert_no_leak_async"]

__tracebackhide__ = _hide

T = TypeVar("T")


def assert_no_leak_async(
    app: NodeApp, workload: Workload, **policy: Unpack[PolicyKeywords]
) -> Coroutine[Any, Any, Verdict]:
    """:func:`assert_no_leak` for an ``async def`` test: its loop runs on meanwhile.

    A callable, async or not, is called and awaited in this loop, where the test's own clients
    and fixtures live; the measurement waits in another thread. Raises the same errors. A test that
    does not await it fails.
    """
    __tracebackhide__ = _hide
    refuse_what_is_no_app(app, "await assert_no_leak_async")
    measurement = _measured(app, workload, policy)
    app.context.promised(measurement)
    return measurement


async def _measured(app: NodeApp, workload: Workload, policy: PolicyKeywords) -> Verdict:
    __tracebackhide__ = _hide
    loop = None
    if callable(workload) and not isinstance(workload, (str, Module, Every, InLoop)):
        try:
            loop = RunningLoop()
        except RuntimeError:
            raise PolicyError(
                "assert_no_leak_async needs a running asyncio loop (not trio); "
                "without one, assert_no_leak awaits an async workload as well"
            ) from None
        workload = InLoop(workload, loop)
    try:
        verdict = await _in_thread(lambda: measure(app, workload, **policy))
    except NodeLeakError as error:
        raise error.with_traceback(None) from error.__cause__
    except asyncio.CancelledError:
        if loop is not None:
            loop.stop()
        raise
    return passed(verdict, columns=app.context.columns)


async def _in_thread(function: Callable[[], T]) -> T:
    """What ``function`` gives, run in a thread that does not outlive the interpreter.

    Those of the loop's executor are joined at its end: a test that is interrupted would hang.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(settle_future: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            settle_future(value)

    def work() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = (future.set_result, function())
        except BaseException as error:
            outcome = (future.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, name="nodeleak-measure", daemon=True).start()
    return await future
