"""Survivors counted under the sampling profiler, and the work that they must outlive."""

from .ledger import Ledger

__all__ = ["Ledger"]
