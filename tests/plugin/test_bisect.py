"""``nodeleak bisect`` over git commits and over releases of a package."""

import json
import os
import shutil
import stat
import subprocess
import sys

import pytest

from pytest_nodeleak.node import find_node

LEAK = "const kept = []; class Entry {}\nexports.work = () => { kept.push(new Entry()); };\n"
FINE = "class Entry {}\nexports.work = () => { new Entry(); };\n"
MEASURE = "const { work } = require('counted');\nexports.iteration = () => { work(); };\n"
QUICK = ("--snapshots", "never", "--heaps", "main", "--offheap", "off", "--budget", "4s")
#: npm, as far as bisect asks it: `npm view` and `npm install` from a folder of releases
NPM = """\
#!{python}
import json, os, pathlib, shutil, sys
store = pathlib.Path(os.environ["RELEASES"])
with open(store / "asked.txt", "a") as asked: asked.write(" ".join(sys.argv[1:3]) + "\\n")
name = sys.argv[2].partition("@")[0]
if name != "counted":
    sys.exit("npm error code E404")
releases = sorted(folder.name for folder in store.iterdir() if folder.is_dir())
if sys.argv[1] == "view":
    print(json.dumps(releases))
else:
    target = pathlib.Path("node_modules", name)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(store / sys.argv[2].partition("@")[2], target)
"""


def bisect(project, *args, **env):
    return subprocess.run(
        [sys.executable, "-m", "pytest_nodeleak", "bisect", *args],
        capture_output=True,
        text=True,
        cwd=project.path,
        timeout=180,
        check=False,
        env={**os.environ, **env},
    )


def verdicts(done):
    """The table: what was measured, and its verdict."""
    return {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()[1:-2]}


@pytest.fixture
def git(project):
    def run(*args):
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *who, *args], cwd=project.path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    run("init", "-q", "-b", "main")
    return run


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.slow
def test_over_12_commits(project, git):
    for number in range(12):
        text = "throw new Error('broken');" if number == 6 else LEAK if number >= 8 else FINE
        project.write("lib/work.js", f"// {number}\n{text}")
        git("add", "lib")
        git("commit", "-qm", f"change {number}")
        git("tag", f"c{number}")
    # The measure is younger than all of them; so is what is not committed yet.
    project.write("lib/it.leak.js", MEASURE.replace("counted", "./work"))
    project.write("lib/work.js", "not to be touched")
    before = git("status", "--porcelain", "--branch"), git("rev-parse", "HEAD")

    done = bisect(project, "--good", "c0", "--bad", "main", "lib/it.leak.js", *QUICK)
    assert done.stderr == ""
    assert done.returncode == 0
    short = {number: git("rev-parse", "--short", f"c{number}") for number in range(12)}
    found = verdicts(done)
    assert (found[short[7]], found[short[8]]) == ("steady", "leak")
    assert len(found) <= 5 + 1  # one of them is broken
    last, hint = done.stdout.splitlines()[-2:]
    assert hint == f"what changed: git show {short[8]}"
    assert last.startswith(f"first bad commit: {short[8]} (")
    assert f"change 8); the last good one: {short[7]}; " in last

    assert (git("status", "--porcelain", "--branch"), git("rev-parse", "HEAD")) == before
    assert (project.path / "lib" / "work.js").read_text() == "not to be touched"
    assert len(git("worktree", "list").splitlines()) == 1
    assert project.leftovers() == []

    for good, bad, said in (
        ("c99", "main", "has no revision 'c99' (--good)"),
        ("--all", "main", "expected one argument"),
        ("main", "c3", "--good main is no ancestor of --bad c3"),
    ):
        done = bisect(project, "--good", good, "--bad", bad, "lib/it.leak.js")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    done = bisect(project, "--good", "c0", "--bad", "c3", "lib/it.leak.js", *QUICK)
    assert done.returncode == 2
    assert f"--bad {short[3]} does not leak; give a commit" in done.stderr


@pytest.fixture
def releases(project, monkeypatch):
    """A folder of releases of the package "counted", which leaks from 1.10.0 on."""
    store = project.path.parent / "releases"
    for minor in range(12):
        folder = store / f"1.{minor}.0"
        folder.mkdir(parents=True)
        manifest = {"name": "counted", "version": folder.name, "main": "index.js"}
        (folder / "package.json").write_text(json.dumps(manifest))
        (folder / "index.js").write_text(LEAK if minor >= 10 else FINE)
    commands = project.path.parent / "bin"
    commands.mkdir()
    npm = commands / "npm"
    npm.write_text(NPM.format(python=sys.executable))
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(commands), prepend=os.pathsep)
    monkeypatch.setenv("RELEASES", str(store))
    project.write("package.json", '{"dependencies": {"counted": "^1.0.0"}}')
    project.write("it.leak.js", MEASURE)
    project.write("node_modules/counted/index.js", "not to be touched")
    return store


@pytest.mark.slow
def test_over_12_releases(project, releases):
    before = project.files()
    args = ("--package", "counted", "--good", "1.0.0", "it.leak.js")
    done = bisect(project, *args, "--bad", "1.11.0", *QUICK)
    assert done.stderr == ""
    assert done.returncode == 0
    found = verdicts(done)
    assert (found["1.9.0"], found["1.10.0"]) == ("steady", "leak")
    assert done.stdout.splitlines()[-2:] == [
        "first bad version: 1.10.0; the last good one: 1.9.0; "
        f"{len(found)} measurements for 12 versions",
        "what changed: npm diff --diff=counted@1.9.0 --diff=counted@1.10.0",
    ]
    assert len(found) <= 5
    asked = (releases / "asked.txt").read_text().splitlines()
    assert asked[0] == "view counted"
    assert len(asked) == 1 + len(found)
    assert project.files() == before
    assert (project.path / "node_modules/counted/index.js").read_text() == "not to be touched"
    assert project.leftovers() == []

    done = bisect(project, *args, "--bad", "1.99.0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "counted has no version '1.99.0' (--bad); there are ... 1.4.0, 1.5.0" in done.stderr
    (project.path / "package.json").rename(project.path / "other.json")
    done = bisect(project, *args, "--bad", "1.11.0")
    assert "/it.leak.js' belongs to no package: there is no package.json" in done.stderr
    (project.path / "other.json").rename(project.path / "package.json")
    done = bisect(project, "--package", "other", "--good", "1.0.0", "--bad", "2.0.0", "it.leak.js")
    assert "npm knows no package 'other' (--package)" in done.stderr
    done = bisect(
        project, *args, "--bad", "1.9.0", PATH="/nowhere", PYTEST_NODELEAK_NODE=find_node().path
    )
    assert "there is no npm on PATH; it is needed to install the versions" in done.stderr
