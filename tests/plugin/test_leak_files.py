"""Files of JavaScript that are tests: collected, run and reported as Python's are."""

import pytest

from pytest_nodeleak.base.options import POLICY_OPTIONS, camel_case
from pytest_nodeleak.node import find_node

LIBRARY = """\
class Entry { constructor() { this.at = 1; } }
const kept = [];
export const leak = () => { kept.push(new Entry()); };
export const fine = () => { new Entry(); };
export function fail(n) {
  if (n === 3) throw new Error('the third');
}
"""
LEAKING = """\
import { leak } from './library.mjs';

export function iteration() {
  leak();
}
"""
SEVERAL = """\
import { fail, fine, leak } from './library.mjs';

let calls = 0;
export const options = { markers: ['slow'], budget: '5s' };
export const workloads = {
  fine() {
    if (!process.cwd().endsWith('app')) throw new Error(process.cwd());
    fine();
  },
  hooks: { setup: async () => {}, iteration: () => fine() },
  known: {
    iteration: leak,
    options: {
      jit: 'on',
      markers: { xfail: { reason: 'known', raises: 'LeakError' } },
    },
  },
  skipped: { iteration: leak, options: { markers: { skip: 'not here' } } },
  throws: { iteration: () => fail(++calls) },
};
"""
INI = "[pytest]\nmarkers = slow\naddopts = --strict-markers\n"


#: in no order
SAID = [
    "nodeleak: on node v*",
    "app/several.leak.mjs::known*",
    "app/several.leak.mjs::throws*",
    "E   *PolicyError: unknown policy 'budgett' (from `options` of app/bad.leak.js); did you "
    "mean 'budget'[?]*",
    ">   export function iteration() {",
    "E   *LeakError: Entry leaks: +1.00 object per iteration*",
    "E *allocated at   leak (library.mjs:3:*",
    "app/leaking.leak.mjs:3: LeakError",
    "E   *PolicyError: 'app/plain.leak.cjs' exports no function `iteration` and no "
    "`workloads`; it exports: options, iteration",
    ">*throws: { iteration: () => fail(++calls) },",
    "app/several.leak.mjs:19:*",
    ">*if (n === 3) throw new Error('the third');",
    "E   *WorkloadError: the workload threw on iteration 3: Error: the third",
    "app/library.mjs:6: WorkloadError",
    "nodeleak: 2 leaking, 2 steady",
]


@pytest.mark.slow
def test_a_team_that_writes_javascript_only(project):
    project.write("pytest.ini", INI)
    project.write("app/package.json", "{}")
    project.write("app/library.mjs", LIBRARY)
    project.write("app/leaking.leak.mjs", LEAKING)
    project.write("app/several.leak.mjs", SEVERAL)
    project.write("app/node_modules/x/other.leak.js", "throw new Error('not ours')")
    project.write("app/plain.leak.cjs", "exports.options = {}; exports.iteration = 1;")
    bad = "exports.options = { budgett: 1 };\nexports.iteration = () => {};"
    project.write("app/bad.leak.js", bad)
    result = project.run("--junitxml=out.xml", "-v")
    result.assert_outcomes(passed=2, failed=4, xfailed=1, skipped=1)
    for line in SAID:
        result.stdout.fnmatch_lines([line])
    for ours in ("*item.py*", "*places.py*", "*During handling*"):
        result.stdout.no_fnmatch_line(ours)
    assert "app/leaking.leak.mjs:3: LeakError" in (project.path / "out.xml").read_text()
    assert "app-leaking.leak.mjs--iteration" in project.artifacts()
    assert project.gone(0)


