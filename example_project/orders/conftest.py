"""What is not there on every machine: the packages of package.json, and a Node for TypeScript."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def can_run(node_executable):
    if not (Path(__file__).parents[1] / "node_modules" / "express").is_dir():
        pytest.skip("Express is not installed: npm install --prefix example_project")
    if node_executable.version < (22, 18):
        pytest.skip("this Node does not run TypeScript; 22.18 and later do")
