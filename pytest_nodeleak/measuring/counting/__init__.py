"""Survivors counted under the sampling profiler, and the work that they must outlive."""

from .confirming import Confirming
from .ledger import Ledger
from .others import also_leaking, leaves_a_rise, others_are_steady
from .spread import spread_leak

__all__ = [
    "Confirming",
    "Ledger",
    "also_leaking",
    "leaves_a_rise",
    "others_are_steady",
    "spread_leak",
]
