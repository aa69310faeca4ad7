"""Event loops that iterations are awaited on: one of the measurement's own, or the test's."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
from collections.abc import Coroutine
from typing import Any

from ...base.errors import PolicyError, hide_ours
from .watch import EndWatch

__all__ = ["OwnLoop", "RunningLoop", "refuse_running_loop"]

__tracebackhide__ = hide_ours

#: seconds between two looks whether the test's loop still runs
_LOOK = 0.5


def refuse_running_loop(description: str) -> None:
    """Raise PolicyError where an event loop runs in this thread: no other can run inside it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise PolicyError(
        f"the workload ({description}) is to be awaited, and an event loop runs here already: "
        "write `await assert_no_leak_async(app, workload)`, which uses that loop"
    )


class OwnLoop:
    """A loop for the whole measurement: what a client keeps there lasts from call to call."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def run(self, work: Coroutine[Any, Any, None], watch: EndWatch) -> None:
        task = self._loop.create_task(work)
        watch.on_end = lambda: self._loop.call_soon_threadsafe(task.cancel)
        self._loop.run_until_complete(task)

    def close(self) -> None:
        """End what still runs there, as ``asyncio.run`` does."""
        loop = self._loop
        try:
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()


class RunningLoop:
    """The loop of the test that awaits the measurement, which runs in another thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Clients may ask the test's context variables.
        self._context = contextvars.copy_context()
        self._current: concurrent.futures.Future[None] | None = None
        self._stopped = False

    def run(self, work: Coroutine[Any, Any, None], watch: EndWatch) -> None:
        if self._stopped or self._loop.is_closed():
            work.close()
            raise concurrent.futures.CancelledError
        future = self._context.run(asyncio.run_coroutine_threadsafe, work, self._loop)
        self._current = future
        watch.on_end = future.cancel
        while not concurrent.futures.wait([future], _LOOK).done:
            if not self._loop.is_running():
                future.cancel()
        future.result()

    def stop(self) -> None:
        """Nobody awaits the measurement any more: it ends with the present iteration."""
        self._stopped = True
        if self._current is not None:
            self._current.cancel()

    def close(self) -> None:
        return None
