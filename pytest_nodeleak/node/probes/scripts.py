"""The scripts that the engine has loaded, and where it was told that their source maps are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...base.deadline import Deadline
from ..channel import Channel

__all__ = ["Script", "loaded_scripts", "script_texts"]


@dataclass(frozen=True)
class Script:
    """``map_url`` is its ``sourceMappingURL``, which may be a whole ``data:`` url; "": none."""

    id: int
    url: str
    map_url: str


def loaded_scripts(channel: Channel, deadline: Deadline) -> dict[int, Script]:
    """By their numbers, those that heap snapshots give as well."""
    found: dict[int, Script] = {}

    def on_event(method: str, params: dict[str, Any]) -> None:
        if method == "Debugger.scriptParsed":
            number = int(params["scriptId"])
            url, map_url = str(params.get("url") or ""), str(params.get("sourceMapURL") or "")
            found[number] = Script(number, url, map_url)

    # Scripts that are loaded already are told of before the reply.
    doing = "its scripts were listed"
    channel.command("Debugger.enable", deadline=deadline, doing=doing, on_event=on_event)
    channel.command("Debugger.disable", deadline=deadline, doing=doing)
    return found


def script_texts(channel: Channel, numbers: Iterable[int], deadline: Deadline) -> dict[int, str]:
    """What the engine runs, by number: loaders may have made it from a file or out of nothing."""
    doing = "its scripts were read"
    channel.command("Debugger.enable", deadline=deadline, doing=doing)
    try:
        return {
            number: str(
                channel.command(
                    "Debugger.getScriptSource",
                    {"scriptId": str(number)},
                    deadline=deadline,
                    doing=doing,
                ).get("scriptSource", "")
            )
            for number in numbers
        }
    finally:
        channel.command("Debugger.disable", deadline=deadline, doing=doing)
