"""What RSS grows by beside the heaps of a process, where no program is needed to tell."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_nodeleak.base.samples import Sample, Series
from pytest_nodeleak.measuring.outside import Outside, outside_growth


def read(iterations: int, rss: int, pages: int) -> Sample:
    return Sample(0, 0, 0, rss, 0, 0, iterations=iterations, heap_physical=pages)


def track(pid: int, *samples: Sample) -> SimpleNamespace:
    return SimpleNamespace(
        heap=SimpleNamespace(pid=pid), samples=list(samples), series=Series(samples)
    )


@pytest.mark.parametrize(
    ("other", "growth"),
    [
        pytest.param(track(1, read(0, 0, 50), read(20, 0, 80)), 0, id="of a thread"),
        pytest.param(track(1, read(20, 0, 80)), 30, id="of one that was there before it was read"),
        pytest.param(track(1), 30, id="of one that was never read"),
        pytest.param(track(2, read(0, 0, 50), read(20, 0, 80)), 30, id="of a child"),
    ],
)
def test_the_pages_of_a_threads_heap_are_of_its_process(other, growth):
    main = track(1, read(0, 1000, 10), read(10, 1000, 10), read(20, 1030, 10))
    heaps = SimpleNamespace(main=main, others=[other])
    meter = SimpleNamespace(app=SimpleNamespace(pid=1), heaps=heaps)
    outside = Outside(meter, SimpleNamespace())  # type: ignore[arg-type]
    assert outside_growth(outside._samples()) == growth
    assert len(outside._samples(1)) == 2


class Program:
    """A meter whose program has the RSS that a function of its iterations tells."""

    def __init__(self, rss) -> None:
        self.rss, self.done, self.seconds, self.is_huge = rss, 0, 0.0, False
        self.app = SimpleNamespace(pid=1)
        self.budget = SimpleNamespace(left=10.0)
        self.heaps = SimpleNamespace(main=track(1), others=[])
        self.samples = self.heaps.main.samples
        for _ in range(10):
            self.iterate(1350)
            self.sample()

    def enter(self, phase) -> None:
        pass

    def iterate(self, n, limit=None) -> None:
        self.done += n
        self.seconds += n * 4e-4

    def sample(self) -> None:
        self.samples.append(read(self.done, round(self.rss(self.done)), 0))


def growth_of(rss):
    plan = SimpleNamespace(is_pushed=lambda done, seconds: seconds > 1)
    pacer = SimpleNamespace(plan=plan, update=lambda: None)
    return Outside(Program(rss), pacer).growth()


def test_what_an_allocator_takes_at_a_time_is_no_growth():
    def garbage(done):
        return 52e6 + 200 * done + (57e6 if done > 30_000 else 0)

    assert growth_of(garbage) is None


def test_what_comes_evenly_is():
    found = growth_of(lambda done: 52e6 + 2_100 * done)
    assert found.steady
    assert found.per_iteration == pytest.approx(2_100, rel=0.01)
