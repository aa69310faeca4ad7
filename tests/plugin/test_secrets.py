"""What the program holds and what it was given stays out of everything that is written of it."""

import re

import pytest

PROGRAM = """\
const kept = [];
let n = 0;
exports.iteration = () => {
  n++;
  const text = 'text-of-user ' + n + ' alice@example.com';
  kept.push({ [`bob${n % 3}@example.com`]: { text } });
};
"""
SECRETS = (
    *("text-of-user", "alice", "bob", "example.com"),
    *("secret-of-env", "secret-of-options", "secret-of-argument", "secret-of-url"),
)


@pytest.mark.fault(
    "Secrets",
    "strings, keys that are data, variables and arguments",
    forced="a leak of strings under keys like bob@example.com; tokens in env, arguments and URLs; "
    "all reports asked for",
    kept="names of the program's code and of variables; the snapshots",
    seen="none of them in any report, page, table or replay.json",
)
@pytest.mark.slow
def test_no_report_gives_away_what_the_program_holds(project):
    project.write("holds.js", PROGRAM)
    project.tests(
        "def test_leak(launch_node, monkeypatch):\n"
        "    monkeypatch.setenv('INHERITED', 'secret-of-env')\n"
        "    app = launch_node('holds.js', '--api-token=secret-of-argument',\n"
        "        'postgres://me:secret-of-url@host/db', env={'API_KEY': 'secret-of-env'})\n"
        "    assert_no_leak(app, module('./holds', 'iteration'))\n",
        name="test_holds.py",
    )
    reports = [f"--nodeleak-{kind}=../reports/x.{kind}" for kind in ("html", "json", "codequality")]
    (project.path.parent / "reports").mkdir()
    result = project.run(*reports, "--junitxml=../reports/junit.xml", "--tb=line")
    result.assert_outcomes(failed=1)
    folder = project.path / ".nodeleak" / "test_holds.py--test_leak"
    said = {path.name: path.read_text() for path in (project.path.parent / "reports").iterdir()}
    said |= {
        path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".heapsnapshot"
    }
    said["stdout"] = result.stdout.str()
    assert {"replay.json", "verdict.json", "report.txt", "x.html", "junit.xml"} <= said.keys()
    found = {(name, secret) for name, text in said.items() for secret in SECRETS if secret in text}
    assert found == set()
    assert "[key]" in said["report.txt"]
    assert '"API_KEY"' in said["replay.json"]


@pytest.mark.parametrize(
    ("options", "shown"),
    [(["--nodeleak-show-strings"], r"'order of day \d+'"), ([], "'a a a #'")],
    ids=["asked for", "as it looks"],
)
def test_what_strings_say_is_shown_where_it_is_no_secret(project, options, shown):
    project.write(
        "holds.js",
        "const kept = [];\nlet n = 0;\n"
        "exports.iteration = () => { kept.push(`order ${n++}`.split(' ').join(' of day ')); };\n",
    )
    project.tests(
        "def test_leak(launch_node):\n"
        "    assert_no_leak(launch_node('holds.js'), module('./holds', 'iteration'))\n",
        name="test_holds.py",
    )
    result = project.run(*options, "test_holds.py")
    result.assert_outcomes(failed=1)
    assert re.search(rf"such as +{shown}\n", result.stdout.str())
