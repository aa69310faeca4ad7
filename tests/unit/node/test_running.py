"""What hinders the way into a running program, without a program; and how much memory there is."""

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pytest_nodeleak.base.errors import AttachError
from pytest_nodeleak.node.attach.doors import Door, door_at, door_of, door_of_url
from pytest_nodeleak.node.probes.cost import Cost
from pytest_nodeleak.node.process.room import group_rooms, memory_room
from pytest_nodeleak.node.process.signalled import is_whole


def test_what_is_no_node_is_not_sent_a_signal():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with pytest.raises(AttachError, match=rf"process {process.pid} is '.*python.*', not Node"):
            door_of(process.pid)
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


def test_no_process():
    with pytest.raises(AttachError, match="there is no process 4194999"):
        door_of(4194999)


@pytest.mark.parametrize("url", ["foo", "https://x/y", "127.0.0.1:1", "ws://"])
def test_no_url(url):
    with pytest.raises(AttachError, match="is no inspector address"):
        door_of_url(url)


@pytest.mark.parametrize("address", ["host", "host:", "127.0.0.1:99999", "a:b"])
def test_no_address(address):
    with pytest.raises(AttachError, match="is no HOST:PORT"):
        door_at(address)


class Listing(http.server.BaseHTTPRequestHandler):
    body = b""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


def target(port, name):
    return {"webSocketDebuggerUrl": f"ws://elsewhere:{port}/{name}", "title": name}


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([{"id": "1"}], "somebody else is connected"),
        ([], "it lists no target"),
        ({"a": 1}, "no inspector"),
        ([target(1, "a"), target(1, "b")], r"2 targets at .*; give one of them as --url: ws://"),
    ],
)
def test_what_answers_at_a_port_and_is_not_one_target(listed, said):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Listing.body = json.dumps(listed).encode()
        with pytest.raises(AttachError, match=said):
            door_at(f"127.0.0.1:{server.server_port}")
        # Behind a forwarded port the list tells the other side's address.
        Listing.body = json.dumps([target(1, "a")]).encode()
        assert door_at(str(server.server_port)).url == f"ws://127.0.0.1:{server.server_port}/a"
        server.shutdown()


@pytest.mark.parametrize(
    ("door", "exposed"),
    [
        (Door("ws://127.0.0.1:9229/x", listens_at="0.0.0.0"), "0.0.0.0"),
        (Door("ws://[::1]:9229/x", listens_at="::"), "::"),
        (Door("ws://127.0.0.1:9229/x", listens_at="127.0.0.1"), ""),
        (Door("ws://10.0.0.5:9229/x"), "10.0.0.5"),
        (Door("ws://[::1]:9229/x"), ""),
        (Door("ws://localhost:9229/x"), ""),
    ],
)
def test_whether_other_machines_reach_an_inspector(door, exposed):
    assert door.exposed_at == exposed


def test_a_file_is_whole_by_its_end(tmp_path):
    path = tmp_path / "x.heapsnapshot"
    for text, whole in (('{"strings":["a"]}\n', True), ('{"strings":["a"', False), ("", False)):
        path.write_text(text)
        assert is_whole(path) is whole


def test_a_snapshot_that_would_kill_is_refused_with_the_figures():
    cost = Cost(heap_used=100_000_000, seconds=8.0, memory=1_600_000_000, room=500_000_000)
    assert "about 1.60 GB of memory and 8.0 s" in cost.refusal
    assert "only 500 MB are left" in cost.refusal
    assert not Cost(100, 0.0, 1600, None).refusal


def limited(folder, **figures):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in figures.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def test_the_limit_of_a_container_counts(tmp_path):
    text = "1:name=systemd:/\n0::/kubepods/pod7\n"
    assert group_rooms(text, tmp_path) == []
    inner = tmp_path / "kubepods" / "pod7"
    limited(inner, memory__max=900_000, memory__current=200_000)
    assert group_rooms(text, tmp_path) == [700_000]
    # The kernel gives back what it keeps of files.
    limited(inner, memory__stat="anon 9\ninactive_file 50000\nactive_file 30000")
    assert group_rooms(text, tmp_path) == [750_000]
    limited(inner.parent, memory__max=500_000, memory__current=450_000)
    assert group_rooms(text, tmp_path) == [750_000, 50_000]
    limited(inner, memory__max="max")
    assert group_rooms(text, tmp_path) == [50_000]


def test_groups_of_the_first_version_have_limits_by_other_names(tmp_path):
    text = "8:pids:/job\n4:cpu,memory:/job\n0::/\n"
    limited(
        tmp_path / "memory" / "job",
        memory__limit_in_bytes=900_000,
        memory__usage_in_bytes=200_000,
        memory__stat="inactive_file 1\ntotal_inactive_file 100000",
    )
    no_limit = 0x7FFFFFFFFFFFF000
    limited(tmp_path / "memory", memory__limit_in_bytes=no_limit, memory__usage_in_bytes=1)
    assert group_rooms(text, tmp_path) == [800_000]


@pytest.mark.skipif(sys.platform != "linux", reason="cgroups are Linux's")
def test_the_room_of_a_process_is_no_more_than_that_of_the_machine(tmp_path):
    free = memory_room(os.getpid(), tmp_path)
    assert free > 1_000_000
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        folder = tmp_path / line.split(":", 2)[2].lstrip("/")
        limited(folder, memory__max=1000, memory__current=400)
        memory = tmp_path / "memory" / line.split(":", 2)[2].lstrip("/")
        limited(memory, memory__limit_in_bytes=1000, memory__usage_in_bytes=400)
    assert memory_room(os.getpid(), tmp_path) == 600
