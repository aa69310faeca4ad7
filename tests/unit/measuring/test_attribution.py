"""Which allocating function a leaking class is ascribed to: by size and pace, both exact."""

from __future__ import annotations

from pytest_nodeleak.judge.verdict import AllocationSite, LeakingConstructor
from pytest_nodeleak.measuring.naming.places import _site_of


def site(place, *by_size):
    per_iteration = sum(pace for _, pace in by_size)
    return AllocationSite(1000, (place,), per_iteration=per_iteration, by_size=by_size)


def row(size, pace, name="() index.js:62"):
    return LeakingConstructor(name, pace, 40, 40 * size, kind="closure")


#: the author's function allocates a closure and its context, a package's a string that it captures
OURS = site("forecast (app.js:6:1)", (56, 1.0), (48, 1.0))
PACKAGES = site("query (hono.js:1:9)", (32, 1.0))


def test_a_size_at_its_own_pace_decides_where_a_function_allocates_several():
    found = _site_of(row(56, 1.0), (PACKAGES, OURS), is_worst=True)
    assert found is not None
    assert found[0] is OURS


def test_the_worst_row_leads_somewhere_and_another_nowhere_wrong():
    found = _site_of(row(4096, 1.0), (PACKAGES, OURS), is_worst=True)
    assert found is not None
    assert found[0] is PACKAGES  # the pace is all that is left
    assert _site_of(row(4096, 1.0), (PACKAGES, OURS), is_worst=False) is None
