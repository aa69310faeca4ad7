"""Whether what grows ends by itself: at a bound that the program declares, or an age."""

from .settling import Settling

__all__ = ["Settling"]
