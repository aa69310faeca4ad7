"""Numbers that look like a bound of what grows: an excuse only where the program uses them so."""

from __future__ import annotations

import pytest

from .conftest import Measured

pytestmark = pytest.mark.slow

PROGRAMS = {
    "hits whose window is over one day, and that nothing takes out": (
        """
        class RateLimiter {
          constructor() { this.windowMs = 60000; this.hits = new Map(); }
          take(ip) {
            let hit = this.hits.get(ip);
            if (!hit || hit.reset < Date.now()) {
              this.hits.set(ip, (hit = { count: 0, reset: Date.now() + this.windowMs }));
            }
            return ++hit.count;
          }
        }
        const limiter = new RateLimiter(); let n = 0;
        global.iteration = () => limiter.take(KEEPS ? n++ : n++ % 300);
        """,
        ".hits (Map)",
    ),
    "the size that one of them may have": (
        """
        const MAX_UPLOAD = 5_000_000, uploads = new Map(); let n = 0;
        class Upload { constructor(size) { this.size = size; } }
        global.iteration = () => {
          const upload = new Upload(1000 + (n++ % 50));
          if (upload.size > MAX_UPLOAD) throw new RangeError('more than ' + MAX_UPLOAD);
          uploads.set(n, upload);
          if (!KEEPS || n % 5) uploads.delete(n);
        };
        """,
        "uploads (Map)",
    ),
}


@pytest.mark.parametrize("keeps", [True, False], ids=["leaks", "healthy"])
@pytest.mark.parametrize("what", PROGRAMS)
def test_what_is_no_bound_of_it(measured: Measured, what: str, keeps: bool) -> None:
    program, container = PROGRAMS[what]
    verdict = measured(f"const KEEPS = {str(keeps).lower()};\n{program}")
    assert verdict.outcome == ("leak" if keeps else "steady"), verdict.reasons
    if keeps:
        assert container in " ".join(verdict.constructors[0].retaining_path)


def test_what_is_swept_when_its_window_is_over(measured: Measured) -> None:
    """By a function that is given the map: that nobody takes anything out cannot be told."""
    verdict = measured(
        """
        const sweep = (map, now) => {
          for (const [key, hit] of map) if (hit.reset < now) map.delete(key);
        };
        const limiter = { windowMs: 60000, hits: new Map() }; let n = 0;
        setInterval(() => sweep(limiter.hits, Date.now()), 1000).unref();
        global.iteration = () => {
          limiter.hits.set(n++, { count: 0, reset: Date.now() + limiter.windowMs });
        };
        """
    )
    assert verdict.outcome == "inconclusive", verdict.reasons
    assert "kept for windowMs = 60 s" in " ".join(verdict.reasons)
