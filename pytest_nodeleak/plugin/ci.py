"""Which CI system this is, and what it is given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from . import settings

if TYPE_CHECKING:
    from ..report.run import Run

__all__ = ["append_step_summary", "code_quality", "github_lines", "wants_github"]


def wants_github(config: pytest.Config) -> bool:
    """Whether GitHub is told, if this runs there. Raises pytest.UsageError."""
    value, source = settings.setting(config, "github")
    if value not in (None, "auto", "never"):
        raise pytest.UsageError(
            f"bad value for github (from {source}): {value!r} is not one of auto, never"
        )
    return value != "never"


def _root(config: pytest.Config, variable: str) -> str:
    return os.environ.get(variable) or str(config.rootpath)


def github_lines(config: pytest.Config, run: Run) -> list[str]:
    """Annotations for the log; none outside of GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return []
    from ..report.ci.github import annotation_lines

    return annotation_lines(run, _root(config, "GITHUB_WORKSPACE"))


def append_step_summary(run: Run) -> str | None:
    """Append to the step's summary; returns what went wrong, or None."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return None
    from ..report.ci.github import step_summary

    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(step_summary(run))
    except OSError as error:
        return f"the step summary could not be written to '{path}': {error.strerror or error}"
    return None


def code_quality(config: pytest.Config, run: Run) -> str:
    from ..report.ci.gitlab import code_quality_json

    return code_quality_json(run, _root(config, "CI_PROJECT_DIR")) + "\n"
