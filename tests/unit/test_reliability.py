"""docs/reliability.md has a row for every fault that a test forces, and no other."""

from __future__ import annotations

from pathlib import Path

import fault_table

ROOT = Path(__file__).parents[2]


def test_the_table_has_the_rows_of_the_tests() -> None:
    rows = fault_table.rows_written(ROOT / "docs" / "reliability.md")
    marked = fault_table.rows_marked(ROOT / "tests")
    assert {(row.group, row.name) for row in rows} == marked, (
        "write it anew: pytest -m fault --write-reliability ..."
    )


def test_the_slowest_run_of_a_fault_is_its_row(tmp_path: Path) -> None:
    fact = {"group": "The wire", "name": "a | b", "forced": "x", "kept": "y", "seen": "z"}
    path = tmp_path / "page.md"
    path.write_text(fault_table.page([{**fact, "seconds": 1.0}, {**fact, "seconds": 2.0}]))
    assert "| a \\| b | x | z | 2.0 | y |" in path.read_text()
    row = fault_table.Row("The wire", "a | b", "x", "y", "z", 2.0)
    assert fault_table.rows_written(path) == [row]
    assert fault_table.page([], [row]) == path.read_text()
