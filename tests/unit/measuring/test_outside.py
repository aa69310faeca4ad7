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
