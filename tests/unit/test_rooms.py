"""The architecture: no circle of imports, no crowded room, no long file."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import pytest_nodeleak

ROOT = Path(pytest_nodeleak.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
MOST_MODULES = 12
MOST_LINES = 320


def module_of(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def imports_of(path):
    """Modules of ours that a file imports anywhere: in functions and for type checking as well."""
    here = module_of(path)
    package = here if path.name == "__init__.py" else here.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = package.split(".")[: len(package.split(".")) - node.level + 1]
        target = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            submodule = f"{target}.{alias.name}"
            found.add(submodule if submodule in MODULES else target)
    return found


def circles(graph):
    """Groups of modules that reach each other (Tarjan's strongly connected components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in graph.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1 or node in graph.get(node, ()):
                found.append(sorted(group))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_no_circle_of_imports_at_run_time_or_for_type_checking():
    # A facade (__init__) re-exports from its own room: who asks it asks the module behind it.
    graph = {name: imports_of(path) for name, path in MODULES.items()}
    facades = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    inner = {
        name: {
            target
            for target in targets
            if not (target in facades and name.startswith(target + "."))
        }
        for name, targets in graph.items()
    }
    assert circles(inner) == []


def test_circles_are_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_room_has_more_modules_than_a_person_can_overlook():
    counts = Counter(path.parent for path in FILES if path.name != "__init__.py")
    assert {room.name: n for room, n in counts.items() if n > MOST_MODULES} == {}


def test_every_room_says_in_a_line_what_it_is_for():
    for path in FILES:
        if path.name == "__init__.py":
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert doc, path
            assert len(doc.splitlines()[0]) <= 100


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_only_pytests_side_imports_pytest():
    importing = {
        path.relative_to(ROOT).parts[0]
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(a.name == "pytest" for a in node.names))
        or (isinstance(node, ast.ImportFrom) and not node.level and node.module == "pytest")
    }
    assert importing == {"plugin"}
