"""The search for the first bad one of a row, by halves. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Answer", "Found", "first_bad"]

#: None: it cannot be said of this one
Answer: TypeAlias = Literal["good", "bad"] | None


@dataclass(frozen=True)
class Found:
    """Where a row turns bad, by the numbers of its members.

    ``good`` is the last good one, ``bad`` the first bad one; those between could not be measured.
    ``good`` None: all are bad, the first as well; ``bad`` None: none is, the last neither.
    """

    good: int | None
    bad: int | None

    @property
    def is_one(self) -> bool:
        return self.good is not None and self.bad is not None and self.bad - self.good == 1


def first_bad(n: int, ask: Callable[[int], Answer]) -> Found:
    """Where the row of ``n`` turns, at least 2: its first is said to be good, its last to be bad.

    If ``ask`` always answers, it is asked at most ceil(log2(n)) + 1 times: an end only if nothing
    nearer tells that what was said of it is right. Both members of the result were asked, or
    could not answer: of an end that cannot, what was said is believed.
    """
    answers: dict[int, Answer] = {}

    def asked(number: int) -> Answer:
        if number not in answers:
            answers[number] = ask(number)
        return answers[number]

    good, bad = 0, n - 1
    while bad - good > 1:
        number = next((i for i in _from_the_middle(good, bad) if i not in answers), None)
        if number is None:
            break  # none of those between can be measured
        answer = asked(number)
        if answer == "good":
            good = number
        elif answer == "bad":
            bad = number
    # The ends were only said to be so.
    if good == 0 and asked(0) == "bad":
        return Found(None, 0)
    if bad == n - 1 and asked(n - 1) == "good":
        return Found(n - 1, None)
    return Found(good, bad)


def _from_the_middle(good: int, bad: int) -> Iterator[int]:
    """The numbers between, the middle first, then its neighbours outward."""
    middle = (good + bad) // 2
    for distance in range(bad - good):
        for number in dict.fromkeys((middle - distance, middle + distance)):
            if good < number < bad:
                yield number
