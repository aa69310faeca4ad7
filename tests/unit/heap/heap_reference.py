"""The slow and obvious way: what the engine's answers are checked against."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from hypothesis import strategies as st

from pytest_nodeleak.heap import HeapSnapshot, SnapshotReader
from pytest_nodeleak.testing.snapshots import EDGE_TYPES, SnapshotBuilder

NUMBERED = ("element", "hidden")


def read(text: str | bytes, *, detail: str = "full", cut: int | None = None) -> HeapSnapshot:
    """A snapshot from its text, fed in pieces of ``cut`` bytes."""
    data = text.encode() if isinstance(text, str) else text
    reader = SnapshotReader("test", detail)  # type: ignore[arg-type]
    step = cut or max(1, len(data))
    for start in range(0, len(data), step):
        reader.feed(data[start : start + step])
    return reader.finish()


def successors(build: SnapshotBuilder, *, strong: bool = True) -> list[list[int]]:
    """Targets of each node's edges that keep alive (or, not ``strong``: all but weak)."""
    result: list[list[int]] = []
    for number, node in enumerate(build.nodes):
        targets = []
        for kind, _, target in node.edges:
            if kind == "weak" or (strong and kind == "shortcut" and number != 0):
                continue
            targets.append(target)
        result.append(targets)
    return result


def reachable(
    edges: list[list[int]], sources: Iterable[int], without: Iterable[int] = ()
) -> set[int]:
    """Nodes that can be reached from ``sources`` when ``without`` may not be entered."""
    barred = set(without)
    seen = {node for node in sources if node not in barred}
    queue = deque(seen)
    while queue:
        for target in edges[queue.popleft()]:
            if target not in seen and target not in barred:
                seen.add(target)
                queue.append(target)
    return seen


def distances(edges: list[list[int]], sources: Iterable[int]) -> dict[int, int]:
    """Steps from the nearest source to each node that can be reached."""
    steps = dict.fromkeys(sources, 0)
    queue = deque(steps)
    while queue:
        node = queue.popleft()
        for target in edges[node]:
            if target not in steps:
                steps[target] = steps[node] + 1
                queue.append(target)
    return steps


@st.composite
def heaps(draw: st.DrawFn, most: int = 14) -> SnapshotBuilder:
    """Small heaps of any form: cycles, several edges between two nodes, unreachable parts."""
    build = SnapshotBuilder()
    count = draw(st.integers(1, most))
    for number in range(count):
        kind = draw(st.sampled_from(["object", "closure", "string", "array", "code", "hidden"]))
        build.node(kind, f"N{number % 5}", size=draw(st.integers(0, 100)))
    total = len(build.nodes)
    node = st.integers(0, total - 1)
    for source, target, kind in draw(
        st.lists(st.tuples(node, node, st.sampled_from(EDGE_TYPES)), max_size=4 * total)
    ):
        name: str | int = 7 if kind in NUMBERED else "e"
        build.edge(source, target, kind, name)
    return build
