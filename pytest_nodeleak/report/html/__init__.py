"""One self-contained page of a run; needs jinja2 (extra ``html``)."""

from .page import render_page, require_jinja

__all__ = ["render_page", "require_jinja"]
