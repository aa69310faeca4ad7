"""The line that allocates what leaks, against the truth that stands in the program."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from pytest_nodeleak import measure, open_node

pytestmark = pytest.mark.slow

#: the sign of the line that allocates
HERE = "// HERE"
#: the function is long: its first line is no answer
PADDING = "\n".join(f"  if (n < -{step}) total += {step};" for step in range(1, 6))

#: a function `leak(n)` that keeps something in `kept`, and what else it needs in front of it
LEAKS = {
    "a class": """
        class Order { constructor(n) { this.n = n; this.lines = []; } }
        function leak(n) {
          PADDING
          const order = new Order(n); // HERE
          kept.push(order);
        }
        """,
    "a class that is empty": """
        class Ticket {}
        function leak(n) {
          PADDING
          kept.push(new Ticket()); // HERE
          log.length = 0;
        }
        """,
    "a class of a factory": """
        class Session { constructor(id) { this.id = id; } }
        const makeSession = (id) => {
          const prefix = 'session ';
          const label = prefix + id;
          if (label.length > 999) return null;
          return new Session(id); // HERE
        };
        function leak(n) { kept.push(makeSession(n)); }
        """,
    "a class with fields": """
        class Entry { at = 1; value; constructor(value) { this.value = value; } }
        class Cache {
          put(n) {
            PADDING
            const entry = new Entry(n); // HERE
            kept.push(entry);
          }
        }
        const cache = new Cache();
        function leak(n) { cache.put(n); }
        """,
    "an object literal": """
        function leak(n) {
          PADDING
          const row = { id: n, at: total, done: false }; // HERE
          kept.push(row);
          return { ok: true };
        }
        """,
    "a literal over several lines": """
        function leak(n) {
          PADDING
          kept.push({ // HERE
            name: 'row ' + n,
            price: n,
            count: 1,
          });
        }
        """,
    "an array": """
        function leak(n) {
          PADDING
          const pair = [n, total]; // HERE
          kept.push(pair);
        }
        """,
    "a closure that is called elsewhere": """
        function emit(n) {
          PADDING
          if (kept.length > 0) kept[kept.length - 1](n);
        }
        function leak(n) {
          const seen = [];
          emit(n);
          const on = (event) => { seen[0] = String(event) + event + total; }; // HERE
          kept.push(on);
        }
        """,
    "a closure": """
        function leak(n) {
          PADDING
          kept.push(function onDone() { return n; }); // HERE
          total++;
        }
        """,
    "an arrow function": """
        function leak(n) {
          PADDING
          const later = () => n + total; // HERE
          kept.push(later);
        }
        """,
    "a Map": """
        function leak(n) {
          PADDING
          const index = new Map(); // HERE
          kept.push(index);
        }
        """,
    "a listener": """
        const emitter = new (require('events'))().setMaxListeners(0);
        function leak(n) {
          PADDING
          emitter.on('change', () => total + n); // HERE
          total++;
        }
        """,
    "a timer": """
        function leak(n) {
          PADDING
          setTimeout(work, 1e8 + n).unref(); // HERE
          total++;
        }
        function work() {}
        """,
    "a promise that never ends": """
        function leak(n) {
          PADDING
          const never = new Promise(() => {}); // HERE
          kept.push(never);
        }
        """,
    "what JSON.parse gives": """
        const text = JSON.stringify({ user: 'u', items: [1] });
        function leak(n) {
          PADDING
          const parsed = JSON.parse(text); // HERE
          kept.push(parsed);
        }
        """,
    "a Buffer": """
        function leak(n) {
          PADDING
          const chunk = Buffer.alloc(512); // HERE
          kept.push(chunk);
        }
        """,
    "an async function": """
        class Job { constructor(n) { this.n = n; } }
        async function leak(n) {
          PADDING
          await null;
          const job = new Job(n); // HERE
          kept.push(job);
        }
        """,
    "a generator": """
        class Page { constructor(n) { this.n = n; } }
        function* pages(n) {
          let at = 0;
          const most = 1;
          while (at++ < most) {
            yield new Page(n); // HERE
          }
        }
        function leak(n) { kept.push(...pages(n)); }
        """,
    "an error": """
        function leak(n) {
          PADDING
          const failure = new RangeError('no ' + n); // HERE
          kept.push(failure);
        }
        """,
    "a callback of map": """
        function leak(n) {
          const made = [n].map((value) => {
            const doubled = value * 2;
            const text = `${doubled} { new Order() }`;
            if (text === '') return null;
            return { value, doubled }; // HERE
          });
          kept.push(made[0]);
        }
        """,
    "a class in a class": """
        class Node2 { constructor(next) { this.next = next; } }
        class List {
          head = null;
          add(n) {
            PADDING
            // new Node2() in a comment, and "new Node2(" in a text
            const text = 'new Node2(';
            this.head = new Node2(this.head); // HERE
            total += text.length;
          }
        }
        const list = new List();
        function leak(n) { list.add(n); }
        """,
}
assert len(LEAKS) == 21


def program(body: str) -> str:
    text = textwrap.dedent(body).replace("PADDING", PADDING)
    return (
        f"const kept = [], log = [];\nlet total = 0, calls = 0;\n{text}\n"
        "exports.iteration = () => leak(++calls);\n"
    )


def line_of(text: str) -> int:
    return next(at for at, line in enumerate(text.splitlines(), 1) if HERE in line)


def line_told(told: str | None) -> int:
    found = re.search(r":(\d+):\d+\)", told or "")
    assert found, told
    return int(found[1])


#: those that are measured each time
SAMPLED = ("a class", "an object literal", "a closure", "a listener", "what JSON.parse gives")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in SAMPLED else pytest.mark.exhaustive) for name in LEAKS],
)
def test_the_line_is_that_of_the_truth(tmp_path: Path, name: str) -> None:
    text = program(LEAKS[name])
    script = tmp_path / "program.js"
    script.write_text(text, encoding="utf-8")
    with open_node(script) as app:
        verdict = measure(app, "require('./program').iteration()")
    assert verdict.leaks, verdict.reasons
    worst = verdict.constructors[0]
    assert abs(line_told(worst.allocated_at) - line_of(text)) <= 1, (worst, verdict.sites)


SHOP = Path(__file__).parent.parent / "unit" / "sources" / "shop"


@pytest.mark.parametrize(
    "build",
    [
        "esbuild",
        pytest.param("esbuild-inline", marks=pytest.mark.exhaustive),
        pytest.param("webpack", marks=pytest.mark.exhaustive),
        "tsc",
    ],
)
def test_through_source_maps_the_line_is_the_authors(tmp_path: Path, build: str) -> None:
    shop = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    text = (shop / "src" / "store.ts").read_text(encoding="utf-8")
    truth = next(at for at, line in enumerate(text.splitlines(), 1) if "(new Ticket(" in line)
    with open_node(shop / build / "main.js") as app:
        verdict = measure(app, "require('./main.js').default(1)")
    assert verdict.leaks, verdict.reasons
    worst = verdict.constructors[0]
    assert worst.name == "Ticket"
    assert "store.ts:" in str(worst.allocated_at)
    assert abs(line_told(worst.allocated_at) - truth) <= 1, (worst, verdict.sites)
    assert worst.retaining_path == ("kept (Array) in module store.ts", "[n]")


def test_classes_of_one_size_that_leak_together_have_lines_of_their_own(tmp_path: Path) -> None:
    script = tmp_path / "program.js"
    script.write_text(
        "class Login { constructor(n) { this.n = n; this.at = 0; } }\n"
        "class Visit { constructor(n) { this.n = n; this.page = 0; } }\n"
        "const kept = []; let n = 0;\n"
        "function login() { kept.push(new Login(n)); }\n"
        "function visit() { kept.push(new Visit(n)); }\n"
        "function note() { kept.push({ n, by: 0 }); }\n"
        "exports.iteration = () => { n++; login(); visit(); note(); };\n",
        encoding="utf-8",
    )
    with open_node(script) as app:
        verdict = measure(app, "require('./program').iteration()")
    found = {row.name: line_told(row.allocated_at) for row in verdict.constructors}
    assert found == {"Login": 4, "Visit": 5, "{n, by}": 6}
