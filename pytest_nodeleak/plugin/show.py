"""``--nodeleak-show-settings``: each value and its source."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ..base.options import PLUGIN_OPTIONS, POLICY_OPTIONS, Option
from . import settings
from .paths import path_defaults

__all__ = ["settings_lines"]

_DEFAULT = re.compile(r"\(default: (.*)\)$")


def settings_lines(config: pytest.Config) -> Iterator[str]:
    """A line for each setting. Raises pytest.UsageError for one that cannot be used."""
    settings.refuse_unknown_names(config)
    settings.base_policy(config)
    settings.timeout(config)
    rows = [_row(config, option) for option in POLICY_OPTIONS + PLUGIN_OPTIONS]
    rows += [
        (name, value, defaults.source)
        for defaults in path_defaults(config)
        for name, value in defaults.values.items()
        if settings.given(config, name) is None
    ]
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, value, source in rows:
        yield f"{name:<{names}}  {value:<{min(values, 40)}}  {source}".rstrip()
    yield "Over these lie: `options` of a leak file, then the marker, then the call."


def _row(config: pytest.Config, option: Option) -> tuple[str, str, str]:
    value, source = settings.setting(config, option.name)
    if value is None:
        found = _DEFAULT.search(option.help)
        value = found[1].strip("'") if found else "none"
    return option.name, ", ".join(value.splitlines()), source
