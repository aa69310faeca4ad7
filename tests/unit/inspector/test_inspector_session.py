"""The session over a scripted transport: replies, events, and everything that can be off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.base.errors import ConnectionLostError, DeadlineExceeded, ProtocolError
from pytest_nodeleak.inspector import Session
from pytest_nodeleak.inspector.chunks import is_snapshot_chunk, snapshot_text

Answer = Callable[[dict[str, Any]], list[Any]]


class Scripted:
    """A transport that answers each command with messages, as dict or raw; None is silence."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.sent: list[dict[str, Any]] = []
        self.waiting: list[Any] = []
        self.closed = False

    def send(self, message: str, deadline: Deadline) -> None:
        command = json.loads(message)
        self.sent.append(command)
        self.waiting.extend(self.answer(command))

    def receive(self, deadline: Deadline) -> str | bytes:
        message = self.waiting.pop(0) if self.waiting else None
        if message is None:
            raise DeadlineExceeded("silence")
        if isinstance(message, Exception):
            raise message
        return message if isinstance(message, (str, bytes)) else json.dumps(message)

    def close(self) -> None:
        self.closed = True


def session_of(answer: Answer) -> tuple[Session, Scripted]:
    transport = Scripted(answer)
    return Session(transport), transport


def reply(command: dict[str, Any], **result: Any) -> dict[str, Any]:
    return {"id": command["id"], "result": result}


def test_a_command_and_its_reply() -> None:
    session, transport = session_of(lambda c: [reply(c, value=c["id"])])
    assert session.call("A.b", {"x": 1}, deadline=Deadline(1)) == {"value": 1}
    assert session.call("A.c", deadline=Deadline(1)) == {"value": 2}
    assert transport.sent == [
        {"id": 1, "method": "A.b", "params": {"x": 1}},
        {"id": 2, "method": "A.c", "params": {}},
    ]
    assert "open, 2 commands" in repr(session)


def test_events_go_to_the_handler_unknown_ids_nowhere() -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    session, _ = session_of(
        lambda c: [
            {"method": "X.one", "params": {"a": 1}},
            {"id": 99, "result": {"late": True}},
            {"id": "text", "result": {}},
            {},
            {"method": "X.two"},
            {"method": "X.three", "params": None},
            reply(c, done=True),
        ]
    )
    result = session.call("A.b", deadline=Deadline(1), on_event=lambda m, p: events.append((m, p)))
    assert result == {"done": True}
    assert events == [("X.one", {"a": 1}), ("X.two", {}), ("X.three", {})]


@pytest.mark.fault(
    "The wire",
    "replies that come late",
    forced="the reply to a call that timed out",
    kept="the next reply",
    seen="nothing",
)
def test_a_late_reply_is_not_taken_for_the_next_one() -> None:
    def answer(command: dict[str, Any]) -> list[Any]:
        if command["method"] == "slow":
            return []
        return [{"id": 1, "result": {"of": "slow"}}, reply(command, of="next")]

    session, _ = session_of(answer)
    with pytest.raises(DeadlineExceeded):
        session.call("slow", deadline=Deadline(1))
    assert not session.lost
    assert session.call("next", deadline=Deadline(1)) == {"of": "next"}


@pytest.mark.fault(
    "The wire",
    "error replies",
    forced="`error` in the reply",
    seen="ProtocolError: the inspector refused ...",
)
def test_refusals() -> None:
    error = {"code": -32601, "message": "'X' wasn't found", "data": "more"}
    session, _ = session_of(lambda c: [{"id": c["id"], "error": error}])
    with pytest.raises(ProtocolError, match=r"refused A\.b: 'X' wasn't found") as caught:
        session.call("A.b", deadline=Deadline(1))
    facts = (caught.value.method, caught.value.code, caught.value.data)
    assert facts == ("A.b", -32601, "more")
    assert not session.lost


