"""Command lines as a reader would type them: taken out of a text, and checked."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Collection, Iterator

from pytest_nodeleak.base.options import PLUGIN_OPTIONS, POLICY_OPTIONS
from pytest_nodeleak.cli.command import _parser, _split

#: what a reader gives to pytest: its own options that the pages name, and all of ours
PYTEST_OPTIONS = {"-k", "-m", "-n", "-o", "-q", "-v", "--junitxml", "--nodeleak-show-settings"} | {
    f"--nodeleak-{option.dashed}" for option in POLICY_OPTIONS + PLUGIN_OPTIONS
}
_HIDDEN = {"--nodeleak-plant"}  # from the help: for those who doubt
_ENDS = {"&&", "||", "|", ";", "&"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def typed(console: str) -> Iterator[str]:
    """What follows the prompts of a session; a line that ends in a backslash goes on."""
    for line in console.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            yield line[2:]


#: what the shell puts in: a number, where a number is wanted
_SUBSTITUTED = re.compile(r"\$\(.*\)|\$!")


def programs(line: str) -> Iterator[list[str]]:
    """The commands of a line, each as its words; without variables, redirections and wrappers."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word in _ENDS:
            if words:
                yield _unwrapped(words)
            words = []
        elif not (_ASSIGNMENT.match(word) and not words):
            words.append(word)


def _unwrapped(words: list[str]) -> list[str]:
    """`uvx --from X nodeleak ...` and the like are what they run; of a redirection nothing."""
    for at, word in enumerate(words):
        if word in {">", ">>", "<"}:
            words = words[:at]
            break
    for at, word in enumerate(words):
        if word.rpartition("/")[2] in {"nodeleak", "pytest"} and (at == 0 or words[0] in _WRAPPERS):
            return [word.rpartition("/")[2], *words[at + 1 :]]
    return words


_WRAPPERS = {"uvx", "uv", "docker", "kubectl", "sudo", "npx", "time", "systemd-run"}


def wrong_with(words: list[str], extras: Collection[str]) -> str:
    """What is wrong with a command, "" for nothing; of programs that are not ours nothing is."""
    name, *arguments = words
    if name == "nodeleak":
        return _refused(arguments)
    if name == "pytest":
        given = {word.split("=")[0] for word in arguments if re.match(r"--?[a-zA-Z]", word)}
        unknown = given - PYTEST_OPTIONS - _HIDDEN
        return f"pytest has no {sorted(unknown)}" if unknown else ""
    if name == "pip":
        named = re.search(r"\[([\w,]+)\]", " ".join(arguments))
        missing = set(named[1].split(",")) - set(extras) if named else set()
        return f"there are no extras {sorted(missing)}" if missing else ""
    return ""


def _refused(arguments: list[str]) -> str:
    """What nodeleak's own parser has against them."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            filled = [_SUBSTITUTED.sub("4711", word) for word in arguments]
            _parser().parse_args(_split(filled)[0])
    except SystemExit as ended:
        return said.getvalue() if ended.code else ""
    return ""
