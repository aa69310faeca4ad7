"""Opens a snapshot file in the Memory panel of Chromium's own DevTools, without a screen.

    python benchmarks/heap_agreement_panel.py FILE --picture panel.png

Starts Chromium headless with its remote debugging port, which serves the DevTools front-end
that is built into it; opens that front-end as a page, on an empty page as its target; hands
the file to the Memory panel as its "Load profile" button does; prints the rows that the
Summary view then shows beside ours, and takes a picture. For development only; exits with 1
unless every row shown agrees.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket

from pytest_nodeleak.heap import load_snapshot
from pytest_nodeleak.heap.graph.dominators import class_accounts

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--window-size=1400,900",
)
LOAD = """(async () => {
  const UI = await import('/devtools/ui/legacy/legacy.js');
  await UI.ViewManager.ViewManager.instance().showView('heap-profiler');
  const profiler = await import('/devtools/panels/profiler/profiler.js');
  globalThis.panel = profiler.HeapProfilerPanel.HeapProfilerPanel.instance();
  const input = document.createElement('input');
  input.type = 'file';
  input.id = 'nodeleak-file';
  document.body.append(input);
  return true;
})()"""
OPEN = """(async () => {
  const file = document.getElementById('nodeleak-file').files[0];
  document.getElementById('nodeleak-file').remove();
  await panel.loadFromFile(file);
  return file.size;
})()"""
# The entry in the sidebar, once its size stands behind its name: where to click.
ENTRY = """(() => {
  const found = [];
  const visit = root => {
    for (const element of root.querySelectorAll('*')) {
      const text = element.textContent.trim();
      if (text.length < 200 && /[kM]?B\\)$/.test(text) && element.offsetWidth) found.push(element);
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(document);
  if (!found.length) return null;
  const last = found[found.length - 1], box = last.getBoundingClientRect();
  return [last.textContent.trim(), box.x + box.width / 2, box.y + box.height / 2];
})()"""
# The rows as they stand in the page: the grid is in shadow trees.
ROWS = """(() => {
  const rows = [];
  const visit = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches('tr.data-grid-data-grid-node')) {
        rows.push([...element.cells].map(cell => cell.innerText.trim()).filter(Boolean));
      }
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(document);
  return rows;
})()"""


class Page:
    """One page, over the DevTools protocol."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, timeout=120, suppress_origin=True)
        self._last = 0

    def call(self, method: str, **params: Any) -> Any:
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]

    def evaluate(self, text: str) -> Any:
        result = self.call(
            "Runtime.evaluate", expression=text, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            sys.exit(f"the front-end failed: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, text: str, seconds: float = 120) -> Any:
        """The value of an expression as soon as it has one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.evaluate(text)
            if value:
                return value
            time.sleep(0.3)
        sys.exit("the Memory panel did not show the file in time")


def fetch(url: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        return json.load(answer)


def wait_for_port(folder: Path) -> int:
    """Chromium writes it into its profile when it listens."""
    note = folder / "DevToolsActivePort"
    for _ in range(300):
        if note.exists() and note.stat().st_size:
            return int(note.read_text().split()[0])
        time.sleep(0.1)
    sys.exit("chromium does not listen")


def open_in_panel(port: int, file: Path, picture: Path | None) -> list[list[str]]:
    """The rows that the Memory panel shows of a file."""
    base = f"127.0.0.1:{port}"
    target = fetch(f"http://{base}/json/list")[0]["id"]
    front_end = f"http://{base}/devtools/devtools_app.html?ws={base}/devtools/page/{target}"
    page = Page(fetch(f"http://{base}/json/new?{front_end}", "PUT")["webSocketDebuggerUrl"])
    time.sleep(3)
    page.evaluate(LOAD)
    document = page.call("DOM.getDocument")["root"]["nodeId"]
    node = page.call("DOM.querySelector", nodeId=document, selector="#nodeleak-file")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=node, files=[str(file.resolve())])
    page.evaluate(OPEN)
    text, x, y = page.wait_for(ENTRY)
    print(f"loaded: {text}")
    for kind in ("mousePressed", "mouseReleased"):
        where = {"x": x, "y": y, "button": "left", "clickCount": 1}
        page.call("Input.dispatchMouseEvent", type=kind, **where)
    rows: list[list[str]] = page.wait_for(ROWS)
    time.sleep(1)
    if picture is not None:
        data = page.call("Page.captureScreenshot", format="png")["data"]
        picture.write_bytes(base64.b64decode(data))
    return rows


def compare_rows(rows: list[list[str]], file: Path) -> int:
    """Print the rows of the panel beside our figures; gives the number that differ."""
    accounts = {k.strip(): v for k, v in class_accounts(load_snapshot(file)).items()}
    wrong = compared = 0
    print(f"{'class':<32} {'panel: count, own size, retained':<36} ours")
    for title, _, *sizes in rows:
        name, _, count = title.partition("×")
        # DevTools splits plain objects by shape, and we do so in another way.
        if name == "Object" or name.startswith(("{", "Detached ")) or len(sizes) != 2:
            continue
        account = accounts.get(name)
        shown = [size.partition("kB")[0].strip() for size in sizes]
        theirs = [count or "1", *shown]
        ours = ["-"] * 3
        if account is not None:
            ours = [f"{account.count:,}", _as_shown(account.shallow_size, shown[0])]
            ours.append(_as_shown(account.retained_size, shown[1]))
        compared += 1
        wrong += theirs != ours
        mark = "" if theirs == ours else "  differs"
        print(f"{name:<32} {', '.join(theirs):<36} {', '.join(ours)}{mark}")
    print(f"{compared - wrong} of {compared} rows agree")
    return wrong or not compared


def _as_shown(size: int, pattern: str) -> str:
    """Bytes in kB, with as many decimals as the panel gives."""
    return f"{size / 1000:,.{len(pattern.partition('.')[2])}f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("file", type=Path)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [arguments.chromium, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        browser = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            port = wait_for_port(Path(folder))
            print(fetch(f"http://127.0.0.1:{port}/json/version")["Browser"])
            rows = open_in_panel(port, arguments.file, arguments.picture)
        finally:
            browser.terminate()
            browser.wait()
    wrong = compare_rows(rows, arguments.file)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