@pytest.mark.parametrize("error", ["text", 5, [], {"code": "x"}, {}])
def test_refusals_of_an_odd_shape(error: object) -> None:
    session, _ = session_of(lambda c: [{"id": c["id"], "error": error}])
    with pytest.raises(ProtocolError, match=r"refused A\.b"):
        session.call("A.b", deadline=Deadline(1))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "not json",
        '{"id": 1',
        b"\xff\xfe\x00",
        "[]",
        "5",
        "null",
        "[" * 100_000,
        b"HTTP/1.1 400",
    ],
)
@pytest.mark.fault(
    "The wire",
    "replies that are no JSON",
    forced="text, lists, deep nesting",
    seen="ProtocolError: ... what is no protocol message",
)
def test_what_is_no_message(raw: str | bytes) -> None:
    session, _ = session_of(lambda c: [raw])
    with pytest.raises(ProtocolError, match="what is no protocol message") as caught:
        session.call("A.b", deadline=Deadline(1))
    assert len(str(caught.value)) < 500
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("result", [None, [], "x"])
def test_results_of_an_odd_shape_are_empty(result: object) -> None:
    session, _ = session_of(lambda c: [{"id": c["id"], "result": result}])
    assert session.call("A.b", deadline=Deadline(1)) == {}


def test_a_lost_connection_stays_lost() -> None:
    session, transport = session_of(lambda c: [ConnectionLostError("cut")])
    with pytest.raises(ConnectionLostError, match="cut"):
        session.call("A.b", deadline=Deadline(1))
    assert session.lost
    with pytest.raises(ConnectionLostError, match="session is closed"):
        session.call("A.b", deadline=Deadline(1))
    with pytest.raises(ConnectionLostError):
        session.poll()
    assert len(transport.sent) == 1


def test_the_end_of_the_program_ends_the_wait() -> None:
    session, _ = session_of(lambda c: [{"method": "NodeRuntime.waitingForDisconnect"}])
    with pytest.raises(ConnectionLostError, match="the program has ended"):
        session.call("A.b", deadline=Deadline(1))
    assert session.target_finished
    assert session.lost


def test_poll_takes_what_is_there() -> None:
    session, transport = session_of(lambda c: [reply(c)])
    events: list[str] = []
    session.poll()
    transport.waiting = [{"method": "X.y"}, {"id": 7, "result": {}}]
    session.poll(on_event=lambda method, params: events.append(method))
    assert events == ["X.y"]
    assert transport.waiting == []
    transport.waiting = [{"method": "NodeRuntime.waitingForDisconnect"}]
    with pytest.raises(ConnectionLostError):
        session.poll()
    assert session.target_finished


def test_threads_take_turns_and_do_not_wait_for_ever() -> None:
    entered, go = threading.Event(), threading.Event()

    def answer(command: dict[str, Any]) -> list[Any]:
        if command["method"] == "slow":
            entered.set()
            assert go.wait(5)
        return [reply(command, of=command["method"])]

    session, _ = session_of(answer)
    results: list[Any] = []
    thread = threading.Thread(
        target=lambda: results.append(session.call("slow", deadline=Deadline(5)))
    )
    thread.start()
    assert entered.wait(5)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="another command was still running"):
        session.call("quick", deadline=Deadline(0.1))
    assert time.monotonic() - began < 2
    session.poll()  # busy: returns at once
    go.set()
    thread.join(5)
    assert results == [{"of": "slow"}]
    assert session.call("quick", deadline=Deadline(1)) == {"of": "quick"}


