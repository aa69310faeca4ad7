"""Which allocating function a leaking class is ascribed to: by size, pace and text."""

from __future__ import annotations

from pytest_nodeleak.judge.verdict import AllocationSite, LeakingConstructor
from pytest_nodeleak.measuring.naming.attribution import site_of


def site(place, *by_size):
    per_iteration = sum(pace for _, pace in by_size)
    return AllocationSite(1000, (place,), per_iteration=per_iteration, by_size=by_size)


def row(size, pace, name="() index.js:62"):
    return LeakingConstructor(name, pace, 40, 40 * size, kind="closure")


#: the author's function allocates a closure and its context, a package's a string that it captures
OURS = site("forecast (app.js:6:1)", (56, 1.0), (48, 1.0))
PACKAGES = site("query (hono.js:1:9)", (32, 1.0))


def found_for(one, *sites, made_by=None, is_worst=True):
    found = site_of(one, sites, lambda site: site is made_by, is_worst=is_worst)
    return None if found is None else found[0]


def test_a_size_at_its_own_pace_decides_where_a_function_allocates_several():
    assert found_for(row(56, 1.0), PACKAGES, OURS) is OURS


def test_the_worst_row_leads_somewhere_and_another_nowhere_wrong():
    assert found_for(row(4096, 1.0), PACKAGES, OURS) is PACKAGES  # the pace is all that is left
    assert found_for(row(4096, 1.0), PACKAGES, OURS, is_worst=False) is None


def test_of_functions_that_allocate_the_same_the_text_decides():
    login, visit = site("login (a.js:8:13)", (40, 1.0)), site("visit (a.js:12:13)", (40, 1.0))
    assert found_for(row(40, 1.0), login, visit) is login
    assert found_for(row(40, 1.0), login, visit, made_by=visit) is visit
    # An object of 40 bytes and a number of 16 in it are allocated at once.
    hook, other = site("hook (a.js:3:1)", (56, 0.05), (16, 0.05)), site("at (b.js:1:1)", (40, 0.05))
    assert found_for(row(40, 0.05), other, hook, made_by=hook) is hook
    assert found_for(row(40, 0.05), other, hook) is other


def test_a_leaking_function_is_made_where_it_stands_and_not_where_it_is_called():
    emits = AllocationSite(
        900, ("on (sse.js:5:14)", "(anonymous) (sse.js:3:13)"), 0.4, ((40, 0.4),)
    )
    handler = site("(anonymous) (sse.js:4:19)", (56, 1.0), (48, 1.0))
    assert found_for(row(56, 1.0, "on"), emits, handler, made_by=handler) is handler
    made = LeakingConstructor("on", 1.0, 40, 2240, kind="object")
    assert found_for(made, emits, handler) is emits  # a class is called where it is made
