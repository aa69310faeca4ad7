"""The WebSocket transport against a server that misbehaves in every way."""

from __future__ import annotations

import base64
import hashlib
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.base.errors import ConnectionLostError, DeadlineExceeded
from pytest_nodeleak.inspector import WebSocketTransport

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def frame(data: bytes, opcode: int = TEXT, last: bool = True) -> bytes:
    head = bytes([(0x80 if last else 0) | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 1 << 16:
        return head + b"\x7e" + struct.pack("!H", len(data)) + data
    return head + b"\x7f" + struct.pack("!Q", len(data)) + data


def shake_hands(connection: socket.socket) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    proof = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(proof) + b"\r\n\r\n"
    )


Script = Callable[[socket.socket], object]
Connect = Callable[[Script], WebSocketTransport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A transport connected to a server that does after the handshake what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threads: list[threading.Thread] = []
        transports: list[WebSocketTransport] = []

        def start(script: Script) -> WebSocketTransport:
            def serve() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(10)
                    shake_hands(connection)
                    script(connection)

            threads.append(threading.Thread(target=serve, daemon=True))
            threads[-1].start()
            port = server.getsockname()[1]
            transports.append(WebSocketTransport(f"ws://127.0.0.1:{port}/x", Deadline(5)))
            return transports[-1]

        yield start
        for transport in transports:
            transport.close()
        for thread in threads:
            thread.join(5)


def test_messages(connect: Connect) -> None:
    transport = connect(
        lambda c: c.sendall(frame(b"one") + frame("zw\u00f6lf".encode()) + frame(b"", CLOSE))
    )
    assert transport.receive(Deadline(5)) == b"one"
    assert transport.receive(Deadline(None)) == "zw\u00f6lf".encode()
    with pytest.raises(ConnectionLostError, match="closed the connection"):
        transport.receive(Deadline(5))


def test_huge_message(connect: Connect) -> None:
    big = b"0123456789" * 3_000_000
    transport = connect(lambda c: c.sendall(frame(big)))
    assert transport.receive(Deadline(20)) == big


def test_pings_are_answered_and_passed_over(connect: Connect) -> None:
    answers: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        connection.sendall(frame(b"are you there", PING) + frame(b"after"))
        answers.append(connection.recv(100))

    transport = connect(serve)
    assert transport.receive(Deadline(5)) == b"after"
    end = time.monotonic() + 5
    while not answers and time.monotonic() < end:
        time.sleep(0.01)
    assert answers[0][0] & 0x0F == PONG


@pytest.mark.fault(
    "The wire",
    "single bytes",
    forced="a message sent byte by byte",
    kept="the message",
    seen="nothing",
)
def test_a_message_in_fragments_and_in_single_bytes(connect: Connect) -> None:
    def serve(connection: socket.socket) -> None:
        whole = frame(b"first ", TEXT, last=False) + frame(b"rest", 0)
        for n in range(len(whole)):
            connection.sendall(whole[n : n + 1])
            time.sleep(0.002)

    assert connect(serve).receive(Deadline(5)) == b"first rest"


@pytest.mark.fault(
    "The wire",
    "a slow sender",
    forced="a message in two parts, a time-out between them",
    kept="the message",
    seen="nothing",
)
def test_a_message_cut_by_a_time_out_is_not_lost(connect: Connect) -> None:
    go = threading.Event()

    def serve(connection: socket.socket) -> None:
        whole = frame(b"x" * 500)
        connection.sendall(whole[:3])
        assert go.wait(5)
        connection.sendall(whole[3:] + frame(b"next"))

    transport = connect(serve)
    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            transport.receive(Deadline(0.05))
    go.set()
    assert transport.receive(Deadline(5)) == b"x" * 500
    assert transport.receive(Deadline(5)) == b"next"


@pytest.mark.fault(
    "The wire", "silence", forced="a peer that sends nothing", seen="DeadlineExceeded"
)
def test_silence_ends_at_the_deadline(connect: Connect) -> None:
    done = threading.Event()
    transport = connect(lambda c: bool(done.wait(5)))
    for seconds in (0, 0.1):
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            transport.receive(Deadline(seconds))
        assert seconds <= time.monotonic() - began < seconds + 1
    with pytest.raises(DeadlineExceeded):
        transport.send("x", Deadline(0))
    done.set()


@pytest.mark.parametrize(
    "bytes_",
    [b"", b"\x81", frame(b"whole")[:-2], b"\xf1\x02ab", b"\x83\x01a", frame(b"a" * 200, PING)],
)
@pytest.mark.fault(
    "The wire",
    "nonsense on the socket",
    forced="bad frames, a closed socket",
    seen="ConnectionLostError",
)
def test_a_connection_that_breaks_or_talks_nonsense(connect: Connect, bytes_: bytes) -> None:
    transport = connect(lambda c: c.sendall(bytes_))
    with pytest.raises(ConnectionLostError):
        transport.receive(Deadline(5))


@pytest.mark.fault(
    "The wire", "reset by the peer", forced="SO_LINGER 0", seen="ConnectionLostError"
)
def test_reset(connect: Connect) -> None:
    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    transport = connect(serve)
    with pytest.raises(ConnectionLostError, match="the inspector connection was lost"):
        transport.receive(Deadline(5))
    with pytest.raises(ConnectionLostError):
        transport.receive(Deadline(5))


@pytest.mark.fault(
    "The wire", "a peer that does not read", forced="a full socket buffer", seen="DeadlineExceeded"
)
def test_a_peer_that_does_not_read(connect: Connect) -> None:
    done = threading.Event()
    transport = connect(lambda c: bool(done.wait(10)))
    began = time.monotonic()
    with pytest.raises((DeadlineExceeded, ConnectionLostError)):
        transport.send("x" * 30_000_000, Deadline(0.5))
    assert time.monotonic() - began < 5
    done.set()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals")
def test_signals_do_not_disturb(connect: Connect) -> None:
    def serve(connection: socket.socket) -> None:
        time.sleep(0.2)
        connection.sendall(frame(b"late"))

    transport = connect(serve)
    seen: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, at: seen.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        assert transport.receive(Deadline(5)) == b"late"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen


@pytest.mark.fault("The wire", "nobody listens", forced="a closed port", seen="ConnectionLostError")
def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(
        ConnectionLostError, match=f"cannot connect to the inspector at ws://.*:{port}"
    ):
        WebSocketTransport(f"ws://127.0.0.1:{port}/x", Deadline(5))
    with pytest.raises(ConnectionLostError, match="cannot connect"):
        WebSocketTransport("nonsense", Deadline(5))


@pytest.mark.fault(
    "The wire",
    "a server that is no inspector",
    forced="no WebSocket handshake",
    seen="ConnectionLostError or DeadlineExceeded",
)
def test_nobody_who_shakes_hands() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for seconds in (0.2, 0):
            with pytest.raises(DeadlineExceeded):
                WebSocketTransport(f"ws://127.0.0.1:{port}/x", Deadline(seconds))


def test_close_twice(connect: Connect) -> None:
    transport = connect(lambda c: None)
    transport.close()
    transport.close()
    with pytest.raises(ConnectionLostError):
        transport.receive(Deadline(1))
    with pytest.raises(ConnectionLostError):
        transport.send("x", Deadline(1))
