"""The ``nodeleak`` command: one module for each subcommand or two of a kind."""

from .command import main

__all__ = ["main"]
