"""What cannot be measured is refused before Node is started."""

from __future__ import annotations

from pathlib import Path

import fault_table
import pytest

from pytest_nodeleak.base.errors import LaunchError, NodeNotFoundError
from pytest_nodeleak.node import find, find_node
from pytest_nodeleak.node.arguments import checked_arguments, refuse_binary


@pytest.mark.parametrize(
    "arg", ["--watch", "--test", "-e", "--eval=1", "-p", "--check", "--run", "-v", "--build-sea"]
)
@pytest.mark.fault(
    "The program",
    "Node would not run the script",
    forced="`--watch`, `--test`, `-e`, `--check`, `--build-sea`... among its arguments",
)
def test_options_with_which_node_does_something_else(arg: str) -> None:
    with pytest.raises(LaunchError, match=f"node_args contains '{arg}', with which Node") as caught:
        checked_arguments(["--no-warnings", arg, "1"])
    fault_table.saw(f"LaunchError: {caught.value}")


@pytest.mark.parametrize("arg", ["--build-snapshot", "--build-snapshot-config=x.json"])
def test_a_snapshot_is_built_before(arg: str) -> None:
    with pytest.raises(LaunchError, match=r"builds a snapshot and ends; .*'--snapshot-blob', FILE"):
        checked_arguments([arg])


def test_options_that_only_look_like_those() -> None:
    given = ["--watch-path=x", "--test-only", "-r", "./e", "--check-headers", "--conditions=x"]
    assert checked_arguments(given) == given


@pytest.mark.parametrize("first", [b"\x7fELF\x02", b"\xcf\xfa\xed\xfe\x07", b"MZ\x90\x00\x03"])
@pytest.mark.fault(
    "The program",
    "an executable file as script",
    forced="a single executable application (SEA), by its first bytes",
)
def test_an_executable_is_no_script(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "app"
    path.write_bytes(first + bytes(100))
    with pytest.raises(LaunchError, match=r"an executable file, not a script; .*attach") as caught:
        refuse_binary(str(path))
    fault_table.saw(f"LaunchError: {caught.value}")


def test_scripts_pass(tmp_path: Path) -> None:
    path = tmp_path / "app"
    for text in (b"", b"#!/usr/bin/env node\n", b"MZ = 1"):
        path.write_bytes(text)
        refuse_binary(str(path))
    refuse_binary(str(tmp_path))


@pytest.mark.fault(
    "The program",
    "a binary that does not answer",
    forced="a single executable application as `node`: it runs, whatever it is asked",
)
def test_a_binary_that_runs_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app"
    path.write_text("#!/bin/sh\nexec sleep 60\n")
    path.chmod(0o755)
    monkeypatch.setattr(find, "_ANSWER", 0.3)
    with pytest.raises(
        NodeNotFoundError, match=r"is not node: it did not answer .* within 0.3 s"
    ) as caught:
        find_node(path)
    fault_table.saw(f"NodeNotFoundError: {caught.value}")
