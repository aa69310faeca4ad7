"""The policy as keywords of a call, for type checkers and editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from ..base.policy import Growth

__all__ = ["PolicyKeywords"]


class PolicyKeywords(TypedDict, total=False):
    """Each keyword of ``assert_no_leak`` and ``measure``; None keeps what is configured."""

    iterations: int | None
    warmup: int | None
    rounds: int | None
    budget: float | str | None
    explain: float | str | None
    max_growth: float | str | Growth | None
    ignore: str | Iterable[str] | None
    max_live: str | Mapping[str, int] | None
    snapshots: Literal["auto", "always", "never"] | None
    allocation_sites: Literal["auto", "always", "never"] | None
    jit: Literal["off", "on"] | None
    offheap: Literal["on", "off"] | bool | None
    heaps: Literal["all", "main"] | None
    strict: bool | None
    show_strings: bool | None
