"""What a program's text does with a container, and with a constant, told by names."""

from __future__ import annotations

import pytest

from pytest_nodeleak.sources.uses import Uses, is_for_others, uses_of

ONLY_GROWS = Uses(is_known=True)
GROWS_BY_KEY = Uses(is_known=True, replaces=True)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("const hits = new Map(); hits.set(ip, 1); if (hits.has(ip)) hits.get(ip);", GROWS_BY_KEY),
        ("class A { #hits = []; add(x) { this.#hits.push(x); } }", ONLY_GROWS),
        ("this.hits = {}; this.hits[key] = 1; hits[key]++;", GROWS_BY_KEY),
        ("const hits = []; for (const one of hits) use(one); hits.forEach(use);", ONLY_GROWS),
        ("// hits.delete(ip) some day\nlet hits = []; log('hits.clear()');", ONLY_GROWS),
        ("let hits = new Map(); hits.delete(ip);", Uses(True, removes=True)),
        ("let hits = []; hits.length = 0;", Uses(True, removes=True)),
        ("let hits = {}; delete this.hits[ip];", Uses(True, removes=True)),
        ("let hits = []; hits[n % SLOTS] = one;", Uses(True, removes=True)),
        ("let hits = new Map(); function turn() { hits = new Map(); }", Uses(True, removes=True)),
        ("const hits = []; if (hits.length === 9) stop();", Uses(True, looks_at_size=True)),
        ("const hits = new Map(); sweep(hits);", Uses(removes=False)),
        ("const hits = new Map(); module.exports = { hits };", Uses()),
        ("const hits = new Map(); const all = hits;", Uses()),
        ("const { hits } = this;", Uses()),
        ("const other = 1;", Uses()),
    ],
)
def test_a_container(text, wanted):
    assert uses_of([text, "const unrelated = 1;"], "hits") == wanted


@pytest.mark.parametrize(
    ("text", "are_others"),
    [
        ("const MAX = 5_000_000; if (file.size > MAX) throw new RangeError('above ' + MAX);", True),
        ("const MAX = 5; if (MAX < body.length) return;", True),
        ("if (process.memoryUsage().heapUsed >= this.MAX) hits.clear();", True),
        ("const MAX = 5; if (hits.size > MAX) evict();", False),
        ("const MAX = 5; if (this.hits.length >= MAX) evict();", False),
        ("const MAX = 5; if (++count > MAX) evict();", False),
        ("const MAX = 5; if (file.size > MAX) return; new Cache(MAX);", False),
        ("const options = { MAX: 5, name: 'jobs' };", True),
        ("const other = 5;", False),
    ],
)
def test_a_constant(text, are_others):
    assert is_for_others([text], "MAX", "hits") is are_others
