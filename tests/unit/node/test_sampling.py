"""Windows of the sampling profiler: what is alive of them, now and after more work."""

from collections import Counter
from types import SimpleNamespace

import pytest

from pytest_nodeleak.base.frames import CallFrame
from pytest_nodeleak.judge.evidence import LedgerEvidence
from pytest_nodeleak.measuring.heaps.survivors import HeapLedger
from pytest_nodeleak.node.probes.sampling import ClosedWindow

PUT = (CallFrame("put", "file:///app/cart.js", 1, 1),)
LOG = (CallFrame("log", "file:///app/log.js", 1, 1),)


def window(iterations, **counts):
    stacks = {"put": PUT, "log": LOG}
    survivors = {stacks[name]: Counter({40: n}) for name, n in counts.items()}
    return ClosedWindow(iterations, survivors)


def test_of_earlier_windows_as_large_a_share_is_gone_as_of_one_that_is_younger():
    earlier = window(256, put=200, log=10)
    reduced = earlier.reduced([window(256, put=100, log=5)], [window(256, put=25, log=5)])
    assert reduced == window(256, put=50, log=10)
    assert earlier.reduced([window(256, put=100)], [window(256)]) == window(256, put=0, log=10)


def test_of_each_size_its_own_share_is_gone_and_of_one_not_seen_later_that_of_all():
    earlier = ClosedWindow(256, {PUT: Counter({40: 100, 32: 10, 24: 8})})
    before = ClosedWindow(256, {PUT: Counter({40: 100, 32: 10})})
    after = ClosedWindow(256, {PUT: Counter({40: 45, 32: 10})})
    reduced = earlier.reduced([before], [after])
    assert reduced.survivors[PUT] == Counter({40: 45, 32: 10, 24: 4})


class Session:
    """The profiler of a heap: what its windows have before, and after it is read again."""

    def __init__(self, before, after):
        self._now, self._after = before, after

    def read(self):
        self._now = self._after

    def windows(self, *, last=False):
        return self._now if last else self._now[:-1]


@pytest.fixture
def ledger():
    track = SimpleNamespace(samples=[], series=LedgerEvidence, heap=None, rested=False)
    return HeapLedger(track)


def test_windows_before_are_reduced_once_until_they_have_outlived_more_work(ledger):
    ledger.windows = [window(256, put=256)]  # of a session before, which a push has ended
    ledger._earlier = list(ledger.windows)
    ledger._session = Session(
        [window(256, put=256), window(512, put=512)], [window(256, put=64), window(512, put=128)]
    )
    ledger.windows += ledger._session.windows()
    ledger.read_again(last=True)
    exact = [window(256, put=64), window(256, put=64), window(512, put=128)]
    assert ledger.windows == exact
    ledger._earlier, ledger._settled, ledger._outlived = list(ledger.windows), 3, False
    ledger._session = Session([window(900, put=900), window(1)], [window(900), window(1)])
    ledger.read_again(last=False)
    assert ledger.windows == [*exact, window(900)]
