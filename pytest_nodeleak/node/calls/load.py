"""Load from outside, as people write it on a command line: HTTP requests, or a command."""

from __future__ import annotations

import http.client
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import SplitResult, urlsplit

from ...base.errors import PolicyError, WorkloadError, hide_ours

__all__ = ["HttpLoad", "command_load"]

__tracebackhide__ = hide_ours

_REQUEST = re.compile(r"(?:([A-Z]+) +)?(https?://\S+)")
#: seconds for one answer
_PATIENCE = 60.0


class HttpLoad:
    """A callable that sends ``request`` (``"GET http://..."``), ``concurrency`` times at once.

    Connections are kept until ``close()``. A call raises WorkloadError for no answer and for a
    status of 500 and more; making it raises PolicyError for what is no request.
    """

    def __init__(self, request: str, concurrency: int = 1) -> None:
        found = _REQUEST.fullmatch(request.strip())
        parts = _parts(found[2]) if found else None
        if found is None or parts is None:
            raise PolicyError(
                f"{request!r} is no request, such as 'GET http://127.0.0.1:3000/cart'"
            )
        if concurrency < 1:
            raise PolicyError(f"{concurrency!r} is no number of requests at once, from 1")
        self._request = request
        self._method = found[1] or "GET"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._netloc = parts.netloc.rpartition("@")[2]
        secure = parts.scheme == "https"
        self._kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._idle: list[http.client.HTTPConnection] = []
        self._concurrency = concurrency
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="nodeleak-load")
        #: how reports call it
        self.__qualname__ = request if concurrency == 1 else f"{concurrency} x {request}"

    def __repr__(self) -> str:
        return f"<HttpLoad {self.__qualname__}>"

    def __call__(self) -> None:
        for done in [self._pool.submit(self._send) for _ in range(self._concurrency)]:
            done.result()

    def _send(self) -> None:
        fresh = not self._idle
        connection = self._kind(self._netloc, timeout=_PATIENCE) if fresh else self._idle.pop()
        try:
            connection.request(self._method, self._path)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if not fresh:  # the other side may have closed a connection that was kept
                self._send()
                return
            raise WorkloadError(f"{self._request}: no answer: {error!r}") from None
        self._idle.append(connection)
        if response.status >= 500:
            raise WorkloadError(
                f"{self._request}: the answer is {response.status} {response.reason}"
            )

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown()
        for connection in self._idle:
            connection.close()
        self._idle.clear()


def _parts(url: str) -> SplitResult | None:
    """The parts of ``url``; None where it names no host, or no port by a number."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # '[x' is no IPv6 address, ':http' no port
        return None
    return parts if parts.hostname else None


def command_load(command: str) -> Callable[[], object]:
    """A callable that runs a shell command; WorkloadError if its exit status is not 0."""
    if not command.strip():
        raise PolicyError("the command is empty; give one that makes the program work")

    def run() -> None:
        done = subprocess.run(
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            said = done.stdout[-500:].strip() or "it printed nothing"
            raise WorkloadError(f"'{command}' ended with exit status {done.returncode}: {said}")

    run.__qualname__ = command
    return run
