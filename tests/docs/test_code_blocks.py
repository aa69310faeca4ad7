"""Every block of code in the documentation is what it says it is."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from commands import programs, typed, wrong_with
from doc_pages import ROOT, Block, blocks, languages

from pytest_nodeleak.node import find_node

if sys.version_info >= (3, 11):
    import tomllib
else:  # comes with pytest there
    import tomli as tomllib

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").exists(), reason="an installed package has no docs"
)

CHECKED = {"python", "js", "ts", "console", "toml", "yaml", "json", "dockerfile", "ini", ""}
#: parses each text that comes in, as a module or as a script; no text is run
PARSE = r"""
const vm = require('vm');
const strip = require('module').stripTypeScriptTypes;
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const answers = texts.map(({ text, language }) => {
  try {
    if (language === 'ts') {
      if (!strip) return null;
      text = strip(text);
    }
    if (/^(import|export) /m.test(text)) new vm.SourceTextModule(text);
    else new vm.Script(text);
    return null;
  } catch (error) {
    return String(error);
  }
});
console.log(JSON.stringify(answers));
"""


@pytest.fixture(scope="session")
def extras() -> set[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return set(tomllib.loads(text)["project"]["optional-dependencies"])


def each(*names: str) -> Any:
    return pytest.mark.parametrize("block", blocks(*names), ids=str)


def test_no_language_is_left_out():
    assert languages() <= CHECKED


@each("python")
def test_python_compiles_and_imports_what_there_is(block):
    text = block.text
    if ">>> " in text:
        text = "\n".join(re.findall(r"^(?:>>>|\.\.\.) (.*)$", text, re.MULTILINE))
    tree = compile(text, str(block), "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pytest_nodeleak"):
            module = importlib.import_module(node.module)
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []


def test_javascript_parses():
    found = blocks("js", "ts")
    told = [{"text": block.text, "language": block.language} for block in found]
    command = [find_node().path, "--experimental-vm-modules", "--no-warnings", "-e", PARSE]
    done = subprocess.run(
        command, input=json.dumps(told), capture_output=True, text=True, check=True
    )
    answers = zip(found, json.loads(done.stdout), strict=True)
    assert [f"{block}: {error}" for block, error in answers if error] == []


@each("console")
def test_commands_have_the_options_that_they_are_given(block, extras):
    lines = list(typed(block.text))
    assert lines, "a console block shows what is typed, behind '$ '"
    for line in lines:
        for words in programs(line):
            assert not wrong_with(words, extras), line


@each("toml")
def test_toml_has_settings_that_there_are(block, pytestconfig):
    for name in tomllib.loads(block.text).get("tool", {}).get("pytest", {}).get("ini_options", {}):
        pytestconfig.getini(name)  # raises for an unknown one


@each("ini")
def test_ini_has_settings_that_there_are(block, pytestconfig):
    for name in re.findall(r"^(\w+) *=", block.text, re.MULTILINE):
        pytestconfig.getini(name)


@each("json")
def test_json_loads(block):
    json.loads(block.text)


@each("yaml")
def test_yaml_loads_and_its_commands_are_right(block, extras):
    yaml = pytest.importorskip("yaml", reason="comes with the extra docs")
    for line in scripts_in(yaml.safe_load(block.text)):
        for words in programs(line):
            assert not wrong_with(words, extras), line


@each("dockerfile")
def test_what_a_dockerfile_runs_is_right(block: Block, extras):
    text = block.text.replace("\\\n", " ")
    for line in re.findall(r"^(?:RUN|CMD) ([^\[].*)$", text, re.MULTILINE):
        for words in programs(line):
            assert not wrong_with(words, extras), line


def scripts_in(value: Any, in_script: bool = False) -> Iterator[str]:
    """The command lines in a workflow."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from scripts_in(inner, key in {"run", "script", "before_script"})
    elif isinstance(value, list):
        for inner in value:
            yield from scripts_in(inner, in_script)
    elif in_script and isinstance(value, str):
        yield from value.splitlines()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("nodeleak run app.js --evry 2s", "--evry"),
        ("nodeleak attach --every 2s", "required"),
        ("FOO=1 pytest --nodeleak-budgett=3", "budgett"),
        ("pip install 'pytest-nodeleak[nodes]' && pytest", "nodes"),
        ("uvx --from pytest-nodeleak nodeleak rum app.js", "rum"),
    ],
)
def test_what_is_wrong_is_seen(line, wrong, extras):
    assert wrong in "".join(wrong_with(words, extras) for words in programs(line))
