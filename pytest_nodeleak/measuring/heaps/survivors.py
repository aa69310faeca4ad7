"""The survivors of one heap, window by window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ...base.errors import NodeLeakError
from ...base.samples import Series
from ...judge.evidence import Judgement, LedgerEvidence
from ...judge.ledger import growing_among, merge_windows
from ...node.probes.sampling import ClosedWindow, SamplingSession
from .tracks import Track

__all__ = ["HeapLedger"]


class HeapLedger:
    """The survivors of one heap, in windows; sessions of the profiler come and go."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.evidence = LedgerEvidence((), (), track.series)
        self.judgement = Judgement(None, ())
        self.first_sample = max(0, len(track.samples) - 1)
        self.last_sample: int | None = None
        self._at_rest = False
        self.windows: list[ClosedWindow] = []
        self._earlier: list[ClosedWindow] = []
        #: how many of those have outlived more work; whether those of this session have
        self._settled = 0
        self._outlived = False
        self._session: SamplingSession | None = None
        #: windows of the session, at its end, that were closed late
        self._late = 0
        self._samples_seen = 0

    def __repr__(self) -> str:
        return f"<HeapLedger of {self.track.name}, {len(self.windows)} windows>"

    @property
    def is_watched(self) -> bool:
        """Whether the profiler is on, and has windows."""
        return self._session is not None and bool(self.windows)

    def begin(self, interval: int) -> None:
        """Start the profiler; what it saw before stays as evidence."""
        self._earlier = list(self.windows)
        self._settled = len(self._earlier) if self._outlived else self._settled
        self._outlived = False
        self._late = 0
        self.last_sample = None
        self._samples_seen = len(self.track.samples)
        with self._while_it_lives():
            self._session = SamplingSession(self.track.heap, interval)

    def close_window(self, iterations: float) -> None:
        """What was allocated since the last one is a window."""
        has_rested = self.track.rested and len(self.track.samples) == self._samples_seen + 1
        self._samples_seen = len(self.track.samples)
        with self._while_it_lives():
            if self._session is not None:
                if has_rested:
                    self._session.close_empty_window(iterations)
                else:
                    self._session.close_window(iterations)
                self.windows = [*self._earlier, *self._session.windows()]

    def read_again(self, *, last: bool) -> None:
        """See what is still alive of the windows of this session, its ``last`` one, too.

        Of those before it nothing is seen any more: they are older, so no more of them is alive.
        Those that had outlived more work before stay as they were, until these have as well.
        """
        with self._while_it_lives():
            if self._session is not None:
                # A late window may have been read meanwhile.
                before = self.windows[len(self._earlier) :]
                self._session.read()
                after = self._counted_windows(self._session)
                settled = 0 if self._outlived else self._settled
                old, young = self._earlier[:settled], self._earlier[settled:]
                if before:
                    young = [window.reduced(before, after[: len(before)]) for window in young]
                self._earlier = [*old, *young]
                self.windows = [*self._earlier, *(after if last else after[:-1])]
                self._outlived = last

    def _counted_windows(self, session: SamplingSession) -> list[ClosedWindow]:
        windows = session.windows(last=True)
        return windows[: len(windows) - self._late]

    def close_late_window(self, iterations: float) -> None:
        """What was allocated since the last window is one of ``late``, beside the others."""
        with self._while_it_lives():
            if self._session is not None:
                self._session.close_window(iterations)
                self._late += 1

    @property
    def late(self) -> tuple[ClosedWindow, ...]:
        """Windows that were closed when the others had been judged; what is alive of them."""
        if self._session is None or not self._late:
            return ()
        return tuple(self._session.windows(last=True)[-self._late :])

    def end(self) -> None:
        """Stop the profiler."""
        session, self._session = self._session, None
        with self._while_it_lives():
            if session is not None:
                session.end()

    def forget(self) -> None:
        """Begin anew: earlier windows are no evidence any more."""
        self.windows = []
        self._settled = 0
        self._at_rest = self._outlived = False
        self.first_sample, self.last_sample = max(0, len(self.track.samples) - 1), None

    def freeze(self) -> None:
        """No later sample is a witness, until other windows begin.

        Snapshots make V8 drop what it can make anew.
        """
        if self.last_sample is None:
            self.last_sample = len(self.track.samples)

    def thaw(self) -> None:
        """Later samples are witnesses: no snapshot was taken meanwhile."""
        self.last_sample = None

    def rest(self) -> None:
        """The first and the last sample are the witnesses: in between more was alive."""
        self._at_rest, self.last_sample = True, None

    def collect(self, interval: int, facts: LedgerEvidence) -> LedgerEvidence:
        """``facts`` are those that all heaps share."""
        windows = [window.iterations for window in self.windows]
        rows = merge_windows([window.survivors for window in self.windows])
        samples = self.track.samples[self.first_sample : self.last_sample]
        if self._at_rest:
            samples = [samples[0], samples[-1]]
        self.evidence = replace(
            facts,
            windows=tuple(windows),
            growing=growing_among(
                rows,
                windows,
                interval,
                timed=facts.timed,
                ended=facts.exhausted,
                compiled=facts.compiled,
                before=self.evidence.growing,
            ),
            series=Series(tuple(samples or self.track.samples[-1:])),
            # At rest what timers held is gone: that heapUsed fell then says nothing of what stays.
            earlier=() if self._at_rest else tuple(self.track.samples[: self.first_sample]),
        )
        return self.evidence

    @contextmanager
    def _while_it_lives(self) -> Iterator[None]:
        """A worker or child may end at any moment: then it is judged no more."""
        try:
            yield
        except NodeLeakError as error:
            if self.track.heap.kind == "main":
                raise
            self.track.lose(error)
            self._session = None
