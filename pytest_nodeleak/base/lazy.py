"""Names of a package that are loaded on first use (PEP 562)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["load_name"]


def load_name(package: str, home_of: Mapping[str, str], name: str) -> Any:
    """``name`` from its home module in ``package``, which then has it as an attribute.

    ``home_of`` maps names to modules. Raises AttributeError for a name that is not in it.
    """
    home = home_of.get(name)
    if home is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{package}.{home}"), name)
    setattr(sys.modules[package], name, value)
    return value
