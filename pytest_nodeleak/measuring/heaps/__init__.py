"""The heaps of one program while it is measured: the main one, its workers', its children's."""

from .entries import Entries as Entries
from .entries import entries_of as entries_of
from .every import Heaps as Heaps
from .stores import Stores as Stores
from .survivors import HeapLedger as HeapLedger
from .tracks import Track as Track

__all__ = ["Entries", "HeapLedger", "Heaps", "Stores", "Track", "entries_of"]
