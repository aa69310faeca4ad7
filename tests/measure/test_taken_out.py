"""Slow programs that keep things for seconds: they fill for so long, and look like a leak.

Nothing in their text says by name what takes things out again: it is an alias, a new list, a plain
object. What is not surely kept for ever must outlive 11 s, or 12,000 iterations.
"""

from __future__ import annotations

import pytest

from .conftest import Measured

pytestmark = pytest.mark.slow

#: each keeps some 600 of `one` for 4 s; `KEEPS` says whether every tenth is kept elsewhere
PROGRAMS = {
    "lists by user, emptied through an alias": """
        const byUser = new Map();
        function keep(one, now) {
          let list = byUser.get(one.user);
          if (!list) byUser.set(one.user, (list = []));
          while (list.length && now - list[0].at > 4000) list.shift();
          list.push(one);
        }
        """,
    "a list that is made anew each time": """
        let recent = [];
        function keep(one, now) {
          recent = [...recent.filter((other) => other.at > now - 4000), one];
        }
        """,
    "a plain object whose old keys are deleted": """
        const grants = {};
        function keep(one, now) {
          for (const key in grants) if (now - grants[key].at >= 4000) delete grants[key];
          grants[one.n] = one;
        }
        """,
    "a plain object that is made anew at times": """
        let jobs = {};
        function keep(one, now) {
          jobs[one.n] = one;
          if (one.n % 100 === 0) {
            const young = Object.entries(jobs).filter(([, other]) => other.at > now - 4000);
            jobs = Object.fromEntries(young);
          }
        }
        """,
    "the latest of a plain object": """
        const latest = {};
        function keep(one) {
          latest[one.n] = one;
          const keys = Object.keys(latest);
          if (keys.length > 600) delete latest[keys[0]];
        }
        """,
}


@pytest.mark.parametrize("keeps", [True, False], ids=["leaks", "healthy"])
@pytest.mark.parametrize("what", PROGRAMS)
def test_what_is_taken_out_by_nobody_that_is_known(
    measured: Measured, what: str, keeps: bool
) -> None:
    verdict = measured(
        f"""
        const {{ setTimeout: sleep }} = require('timers/promises');
        class Seen {{
          constructor(n) {{ this.n = n; this.user = 'u' + n % 25; this.at = Date.now(); }}
        }}
        {PROGRAMS[what]}
        const noted = [];
        let n = 0;
        global.iteration = async () => {{
          await sleep(6);
          const one = new Seen(++n);
          keep(one, one.at);
          if ({str(keeps).lower()} && n % 10 === 0) noted.push(one);
        }};
        """
    )
    assert verdict.outcome == ("leak" if keeps else "steady"), verdict.reasons
    if keeps:
        worst = verdict.constructors[0]
        assert worst.name == "Seen"
        assert worst.per_iteration == pytest.approx(0.1, rel=0.4)