@pytest.mark.slow
def test_python_and_javascript_together(project):
    """Fixtures, selection, several versions of Node, and what a leak file may not be."""
    project.write("library.mjs", LIBRARY)
    project.write("a.leak.mjs", LEAKING.replace("leak", "fine"))
    project.write(
        "conftest.py",
        "import os, pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def node_launch_args(node_launch_args): return [*node_launch_args, '--title=mine']\n"
        "@pytest.fixture\n"
        "def database(monkeypatch): monkeypatch.setenv('DATABASE', 'up')\n",
    )
    project.write("pytest.ini", INI.replace("slow", "slow\n    usefixtures"))
    checks = "process.title === 'mine' && process.env.DATABASE === 'up'"
    text = SEVERAL.replace("'slow'", "'slow', { usefixtures: ['database'] }")
    project.write("b.leak.mjs", text.replace("!process.cwd().endsWith('app')", f"!({checks})"))
    node = f"--nodeleak-node={find_node().path}"
    result = project.run("-k", "fine or a.leak", node, node, "-v", "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=4)
    version = find_node().version_text
    for line in (f"*b.leak.mjs::fine?{version}?*", f"*a.leak.mjs::iteration?{version}-2?*"):
        result.stdout.fnmatch_lines([line])
    listed = project.run("--collect-only", "-q", "-m", "slow", "b.leak.mjs::hooks", "a.leak.mjs")
    assert listed.outlines[0] == "b.leak.mjs::hooks"


@pytest.mark.slow
def test_collecting_runs_only_what_it_must(project, monkeypatch):
    # Found, and of no use: whoever starts it fails.
    project.write("no-node", "#!/bin/sh\nexit 3\n").chmod(0o755)
    project.write("a.leak.mjs", LEAKING)
    project.write("sub/other.leak.mjs", SEVERAL)
    project.tests("def test_x(): pass\n")
    alone = project.run("--nodeleak-node=./no-node", "--collect-only", "-q", "a.leak.mjs")
    assert alone.outlines[0] == "a.leak.mjs::iteration"
    monkeypatch.setenv("PYTEST_NODELEAK_FILES", "'sub/*.mjs'")
    asked = project.run("--nodeleak-node=./no-node", "-q")
    asked.stdout.fnmatch_lines(
        ["*ERROR collecting sub/other.leak.mjs*", "'*no-node' * is not node*"]
    )
    asked.stdout.no_fnmatch_line("*a.leak.mjs*")
    assert project.run("--nodeleak-files=none", "-q").ret == 0
    project.write("sub/other.leak.mjs", "import { no } from './gone.mjs'; // workloads")
    broken = project.run("-q")
    broken.stdout.fnmatch_lines(
        ["cannot load 'sub/other.leak.mjs': Error*: Cannot find module '*gone.mjs'*"]
    )
    broken.stdout.no_fnmatch_line("*node:internal*")


def test_the_types_have_all_options(project):
    result = project.pytester.run("nodeleak", "types")
    text = result.stdout.str()
    for option in POLICY_OPTIONS:
        assert f"  {camel_case(option.name)}?:" in text


@pytest.mark.slow
def test_mistakes_are_told_at_lines_of_the_file(project):
    # Of an object literal with methods Node names the first export only.
    project.write(
        "setup.leak.js",
        "module.exports = {\n"
        "  iteration() {},\n"
        "  setup() { throw new Error('no database'); },\n"
        "};\n",
    )
    project.write("ends.leak.mjs", "export function iteration() {\n\n")
    project.write(
        "mark.leak.mjs",
        "export const options = { markers: ['sloww'] };\nexport function iteration() {}\n",
    )
    result = project.run("-v")
    result.assert_outcomes(failed=2, passed=1, warnings=1)
    for line in (
        ">   setup() { throw new Error('no database'); },",
        "E   *WorkloadError: setup() of the workload threw: Error: no database",
        "ends.leak.mjs:1: LaunchError",
        "  *mark.leak.mjs:2: PytestUnknownMarkWarning: Unknown pytest.mark.sloww *",
    ):
        result.stdout.fnmatch_lines([line])
    strict = project.run("-W", "error", "mark.leak.mjs")
    strict.stdout.fnmatch_lines(["*ERROR collecting mark.leak.mjs*", "Unknown pytest.mark.sloww *"])
    strict.stdout.no_fnmatch_line("*marks.py*")
