"""``options.markers`` of a leak file as marks of pytest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from ...base.errors import PolicyError

__all__ = ["marks_of"]

#: marks whose one value is the reason
_REASONED = ("skip", "xfail")


def marks_of(given: Iterable[Any], where: str) -> list[pytest.Mark]:
    """The marks of what is ``given``: names, lists of them, or objects by name, as in JavaScript.

    Raises PolicyError, which names ``where``; pytest refuses unknown names if it is strict.
    """
    return [mark for part in given for mark in _marks(part, where)]


def _marks(given: Any, where: str) -> Iterator[pytest.Mark]:
    if isinstance(given, str) and given.isidentifier():
        yield getattr(pytest.mark, given).mark
    elif isinstance(given, list):
        yield from marks_of(given, where)
    elif isinstance(given, Mapping) and all(name.isidentifier() for name in given):
        for name, value in given.items():
            if value is not None and value is not False:
                yield _mark(name, value, where)
    else:
        raise PolicyError(
            f"bad value for markers (from {where}): {given!r} is not a marker; give names, or an "
            "object such as { xfail: { reason: 'known', raises: 'LeakError' }, timeout: 60 }"
        )


def _mark(name: str, value: Any, where: str) -> pytest.Mark:
    decorator = getattr(pytest.mark, name)
    if value is True:
        found = decorator
    elif isinstance(value, Mapping):
        found = decorator.with_args(**_with_classes(value, where))
    elif isinstance(value, list):
        found = decorator.with_args(*value)
    elif name in _REASONED:
        found = decorator.with_args(reason=str(value))
    else:
        found = decorator.with_args(value)
    mark: pytest.Mark = found.mark
    return mark


def _with_classes(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """``raises`` names an error of this package: LeakError."""
    found = dict(values)
    name = found.get("raises")
    if name is not None:
        import pytest_nodeleak

        names = [n for n in pytest_nodeleak.__all__ if n.endswith(("Error", "Warning"))]
        if name not in names:
            raise PolicyError(
                f"bad value for markers (from {where}): raises {name!r} is not one of "
                f"{', '.join(names)}"
            )
        found["raises"] = getattr(pytest_nodeleak, name)
    return found
