"""The example that teams copy, run as they would: with its own settings, in its own folder."""

import os
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "example_project"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not EXAMPLE.exists(), reason="an installed package has no example"),
]


def test_it_tells_healthy_parts_from_leaking_ones(project, node):
    shutil.copytree(EXAMPLE, project.path / "shop", ignore=shutil.ignore_patterns(".nodeleak"))
    os.chdir(project.path / "shop")
    result = project.run("-rs", "-v", f"--nodeleak-node={node.path}")
    runs_typescript = node.version >= (22, 18) and Path("node_modules/express").exists()
    result.assert_outcomes(passed=6 + runs_typescript, xfailed=2, skipped=int(not runs_typescript))
    result.stdout.fnmatch_lines_random(
        [
            "accepted * test_service.py::test_visit_endpoint",
            "nodeleak: 2 leaking, 1 accepted, *",
        ]
    )
    assert project.gone(0)
