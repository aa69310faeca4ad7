"""Reports: pure functions from a Verdict to text."""

from .text import headline, text_report

__all__ = ["headline", "text_report"]
