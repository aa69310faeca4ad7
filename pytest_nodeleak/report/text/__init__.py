"""The report that a person reads in the terminal."""

from .whole import WIDTH, headline, text_report

__all__ = ["WIDTH", "headline", "text_report"]
