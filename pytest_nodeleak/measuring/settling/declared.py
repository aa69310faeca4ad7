"""What a program declares of a container: numbers in and beside it, and the text of its scripts."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import cached_property

from ...base.frames import CallFrame, file_of
from ...judge import bounds
from ...judge.bounds import DeclaredAge, DeclaredBound, Filling
from ...sources.paths import is_package
from ...sources.uses import Uses, is_for_others, uses_of
from ..counting import Ledger
from ..meter import LONGEST_TIMER, Meter

__all__ = ["LONGEST_WAIT", "Declared"]

#: in a step of a path: ``limiter (RateLimiter) in module app.js``
_CLASS = re.compile(r"\(([A-Za-z_]\w*)")
_CONTAINERS = frozenset(("Array", "Map", "Object", "Set"))
#: objects that are asked when they expire
MOST_EXAMPLES = 3
#: scripts of the author's that are read: of one with more nothing is concluded
MOST_SCRIPTS = 1000
#: seconds of a wait beyond the budget: for an age that is as long as such a timer, and a tenth more
LONGEST_WAIT = 1.1 * LONGEST_TIMER


class Declared:
    """Asks the heap that is looked at, and reads its scripts once."""

    def __init__(self, meter: Meter, ledger: Ledger) -> None:
        self._meter = meter
        self._ledger = ledger
        self._heap = meter.subject.heap
        self._numbers: dict[Filling, Mapping[str, float]] = {}
        self._known: dict[str, Uses] = {}

    def by_numbers(self, filling: Filling) -> DeclaredBound | DeclaredAge | None:
        """A number in or beside the container that bounds its entries, or is an age."""
        return self.bound(filling) or self.age(filling)

    def by_deadline(self, filling: Filling) -> DeclaredAge | None:
        """When its objects say that they expire, if that can be waited for."""
        found = self.deadline(filling)
        return found if found is not None and 1.1 * found.seconds <= LONGEST_WAIT else None

    def by_text(self, filling: Filling) -> DeclaredBound | DeclaredAge | None:
        """A number in the text that bounds its entries, or may be an age, and be of another."""
        if (bound := self.bound_in_text(filling)) is not None:
            return bound
        found = self.age_in_text(filling)
        return found if found is not None and found.seconds <= LONGEST_TIMER else None

    def bound(self, filling: Filling) -> DeclaredBound | None:
        """A number in or beside the container that bounds its entries."""
        numbers = dict(self._numbers_around(filling))
        while (found := bounds.bound_among(numbers, filling)) and self._is_of_others(found):
            if numbers.pop(found.name, None) is None:  # it was worked out of others
                return None
        return found

    def age(self, filling: Filling) -> DeclaredAge | None:
        """A number there that is an age; None where nothing is ever taken out."""
        found = bounds.age_among(self._numbers_around(filling), filling, self._ledger.lived)
        return None if found is None or self._only_grows(filling) else found

    def deadline(self, filling: Filling) -> DeclaredAge | None:
        """The latest of what some of the objects tell; None if one of them tells nothing."""
        if self._only_grows(filling):
            return None
        age, told = self._ledger.age, []
        for number in filling.example_ids[-MOST_EXAMPLES:]:
            with self._meter.walking():  # V8 does for each
                numbers = self._heap.numbers_in(number, None)
            found = bounds.deadline_among(numbers, filling, time.time(), age)
            if found is None:
                return None
            told.append(found)
        return max(told, key=lambda deadline: deadline.seconds, default=None)

    def bound_in_text(self, filling: Filling) -> DeclaredBound | None:
        """A number without a name that the container's size is compared with."""
        return bounds.bound_in_text(self._text, filling)

    def age_in_text(self, filling: Filling) -> DeclaredAge | None:
        """A number without a name that the time now is compared with."""
        found = bounds.age_in_text(self._text, filling, self._ledger.lived)
        return None if found is None or self._only_grows(filling) else found

    def removed_within(self, filling: Filling | None) -> float:
        """Iterations within which what is put in may be taken out again; 0: it surely is not.

        None: where it is put cannot be told.
        """
        if filling is None or not self._stays_in(filling):
            return bounds.removed_within(self._text, replaced=False)
        is_replaced = self._uses(filling).replaces
        return bounds.removed_within(self._text, replaced=True) if is_replaced else 0.0

    def _stays_in(self, filling: Filling) -> bool:
        is_container = filling.container_type in _CONTAINERS
        return (
            is_container
            and self._only_grows(filling)
            and not any(self._uses_of(holder).removes for holder in filling.holders)
        )

    def _numbers_around(self, filling: Filling) -> Mapping[str, float]:
        """Asked of once: V8 walks the heap for each."""
        if filling not in self._numbers:
            with self._meter.walking():
                numbers = self._heap.numbers_in(filling.holder_id, filling.closure_id)
                beside = self._heap.numbers_in(filling.beside_id, None)
            self._numbers[filling] = {**numbers, **beside}
        return self._numbers[filling]

    def _only_grows(self, filling: Filling) -> bool:
        uses = self._uses(filling)
        return uses.is_known and not uses.removes

    def _is_of_others(self, bound: DeclaredBound) -> bool:
        """Whether nothing looks at the container's size, nor uses the number for it."""
        uses = self._uses(bound.filling)
        return (
            uses.is_known
            and not uses.looks_at_size
            and is_for_others(self._own_texts, bound.name, bound.filling.name)
        )

    def _uses(self, filling: Filling) -> Uses:
        if not filling.name or not self._is_own(filling):
            return Uses()
        return self._uses_of(filling.name)

    def _uses_of(self, name: str) -> Uses:
        if name not in self._known:
            self._known[name] = uses_of(self._own_texts, name)
        return self._known[name]

    def _is_own(self, filling: Filling) -> bool:
        """Whether the class of what has the container, if it is of one, is in the own texts."""
        holder = _CLASS.search("".join(filling.container.split(" -> ")[-2:-1]))
        if holder is None or holder[1] in _CONTAINERS:
            return True
        define = re.compile(rf"\b(?:class|function)\s+{re.escape(holder[1])}\b|\b{holder[1]}\s*=")
        return any(define.search(text) for text in self._own_texts)

    @cached_property
    def _scripts(self) -> dict[str, int]:
        """Their numbers by path, the latest of each file.

        Of rules that are compiled from their texts there are thousands.
        """
        return {file_of(script.url): number for number, script in self._heap.scripts().items()}

    @cached_property
    def _text(self) -> str:
        """Of the scripts whose functions allocate what grows."""
        own = [g.allocations.function for g in self._ledger.evidence.growing]
        paths = {frame.path for frame in own if frame.is_own}
        texts = self._heap.script_texts(self._scripts[p] for p in paths & self._scripts.keys())
        return "\n".join(texts.values())

    @cached_property
    def _own_texts(self) -> tuple[str, ...]:
        """Of all scripts that are neither Node's nor a package's; none if they are too many."""
        own = [number for path, number in self._scripts.items() if _is_authors(path)]
        return tuple(self._heap.script_texts(own).values()) if len(own) <= MOST_SCRIPTS else ()


def _is_authors(path: str) -> bool:
    return CallFrame("", path, 0, 0).origin == "program" and not is_package(path)