def test_an_error_in_a_handler_leaves_the_session_usable() -> None:
    session, transport = session_of(lambda c: [{"method": "X.y"}, reply(c, n=c["id"])])

    def fail(method: str, params: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.call("A.b", deadline=Deadline(1), on_event=fail)
    assert session.call("A.b", deadline=Deadline(1)) == {"n": 2}
    assert len(transport.sent) == 2


def test_closing() -> None:
    session, transport = session_of(lambda c: [])
    session.close()
    assert transport.closed
    assert session.lost


# -- chunks of a snapshot ------------------------------------------------------------------


def chunk_message(text: str) -> bytes:
    """As V8 writes it: no spaces, UTF-8 or escapes."""
    return json.dumps(
        {"method": "HeapProfiler.addHeapSnapshotChunk", "params": {"chunk": text}},
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode("utf-8", "surrogatepass")


@given(st.text())
def test_chunks_are_what_json_says(text: str) -> None:
    message = chunk_message(text)
    assert is_snapshot_chunk(message)
    assert snapshot_text(message) == text.encode("utf-8", "surrogatepass")


@given(st.text(alphabet='0123456789,\n\\n"u'))
def test_chunks_of_numbers_and_escapes(text: str) -> None:
    assert snapshot_text(chunk_message(text)) == text.encode()


def test_chunks_go_to_their_handler_only_if_there_is_one() -> None:
    message = chunk_message("1,2\n,3")
    session, _ = session_of(lambda c: [message, reply(c)])
    chunks: list[bytes] = []
    events: list[str] = []
    session.call("A.b", deadline=Deadline(1), on_chunk=chunks.append)
    assert chunks == [b"1,2\n,3"]
    session.call("A.b", deadline=Deadline(1), on_event=lambda m, p: events.append(p["chunk"]))
    assert events == ["1,2\n,3"]


@pytest.mark.fault(
    "The wire", "a snapshot chunk that is no JSON", forced="bad escapes", seen="ProtocolError"
)
def test_a_chunk_that_is_no_json_string() -> None:
    broken = b'{"method":"HeapProfiler.addHeapSnapshotChunk","params":{"chunk":"a\\x"}}'
    session, _ = session_of(lambda c: [broken])
    with pytest.raises(ProtocolError, match="no protocol message"):
        session.call("A.b", deadline=Deadline(1), on_chunk=lambda chunk: None)


FINISHED = {"method": "NodeRuntime.waitingForDisconnect"}


def test_a_look_keeps_events_for_those_that_ask() -> None:
    session, transport = session_of(lambda c: [{"method": "X.three"}, reply(c)])
    transport.waiting += [{"method": "X.one"}, {"id": 9, "result": {}}, {"method": "X.two"}]
    assert not session.is_over()
    assert transport.sent == []
    seen: list[str] = []
    session.call("A.b", deadline=Deadline(1), on_event=lambda method, _: seen.append(method))
    assert seen == ["X.one", "X.two", "X.three"]
    transport.waiting += [{"method": "X.four"}]
    assert not session.is_over()
    session.poll(on_event=lambda method, _: seen.append(method))
    session.poll(on_event=lambda method, _: seen.append(method))
    assert seen[3:] == ["X.four"]


@pytest.mark.parametrize("end", [FINISHED, ConnectionLostError("cut")])
def test_a_look_sees_the_end(end: Any) -> None:
    session, transport = session_of(lambda c: [reply(c)])
    transport.waiting += [{"method": "X.one"}, end]
    assert session.is_over()
    assert session.is_over()
    assert session.lost
    assert session.target_finished == (end is FINISHED)
    with pytest.raises(ConnectionLostError):
        session.call("A.b", deadline=Deadline(1))


def test_a_look_gets_out_of_the_way_of_a_call() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def answer(command: dict[str, Any]) -> list[Any]:
        inside.set()
        go_on.wait(5)
        return [FINISHED]

    session, _ = session_of(answer)

    def call() -> None:
        with pytest.raises(ConnectionLostError):
            session.call("A.b", deadline=Deadline(5))

    thread = threading.Thread(target=call)
    thread.start()
    assert inside.wait(5)
    began = time.monotonic()
    assert not session.is_over()
    assert time.monotonic() - began < 1
    go_on.set()
    thread.join()
    assert session.is_over()
