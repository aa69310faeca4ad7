"""Reports: pure functions from a Verdict to text."""

from .as_json import verdict_json
from .properties import properties
from .text import headline, text_report

__all__ = ["headline", "properties", "text_report", "verdict_json"]
