"""The heaps of one program while it is measured: the main one, its workers', its children's."""

from .every import Heaps as Heaps
from .survivors import HeapLedger as HeapLedger
from .tracks import Track as Track

__all__ = ["HeapLedger", "Heaps", "Track"]
