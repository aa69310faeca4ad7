"""The applications beside this file, and how each is driven from outside.

A folder with ``app.json`` is an application: see ``benchmarks/README.md``.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
VARIANTS = ("healthy", "each", "tenth", "closure", "listener", "string")
RATES = {"each": 1.0, "tenth": 0.1, "closure": 1.0, "listener": 1.0, "string": 1.0}
#: what ``{n}`` in a request counts through
DIFFERENT = 50


@dataclass(frozen=True)
class Request:
    """One request, and the answer that is the right one."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 200
    expect: str = ""

    def numbered(self, n: int) -> tuple[str, bytes | None]:
        """Path and body of the n-th request."""
        text = None if self.body is None else json.dumps(self.body).replace("{n}", str(n))
        return self.path.replace("{n}", str(n)), None if text is None else text.encode()


@dataclass(frozen=True)
class App:
    """A program as its users start it, and what one iteration is."""

    id: str
    folder: Path
    title: str
    culprits: Mapping[str, Sequence[str]]
    start: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    built: str | None = None
    ready: str = ""
    before: Sequence[Request] = ()
    request: Request | None = None
    driver: str = "http"
    workload: str | None = None

    def environment(self, variant: str) -> dict[str, str]:
        return {"NODE_ENV": "production", "PORT": "0", **self.env, "VARIANT": variant}

    def client(self, url: str) -> HttpClient | ChatClient:
        return ChatClient(url) if self.driver == "socket.io" else HttpClient(url, self)


def load_app(folder: Path) -> App:
    meta: dict[str, Any] = json.loads((folder / "app.json").read_text("utf-8"))
    request = meta.get("request")
    return App(
        id=folder.name,
        folder=folder,
        title=meta["title"],
        culprits=meta["culprits"],
        start=meta.get("start", ()),
        env=meta.get("env", {}),
        built=meta.get("built"),
        ready=meta.get("ready", ""),
        before=[Request(**one) for one in meta.get("before", ())],
        request=Request(**request) if request else None,
        driver=meta.get("driver", "http"),
        workload=meta.get("workload"),
    )


def load_apps() -> list[App]:
    return [load_app(path.parent) for path in sorted(HERE.glob("*/app.json"))]


class HttpClient:
    """One kept connection with cookies, as a browser has it; a call is a request."""

    def __init__(self, url: str, app: App) -> None:
        at = urlsplit(url)
        if not (at.hostname and app.request):
            raise ValueError(f"{app.id}: nothing to request at {url!r}")
        self._request = app.request
        self._connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        self._cookies: dict[str, str] = {}
        self._n = 0
        for request in app.before:
            self._send(request)

    def __call__(self) -> None:
        self._send(self._request)

    def _send(self, request: Request) -> None:
        path, body = request.numbered(self._n % DIFFERENT)
        self._n += 1
        headers = dict(request.headers)
        if body is not None:
            headers["content-type"] = "application/json"
        if self._cookies:
            headers["cookie"] = "; ".join("=".join(pair) for pair in self._cookies.items())
        try:
            self._connection.request(request.method, path, body, headers)
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # the server has closed a connection that was idle for long
            self._connection.close()
            self._connection.request(request.method, path, body, headers)
            response = self._connection.getresponse()
        text = response.read()
        for line in response.headers.get_all("set-cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.coded_value
        if response.status != request.status or request.expect.encode() not in text:
            raise AssertionError(f"{request.method} {path}: {response.status} {text[:300]!r}")

    def close(self) -> None:
        self._connection.close()


class ChatClient:
    """A call is a client of socket.io that comes, joins a room, speaks, is answered, and goes."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._n = 0

    def __call__(self) -> None:
        from websocket import create_connection

        n = self._n % DIFFERENT
        self._n += 1
        socket = create_connection(self._url, timeout=30)
        try:
            self._wait(socket, "0{")
            socket.send('40{"user":"ada"}')
            self._wait(socket, "40{")
            socket.send(f'42["join","room-{n % 5}"]')
            socket.send(f'421["say","room-{n % 5}","hello {n}"]')
            self._wait(socket, "431[")
            socket.send("41")
        finally:
            socket.close()

    @staticmethod
    def _wait(socket: Any, start: str) -> None:
        """Reads up to a packet of that kind; pings are answered, other packets passed over."""
        while True:
            packet = socket.recv()
            if packet == "2":
                socket.send("3")
            elif packet.startswith(start):
                return
            elif not packet:
                raise AssertionError(f"the server went away, {start!r} was awaited")

    def close(self) -> None:
        pass
