"""The thresholds of the judge, in one place: the whole rule is these and the code that asks them.

Each says what it protects from and the case that taught it; ``docs/how-it-decides.md`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["THRESHOLDS", "Thresholds"]


def _is(value: float, meaning: str, taught_by: str) -> Any:
    return field(default=value, metadata={"meaning": meaning, "taught_by": taught_by})


@dataclass(frozen=True)
class Thresholds:
    """Numbers that decide; counts are of objects, sizes in bytes, shares from 0 to 1."""

    flat_band: int = _is(
        2048,
        "bytes: a band of heapUsed that is no growth, if it does not end above its beginning",
        "HTTP with keep-alive: single steps of up to 640 B",
    )
    may_hide: float = _is(
        0.32,
        "bytes per iteration that a heap fell by inside that band, and a leak may have risen by",
        "a page of Astro, one visit in ten kept: 3 kB in 528 iterations, which it fell by as well",
    )
    least_rate: float = _is(
        0.005,
        "objects per iteration below which one or two are no evidence",
        "half of one per 100 iterations, which is promised",
    )
    least_rate_many: float = _is(
        0.0005,
        "the same of more survivors, where iterations are fast enough for them",
        "half of one per 1,000 iterations: dead letters, one in 500",
    )
    least_rate_compiled: float = _is(
        0.05,
        "the same while V8's compilers are on, whose own objects come and go with them",
        "a healthy HTTP server, attached: (number) +0.003, processTicksAndRejections +0.007",
    )
    no_chance: int = _is(
        3,
        "survivors at a place of the program that are no chance, however rare",
        "dead letters, one in 500: 5 in 2,800 iterations",
    )
    few_own: int = _is(
        6,
        "survivors at a place of the program below which more work is asked for",
        "express, one request in ten: 1, 2 and 1 survivors in windows of 15, 30 and 15",
    )
    rare_worth: int = _is(
        3,
        "times the iterations that would mean something without a survivor, where few stay",
        "batches of 500 of which one event is kept, on a busy machine: 3 in 2,000 iterations",
    )
    few_of_node: int = _is(
        24,
        "the same at a place of Node's own",
        "a healthy Next.js route: up to 3 in 60 requests",
    )
    faded: float = _is(
        0.25,
        "share of an earlier window's pace below which growth has levelled off",
        "2,000 keys asked for at random",
    )
    same_timed: float = _is(
        0.5,
        "two halves of time have one pace if the lower is this part of the higher",
        "a page renderer that is watched, its processor taken by the profiler",
    )
    agreement: float = _is(
        0.88,
        "rates of two windows agree if the lower is this part of the higher, less two "
        "standard deviations of the counts",
        "a table with a time to live of 300 ms: 0.05, later 0.04 per iteration",
    )
    late_share: float = _is(
        0.2,
        "share of all growth of heapUsed in the later half of the work that is none",
        "undici in its fixed release: 44 kB in 80 requests, nothing in 2,000 more",
    )
    rising_pairs: float = _is(
        0.8,
        "share of all pairs of readings of which the later is higher, where a heap rises but jumps",
        "compilers on, Node 18: 42 B per iteration among jumps of 300 kB, and nothing was sampled",
    )
    late_bytes: float = _is(
        4.0,
        "bytes per iteration in the later half that are none: half a slot",
        "the same listener added again and again: 8 bytes each",
    )
    witnessed: float = _is(
        0.4,
        "share of the survivors' bytes that heapUsed must rise by: bytes are conserved",
        "full caches, rings and pools, which have survivors as well",
    )
    noise_steps: float = _is(
        6.0,
        "usual steps of heapUsed that survivors must add in all for it to be a witness",
        "astro: 1 object a request, heapUsed up and down by 30 kB",
    )
    late_samples: int = _is(
        4,
        "samples in the later half from which they must rise by themselves",
        "tokens that are swept 1.5 s after they came",
    )
    least_work: int = _is(
        100,
        "iterations before anything is called a leak where the budget allows no more",
        "pages of 150 ms: some 100 fit into a minute under the profiler",
    )
    enough_slow: int = _is(
        160,
        "iterations that are enough where one takes milliseconds",
        "a Next.js server: 8 ms a request, 60 under the profiler",
    )
    enough_timed: int = _is(
        4,
        "windows of a program that is watched",
        "widgets that leak beside a page that is rendered anew",
    )
    plenty: int = _is(
        4_000_000,
        "bytes of growth that are work enough, however few the iterations",
        "vm contexts: 140 kB an iteration",
    )
    replaced: float = _is(
        0.25,
        "share of the survivors by which a population grows at most that is replaced one by one",
        "koa: 50 lists of 5 comments, level at 250 from request 250 on",
    )
    noise_objects: int = _is(
        2,
        "objects of a class that a snapshot itself may add",
        "a clean program: 2 nodes",
    )
    level: float = _is(
        0.05,
        "share of what came and went by which a level population moves",
        "an LRU cache at its bound: as many go as come",
    )
    aged_seconds: float = _is(
        1.5,
        "seconds that objects outlived which stay for good",
        "timers of Node, which tick once a second",
    )
    fading: float = _is(
        0.6,
        "what a longer last window adds at most, as a share of an earlier one, where a "
        "class fills up",
        "growth like a logarithm adds 1.0",
    )
    least_counted_work: int = _is(
        300,
        "iterations before a class that was counted between snapshots is called a leak",
        "templates compiled lazily, on a busy machine: 120 iterations",
    )
    plenty_in_all: int = _is(
        64_000_000,
        "bytes of growth of the whole program that are work enough",
        "worker threads: 7 MB each",
    )
    much: int = _is(
        500_000,
        "bytes by which heapUsed must rise, in most rounds, where one window is all",
        "timers of undici that are pending, seen in one window",
    )
    some: int = _is(
        50_000,
        "the same in nearly all rounds",
        "timers of undici that are pending, seen in one window",
    )
    short_window: float = _is(
        0.25,
        "share of the window before below which a last one shows nothing by itself",
        "windows that the budget cut off",
    )
    replaced_rise: float = _is(
        0.1,
        "share of the survivors' bytes that a heap may rise by where they only replace others",
        "the latest 20 versions that tsc compiled, and one in ten kept for ever: 0.27",
    )
    counted_witnessed: float = _is(
        0.3,
        "share of the bytes counted that heapUsed must show where only values grow",
        "a ring of five error texts: (string) 0.014 per iteration",
    )
    least_counted: int = _is(
        20,
        "iterations between snapshots, or under the profiler, below which nothing that grows "
        "means nothing",
        "iterations of half a second, of which hardly any fit in between",
    )
    swings_enough: int = _is(
        16_000,
        "iterations after which a swinging population has shown what it is",
        "batches of 20 that are flushed, and a leak of one in 100 behind them",
    )
    slot_rate: float = _is(
        0.01,
        "slots per iteration that are found",
        "a Set that gains a number in one of 20 iterations",
    )
    least_slots: int = _is(
        16,
        "slots that are evidence: V8 keeps that many in reserve",
        "containers of fewer entries, whose earlier number is not kept",
    )
    least_store: int = _is(
        4096,
        "bytes of a store that is looked at",
        "an array of numbers, which has no object to count",
    )
    store_step: float = _is(
        1.4,
        "by how much a store grows when it has to: V8 adds a half to arrays, doubles tables",
        "a WeakSet of undici, a map of entries that expire: 2 kB of slots",
    )
    least_fall: int = _is(
        32_768,
        "bytes by which heapUsed must have risen for its fall to tell that things are let go of",
        "a table that is cleared at each 10,000th iteration",
    )
    fall_readings: int = _is(
        2,
        "readings over which it must have risen before: less may be noise",
        "astro: 1 object a request, heapUsed up and down by 30 kB",
    )
    no_less: float = _is(
        0.8,
        "growth of external memory over twice the work that is no less, as a share of that before",
        "a Float64Array that doubles: its steps come early in one doubling, late in the next",
    )
    least_steps: int = _is(
        3,
        "steps of a heap that is flat otherwise, each larger, from which a store of numbers is "
        "looked for",
        "a Set that gains a number in one of 20 iterations: 5, 10, 20, 41 kB",
    )
    step_work: float = _is(
        1.2,
        "how many times as much work each such step comes after, at least",
        "the same steps, of a Set that gains a number in one of 20 iterations",
    )
    step_noise: float = _is(
        0.5,
        "all that such a heap moves besides, as a share of its last step",
        "the same steps, of a Set that gains a number in one of 20 iterations",
    )
    unexplained: int = _is(
        32_768,
        "bytes of growth before the first snapshot that leave a question where no class grows",
        "fetch, which keeps things for a second or two",
    )
    least_readings: int = _is(
        10,
        "readings without which 'nearly every one rises' means nothing",
        "one object at every square number: growth like a root",
    )
    nearly_all: float = _is(
        0.9,
        "share of the readings that rise where a heap is not steady, whatever was counted",
        "one object at every square number: growth like a root",
    )
    even_readings: int = _is(
        6,
        "readings of the later half that must rise alike where a heap is not steady",
        "a bigint that is multiplied, Buffer.concat: the same bytes in every round",
    )
    even: float = _is(
        0.5,
        "paces are alike if they are this part of the usual one, or it of them",
        "a bigint that is multiplied, Buffer.concat: the same bytes in every round",
    )
    evenly: float = _is(
        0.8,
        "share of the paces that are alike where something rises evenly",
        "the profiler's first window, which adds 23 kB",
    )
    bent: float = _is(
        0.6,
        "pace of heapUsed in the last quarter of the work, as a share of that in the second, "
        "below which its curve bends",
        "3,000 products asked for by popularity: 7.5, later 2 B per iteration",
    )
    bending: float = _is(
        0.8,
        "the same, as a share of that in the third",
        "a leak beside a cache that fills up: the pace of the leak stays",
    )
    counted_well: int = _is(
        200,
        "survivors whose own pace shows a bend",
        "3,000 products asked for by popularity: 25 in a window",
    )
    least_slope: float = _is(
        1.0,
        "bytes per iteration of such a rise",
        "one object at every square number: growth like a root",
    )
    purse: float = _is(
        0.25,
        "share of the heap limit that a bounded structure may take",
        "a memo of 10 kB an entry, bounded at 65,536 of something else",
    )
    most_per_entry: int = _is(
        16,
        "objects of a class that are one entry of a container; more hang behind one",
        "four keys overwritten for ever, each entry linked to the one before",
    )


THRESHOLDS = Thresholds()
