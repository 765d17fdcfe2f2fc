"""`emporion serve` as a process of its own: it starts, is killed or stopped, and starts again with everything."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from emporion.engine.node import Node

START_S = 900  # Most of it for the kernel's compile, when nobody has compiled it yet.
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class Served:
    """A running `serve`, from its first line to the address it listens on."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("listening:"):
                self.url = line.split()[1]
                return
        raise AssertionError(f"it ended: {self.lines}, {process.communicate()[1]}")

    def get(self, path: str):
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return json.load(response)

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def start(*args: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "emporion.cli.main", "serve", *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)


@contextmanager
def served(*args: str) -> Iterator[Served]:
    process = start("--port", "0", *args)
    try:
        yield Served(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def recovered(lines: list[str]) -> int:
    """The sequence a start says it begins with."""
    [match] = [found for line in lines if (found := re.match(r"venue: .*seq: ([\d,]+)  digest: \w{16}  ", line))]
    return int(match[1].replace(",", ""))


class Left(NamedTuple):
    """What a venue's folder holds while nobody serves it."""

    seq: int
    digest: str
    commands: bytes


def journal(folder: str) -> Left:
    """Read a folder, and see that its state is sound."""
    with Node.open(folder, read_only=True) as node:
        assert node.machine.audit() == []
        return Left(node.seq, node.digest().hex()[:16], node.commands().tobytes())


def test_killed_or_stopped_it_starts_again_with_everything(tmp_path: Path):
    folder = str(tmp_path / "venue")
    with served("--dir", folder, "--demo", "--rate", "400") as first:
        assert first.get("/healthz")["simulation"] is True
        deadline = time.monotonic() + 60
        while sum(listing["trades"] for listing in first.get("/v1/listings")) < 20:
            assert time.monotonic() < deadline, "nothing trades"
            time.sleep(0.1)
        seen_seq = first.get("/healthz")["seq"]
        seen_trades = first.get("/v1/trades/BTC/USDC")
        code, _, _ = first.end(signal.SIGKILL)
        assert code == -signal.SIGKILL

    left = journal(folder)
    assert left.seq >= seen_seq  # What anybody was shown is there.

    with served("--dir", folder, "--demo", "--rate", "50") as second:
        assert recovered(second.lines) >= left.seq  # Orders may have expired meanwhile, which takes a command.
        kept = [trade["id"] for trade in second.get("/v1/trades/BTC/USDC")]
        assert [trade["id"] for trade in seen_trades][-100:] == [
            each for each in kept if each in {trade["id"] for trade in seen_trades[-100:]}
        ]
        code, out, err = second.end(signal.SIGTERM)
        assert (code, err) == (0, "")
        stopped = journal(folder)
        assert stopped.commands[: len(left.commands)] == left.commands and stopped.seq > left.seq
        assert f"stopped: seq: {stopped.seq:,}  digest: {stopped.digest}" in out
    assert list((tmp_path / "venue").glob("snapshot-*"))

    with served("--dir", folder) as third:  # Without traders, and still shown as the simulation it is.
        assert recovered(third.lines) >= stopped.seq
        assert third.get("/healthz")["simulation"] is True
        assert len(third.get("/v1/trades/BTC/USDC")) > 0
        assert third.end(signal.SIGINT)[0] == 0


def test_an_empty_venue_is_served_and_is_no_simulation(tmp_path: Path):
    with served("--dir", str(tmp_path / "venue")) as one:
        assert one.get("/healthz") == {"status": "ok", "seq": 1, "simulation": False}
        assert one.get("/v1/instruments") == []
        assert one.url.startswith("http://127.0.0.1:")
        second = start("--port", "0", "--dir", str(tmp_path / "venue"))
        _, err = second.communicate(timeout=START_S)
        assert second.returncode == 1 and "already open for writing" in err
        assert one.end(signal.SIGINT)[0] == 0


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ((), 1, "--dir"),
        (("--dir", "x", "--sync", "memory"), 1, "--dir"),
        (("--dir", "x", "--port", "70000"), 2, "70000 is not a port"),
        (("--dir", "x", "--rate", "0"), 2, "'0' is not a number of commands a second"),
        (("--dir", "x", "--seed", "-1"), 2, "seed"),
        (("--sync", "memory", "--host", "203.0.113.1"), 1, "cannot listen on 203.0.113.1"),
    ],
)
def test_mistakes_are_answered_with_what_to_do(tmp_path: Path, args, code, words):
    process = subprocess.run(
        [sys.executable, "-m", "emporion.cli.main", "serve", *args],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=START_S,
        env=ENVIRONMENT,
    )
    assert (process.returncode, words in process.stderr) == (code, True), process.stderr
    assert "Traceback" not in process.stderr
    assert not (tmp_path / "x").exists()


def test_a_port_in_use_is_said_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--sync", "memory", "--port", str(port))
        _, err = process.communicate(timeout=START_S)
    assert process.returncode == 1
    assert f"127.0.0.1:{port} is in use" in err and "Traceback" not in err
