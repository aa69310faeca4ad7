"""``nodeleak attach``: measure a program that runs already, and leave it as it was found."""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

from ..base.errors import PolicyError
from ..base.policy import Policy
from ..base.units import parse_seconds
from ..measuring.measurement import measure_with
from ..node.attach.running import attach
from ..node.calls.load import HttpLoad, command_load
from ..node.workload import Workload, every
from ..report import text_report
from .run import (
    STATUS,
    CommandContext,
    check_targets,
    columns_of_stdout,
    policy_of,
    write_json,
)
from .terminal import Terminal

__all__ = ["measure_running"]

_EVERY = "5s"


def measure_running(arguments: argparse.Namespace) -> int:
    """Do what the arguments of ``nodeleak attach`` say; returns the exit status."""
    check_targets(arguments)
    workload = _workload(arguments)
    policy = policy_of(arguments, _policy(arguments))
    if policy.jit != "on":
        raise PolicyError(
            "--jit off is for programs that we start: one that runs keeps its compilers"
        )
    with Terminal() as terminal:
        terminal.show("looking for the program's inspector")
        app = attach(
            arguments.pid,
            url=arguments.url,
            inspect=arguments.inspect,
            interval=_interval(arguments.interval),
            **({"standstill": None} if arguments.yes else {}),
            context=CommandContext(arguments.output, terminal),
        )
        with app, contextlib.ExitStack() as stack:
            if isinstance(workload, HttpLoad):
                stack.callback(workload.close)
            verdict = measure_with(app, workload, policy)
    if arguments.json != "-":
        print(text_report(verdict, columns_of_stdout()))
    write_json(verdict, arguments.json)
    return STATUS[verdict.outcome]


def _workload(arguments: argparse.Namespace) -> Workload:
    if arguments.workload is not None:
        return str(arguments.workload)
    if arguments.http is not None:
        return HttpLoad(arguments.http, _whole("--concurrency", arguments.concurrency))
    if str(arguments.concurrency) != "1":
        raise PolicyError(f"--concurrency {arguments.concurrency} is of --http, which is not given")
    if arguments.exec is not None:
        return command_load(arguments.exec)
    return every(arguments.every or _EVERY)


def _policy(arguments: argparse.Namespace) -> Policy:
    """The defaults: its compilers are on; --samples, if given, say how long it is watched."""
    policy = Policy(jit="on")
    works = (arguments.workload, arguments.http, arguments.exec)
    if all(work is None for work in works) and arguments.samples is not None:
        samples = max(3, _whole("--samples", arguments.samples))
        seconds = parse_seconds(arguments.every or _EVERY)
        policy = policy.with_values("--samples", budget=samples * seconds)
    if arguments.yes:
        policy = policy.with_values("--yes", explain="10min")
    return policy


def _interval(text: str | None) -> int:
    return 512 if text is None else _whole("--interval", text)


def _whole(name: str, text: Any) -> int:
    if not str(text).isdecimal() or int(text) < 1:
        raise PolicyError(f"bad value for {name}: {text!r} is no whole number from 1")
    return int(text)
