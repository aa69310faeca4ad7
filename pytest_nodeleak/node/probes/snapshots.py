"""Takes a heap snapshot of a program and hands its text on while it is written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from ...base.deadline import Deadline
from ...base.errors import EvaluationError, TargetError, hide_ours
from ..channel import Channel
from .follow import FileFollower

__all__ = ["TextReader", "Via", "stream_snapshot"]

__tracebackhide__ = hide_ours

#: who brings the text: the inspector, the program by v8.writeHeapSnapshot, or what there is
Via = Literal["auto", "inspector", "program"]
_DOING = "a heap snapshot was taken"


class TextReader(Protocol):
    """What takes the text: a SnapshotReader."""

    def feed(self, chunk: bytes) -> None: ...


Reader = TypeVar("Reader", bound=TextReader)


def stream_snapshot(
    channel: Channel,
    new_reader: Callable[[], Reader],
    path: Path | None,
    deadline: Deadline,
    told: Callable[[int], None] | None = None,
    via: Via = "auto",
) -> Reader:
    """A reader that was fed the snapshot's text, which stays in the file ``path`` if given.

    The program writes the file itself and stands still meanwhile; it is read while it grows.
    Through the inspector the program would stand still for a sixth longer; that is the way
    only if the program cannot write there: as another user, in a container, on a full disk.

    ``told`` is told how many bytes there are so far, in whatever thread reads them. ``via``
    "inspector" and "program" insist on one way. A file that was begun and not finished is
    removed. Raises what ``feed`` raises, OSError of the file, TargetError or a kind of it: also
    if the program cannot write there and should.
    """
    # The inspector keeps the arguments of the last 1,000 console messages alive.
    channel.command("Runtime.discardConsoleEntries", deadline=deadline)
    with _kept(path) if path is not None else _scratch() as file:
        if via != "inspector" and file is not None and file.is_file():
            reader = new_reader()
            if _written(channel, file, _feeding(reader, told), deadline, scratch=path is None):
                return reader
        if via == "program":
            raise TargetError(f"the program cannot write a snapshot to '{file}'")
        reader = new_reader()
        _sent(channel, _feeding(reader, told), None if path is None else file, deadline)
        return reader


def _feeding(reader: TextReader, told: Callable[[int], None] | None) -> Callable[[bytes], None]:
    if told is None:
        return reader.feed
    count = 0

    def feed(chunk: bytes) -> None:
        nonlocal count
        count += len(chunk)
        told(count)
        reader.feed(chunk)

    return feed


@contextlib.contextmanager
def _kept(path: Path) -> Iterator[Path]:
    """A file that can be written; it does not stay if what is done with it fails."""
    path = path.absolute()
    # For the user alone: a snapshot holds all that the process had in memory.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        yield path
    except BaseException:
        _remove(path)
        raise


@contextlib.contextmanager
def _scratch() -> Iterator[Path | None]:
    """A file for a while; None if there is no folder for such files."""
    try:
        number, name = tempfile.mkstemp(".heapsnapshot", "nodeleak-")
    except OSError:
        yield None
        return
    os.close(number)
    try:
        yield Path(name)
    finally:
        _remove(Path(name))


def _written(
    channel: Channel,
    path: Path,
    take: Callable[[bytes], None],
    deadline: Deadline,
    *,
    scratch: bool,
) -> bool:
    """By ``v8.writeHeapSnapshot``, followed meanwhile; False if it cannot write that file."""
    begun = False

    def feed(chunk: bytes) -> None:
        nonlocal begun
        if not begun and scratch:
            # Both have it open: nothing is left behind even if we are killed.
            _remove(path)
        begun = True
        take(chunk)

    with FileFollower(path, feed) as follower:
        try:
            channel.driver("writeSnapshot", str(path), deadline=deadline, doing=_DOING)
        except EvaluationError:
            return False
        follower.finish()
    return begun  # or the program has a file of that name elsewhere


def _sent(
    channel: Channel, take: Callable[[bytes], None], path: Path | None, deadline: Deadline
) -> None:
    """Through the inspector."""
    with open(os.devnull if path is None else path, "wb") as file:

        def feed(chunk: bytes) -> None:
            file.write(chunk)
            take(chunk)

        channel.command(
            "HeapProfiler.takeHeapSnapshot",
            {"reportProgress": False},
            deadline=deadline,
            doing=_DOING,
            on_chunk=feed,
        )


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_file():  # not a device
            path.unlink()
