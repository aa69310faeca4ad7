"""The driver as one text, for programs that cannot read our files: in containers, far away."""

from __future__ import annotations

import functools
import json
import re

from ..pause import DRIVER

__all__ = ["visiting"]

_ENTRY = "visit.cjs"
_NEEDS = re.compile(r"require\('\./([\w-]+\.cjs)'\)")
# Functions of it are the driver's by this address.
_URL = DRIVER.with_name("visiting.cjs")
_TEXT = """(() => {
  const outer = typeof require === 'function' ? require : process.getBuiltinModule;
  const parts = {%s};
  const loaded = Object.create(null);
  const inner = (name) => {
    if (!name.startsWith('./')) return outer(name);
    if (!loaded[name]) {
      loaded[name] = { exports: {} };
      parts[name](loaded[name], inner, %s);
    }
    return loaded[name].exports;
  };
  return inner('./visit.cjs').visit(%s);
})()
//# sourceURL=%s
"""
_CLOSES = "() => outer('inspector').close()"


@functools.cache
def visiting(closes: bool) -> str:
    """An expression that brings the driver in; its value is "", or why it is not in.

    ``closes``: it closes the inspector when it goes.
    """
    parts = ", ".join(
        f"{json.dumps('./' + name)}: (module, require, __dirname) => {{"
        f"{DRIVER.with_name(name).read_text(encoding='utf-8')}}}"
        for name in _parts()
    )
    folder = json.dumps(str(DRIVER.parent))
    return _TEXT % (parts, folder, _CLOSES if closes else "null", _URL.as_uri())


def _parts() -> list[str]:
    """The files of the driver that a visit needs."""
    found = [_ENTRY]
    for name in found:  # grows meanwhile
        needs = _NEEDS.findall(DRIVER.with_name(name).read_text(encoding="utf-8"))
        found += [need for need in dict.fromkeys(needs) if need not in found]
    return found
