"""What all containers of a heap hold: entries, which may be numbers that no snapshot counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...base.deadline import Deadline
from ...base.errors import ProtocolError
from ..channel import Channel
from .instances import objects_below

__all__ = ["EntryCensus"]

_GROUP = "nodeleak-entries"
_BEST = "nodeleak-entries-best"
#: seconds for one look at a heap
_LOOK = 10
_DOING = "the entries of its containers were counted"
# An array by ids that are deleted again becomes longer, not fuller: of a long one a sample tells
# whether it is full. Object.keys would leave a cache at the shape of an object, ownKeys does not.
_OF_EACH = """
  const size = (made) => Object.getOwnPropertyDescriptor(made.prototype, 'size')?.get;
  const sizes = [['Map', Map, size(Map)], ['Set', Set, size(Set)]].filter(([, , get]) => get);
  const elements = (array) => {
    const { length } = array;
    const step = length > 100000 ? Math.floor(length / 256) : 1;
    let there = 0;
    for (let i = 0; i < length; i += step) if (i in array) there++;
    if (step === 1) return there;
    return there === Math.ceil(length / step) ? length : 0;
  };
  const count = (one) => {
    try {
      if (Array.isArray(one)) return ['Array', elements(one)];
      for (const [name, made, get] of sizes) if (one instanceof made) return [name, get.call(one)];
      return ['Object', ArrayBuffer.isView(one) ? 0 : Reflect.ownKeys(one).length];
    } catch {
      return ['Object', 0];
    }
  };
"""
_SUMS = (
    "function() {"
    + _OF_EACH
    + """
  const sums = { Array: 0, Map: 0, Set: 0, Object: 0 };
  for (let i = 0; i < this.length; i++) {
    const [kind, entries] = count(this[i]);
    sums[kind] += entries;
  }
  return sums;
}"""
)
_BEFORE = (
    "function() {"
    + _OF_EACH
    + """
  const before = [];
  for (let i = 0; i < this.length; i++) before.push(count(this[i])[1]);
  return { all: this, before };
}"""
)
_MOST = (
    "function(wanted, past) {"
    + _OF_EACH
    + """
  const before = new Map(past.all.map((one, i) => [one, past.before[i]]));
  const most = { gained: 0, best: null, copied: 0, copy: null };
  let containers = 0;
  for (let i = 0; i < this.length; i++) {
    const [kind, entries] = count(this[i]);
    if (kind !== wanted || this[i] === past.all || this[i] === past.before) continue;
    const gained = entries - before.get(this[i]);
    if (gained > 0) containers++;
    if (gained > most.gained) [most.gained, most.best] = [gained, this[i]];
    if (before.has(this[i]) || entries <= most.copied) continue;
    [most.copied, most.copy] = [entries, this[i]];
  }
  return { containers, best: most.best ?? most.copy };
}"""
)


class EntryCensus:
    """Counts the entries of all containers that are alive in the main context of a heap.

    That is arrays, maps, sets, and the properties of other objects. Each question forces a GC.
    Raises what a command raises, ProtocolError where the program has replaced what it takes.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._before = self._best = ""

    def read(self) -> Mapping[str, int]:
        """Entries by kind: ``Array``, ``Map``, ``Set``, ``Object``."""
        try:
            reply = self._call(self._objects(), _SUMS, by_value=True)
            return {kind: int(entries) for kind, entries in reply["value"].items()}
        finally:
            self.close()

    def begin(self) -> None:
        """Remember what each container holds; all of them are held until :meth:`close`."""
        self._before = str(self._call(self._objects(), _BEFORE)["objectId"])

    def gainers(self, kind: str) -> int:
        """How many of a kind hold more than when it began; all but one are let go of.

        None may, where one is copied at each change: then that is the largest which is new.
        """
        past = {"objectId": self._before}
        found = self._call(self._objects(), _MOST, {"value": kind}, past)["objectId"]
        count = self._call(found, "function() { return this.containers; }", by_value=True)["value"]
        self._best = str(
            self._call(found, "function() { return this.best; }", group=_BEST).get("objectId", "")
        )
        self._release(_GROUP)
        return int(count)

    def best_id(self) -> int:
        """The snapshot id of the one that gained most; 0 if it is in no snapshot."""
        if not self._best:
            return 0
        reply = self._command("HeapProfiler.getHeapObjectId", {"objectId": self._best})
        return int(reply["heapSnapshotObjectId"])

    def close(self) -> None:
        """Let go of the containers."""
        self._release(_GROUP)
        self._release(_BEST)

    def _release(self, group: str) -> None:
        self._command("Runtime.releaseObjectGroup", {"objectGroup": group})

    def _objects(self) -> str:
        return objects_below(
            self._channel, "Object.prototype", _GROUP, deadline=Deadline(_LOOK), doing=_DOING
        )

    def _call(
        self,
        remote: str,
        function: str,
        *arguments: dict[str, Any],
        by_value: bool = False,
        group: str = _GROUP,
    ) -> dict[str, Any]:
        params = {
            "functionDeclaration": function,
            "objectId": remote,
            "arguments": list(arguments),
            "returnByValue": by_value,
            "objectGroup": group,
        }
        reply = self._command("Runtime.callFunctionOn", params)
        if "exceptionDetails" in reply:
            raise ProtocolError(f"{_DOING}: {reply['exceptionDetails'].get('text')}")
        result: dict[str, Any] = reply["result"]
        return result

    def _command(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        # Of its own for each: between two questions there may be any amount of work.
        return self._channel.command(method, params, deadline=Deadline(_LOOK), doing=_DOING)
