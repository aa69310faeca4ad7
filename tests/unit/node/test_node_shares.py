"""Memory that processes note for themselves, so that together they take no more than there is."""

import subprocess
import sys

from pytest_nodeleak.node.process.shares import MemoryShares

HOLDER = """\
import sys, time
from pathlib import Path
from pytest_nodeleak.node.process.shares import MemoryShares
share = MemoryShares(Path(sys.argv[1])).take(60, 100)
print("taken", flush=True)
time.sleep(600)
"""


def test_what_does_not_fit_beside_others_waits_until_they_are_done(tmp_path):
    one, other = MemoryShares(tmp_path), MemoryShares(tmp_path)
    first = one.take(60, 100)
    assert first is not None
    assert other.take(60, 100) is None
    beside = other.take(40, 100)
    assert beside is not None
    first.close()
    assert one.take(61, 100) is None
    beside.close()
    assert one.take(61, 100) is not None


def test_what_fits_nowhere_waits_for_nobody_and_nobody_for_it(tmp_path):
    shares = MemoryShares(tmp_path)
    assert shares.take(500, 100) is not None  # alone: it is for the caller to decide
    assert shares.take(500, 100) is not None
    assert shares.take(60, 100) is not None


def test_a_killed_process_has_nothing(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "taken\n"
        shares = MemoryShares(tmp_path)
        assert shares.take(60, 100) is None
        holder.kill()
    share = shares.take(60, 100)
    assert share is not None
    assert len(list(tmp_path.glob("*.share"))) == 1
    share.close()
    share.close()
    assert list(tmp_path.glob("*.share")) == []


def test_without_a_folder_or_one_that_has_gone_nobody_waits(tmp_path):
    for folder in (None, tmp_path / "gone"):
        shares = MemoryShares(folder)
        assert shares.take(60, 100) is not None
        assert shares.take(60, 100) is not None
