"""Where code stands in the author's own files: source maps, and V8's call frames through them.

Knows neither Node.js processes nor pytest; needs the standard library only.
"""

from .find import Place, Sources, find_map
from .frames import Frame, display, frame_of, frames_of, own_first
from .paths import project_of
from .sourcemap import Original, SourceMap

__all__ = [
    "Frame",
    "Original",
    "Place",
    "SourceMap",
    "Sources",
    "display",
    "find_map",
    "frame_of",
    "frames_of",
    "own_first",
    "project_of",
]
