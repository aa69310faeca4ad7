"""GitLab's code quality report, which its merge requests show. Pure."""

from __future__ import annotations

import hashlib
import json

from ..run import Run
from .findings import findings

__all__ = ["code_quality_json"]

_SEVERITIES = {"leak": "major", "inconclusive": "minor"}


def code_quality_json(run: Run, root: str) -> str:
    """A list of issues as JSON text; the same leak has the same fingerprint in every run."""
    issues = [
        {
            "type": "issue",
            "check_name": f"nodeleak-{found.outcome}",
            "description": found.message.replace("\n", "; "),
            "fingerprint": _fingerprint(found.key),
            "severity": _SEVERITIES[found.outcome],
            "location": {"path": found.path, "lines": {"begin": found.line}},
        }
        for found in findings(run, root)
    ]
    return json.dumps(issues, indent=1, ensure_ascii=True)


def _fingerprint(key: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()[:32]
