"""Short names for the array types used throughout this package."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["AnyArray", "BoolArray", "Int64Array", "IntpArray", "UInt8Array", "UInt32Array"]

AnyArray = npt.NDArray[Any]
BoolArray = npt.NDArray[np.bool_]
IntpArray = npt.NDArray[np.intp]
Int64Array = npt.NDArray[np.int64]
UInt8Array = npt.NDArray[np.uint8]
UInt32Array = npt.NDArray[np.uint32]
