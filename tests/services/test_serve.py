"""`emporion serve` as a process of its own: it starts, is killed or stopped, and starts again with everything."""

import contextlib
import itertools
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from emporion.engine.node import Node

TRADES = "/v1/trades?instrument=BTC/USDC"
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


@pytest.mark.parametrize("layout", [(), ("--gateways", "2")], ids=["one process", "gateways"])
def test_killed_or_stopped_it_starts_again_with_everything(tmp_path: Path, layout):
    folder = str(tmp_path / "venue")
    with served("--dir", folder, "--demo", "--rate", "400", *layout) as first:
        assert first.get("/v1/status")["simulation"] is True
        deadline = time.monotonic() + 60
        while sum(instrument["trades"] for instrument in first.get("/v1/instruments")["items"]) < 20:
            assert time.monotonic() < deadline, "nothing trades"
            time.sleep(0.1)
        seen_seq = first.get("/readyz")["seq"]
        seen_trades = first.get(TRADES)["items"]
        code, _, _ = first.end(signal.SIGKILL)
        assert code == -signal.SIGKILL

    left = journal(folder)
    assert left.seq >= seen_seq  # What anybody was shown is there.

    with served("--dir", folder, "--demo", "--rate", "50", *layout) as second:
        assert recovered(second.lines) >= left.seq  # Orders may have expired meanwhile, which takes a command.
        deadline = time.monotonic() + 60
        while not all(trade in (kept := all_trades(second)) for trade in seen_trades):
            assert time.monotonic() < deadline, "the history has lost trades"
        assert [trade for trade in kept if trade in seen_trades] == seen_trades
        code, out, err = second.end(signal.SIGTERM)
        assert (code, err) == (0, "")
        stopped = journal(folder)
        assert stopped.commands[: len(left.commands)] == left.commands and stopped.seq > left.seq
        assert f"stopped: seq: {stopped.seq:,}  digest: {stopped.digest}" in out
    assert list((tmp_path / "venue").glob("snapshot-*"))

    with served("--dir", folder, *layout) as third:  # Without traders, and still shown as the simulation it is.
        assert recovered(third.lines) >= stopped.seq
        assert third.get("/v1/status")["simulation"] is True
        assert third.get(TRADES)["items"]
        assert third.end(signal.SIGINT)[0] == 0


def all_trades(server: Served) -> list[dict]:
    """Newest first, as far as the history has come."""
    deadline = time.monotonic() + 60
    found: list[dict] = []
    cursor: str | None = ""
    while cursor is not None:
        assert time.monotonic() < deadline
        page = server.get(f"{TRADES}&limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        found += page["items"]
        cursor = page["next"]
    return found


def test_an_empty_venue_is_served_and_is_no_simulation(tmp_path: Path):
    with served("--dir", str(tmp_path / "venue")) as one:
        status = one.get("/v1/status")
        assert (status["status"], status["seq"], status["simulation"], status["sign_up"]) == ("ok", 1, False, False)
        assert one.get("/v1/instruments")["items"] == []
        assert one.url.startswith("http://127.0.0.1:")
        second = start("--port", "0", "--dir", str(tmp_path / "venue"))
        _, err = second.communicate(timeout=START_S)
        assert second.returncode == 1 and "already open for writing" in err
        assert one.end(signal.SIGINT)[0] == 0


def gateways_of(server: Served) -> list[int]:
    [line] = [line for line in server.lines if line.startswith("gateways:")]
    return [int(number) for number in re.findall(r"\d+", line)[1:]]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes by /proc")
def test_a_gateway_that_dies_is_replaced_and_none_outlives_the_node(tmp_path: Path):
    with served("--dir", str(tmp_path / "venue"), "--gateways", "2", "--sign-up") as server:
        pids = gateways_of(server)
        assert len(set(pids)) == 2 and all(map(is_running, pids))
        os.kill(pids[0], signal.SIGKILL)
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")

        def successors() -> set[int]:
            return {pid for pid in map(int, children.read_text().split()) if is_running(pid)} - set(pids)

        eventually(successors)
        for _ in range(20):  # The other one answers all the while; later both do.
            with contextlib.suppress(ConnectionError):  # Dealt to the dead one, before the system knew.
                assert server.get("/v1/status")["sign_up"] is True
        pids += successors()
        code, _, err = server.end(signal.SIGKILL)
        assert code == -signal.SIGKILL
        eventually(lambda: not any(map(is_running, pids)))
        lines = [json.loads(line) for line in err.splitlines()]
        assert any("killed by SIGKILL; starting it again" in line["message"] for line in lines)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="takes a running process its right to write")
@pytest.mark.parametrize("layout", [(), ("--gateways", "1")], ids=["one process", "gateways"])
def test_a_node_whose_disk_fails_ends_the_server_and_says_why(tmp_path: Path, layout):
    folder = str(tmp_path / "venue")
    with served("--dir", folder, "--demo", "--rate", "200", *layout) as server:
        assert server.get("/readyz")["status"] == "ok"
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4_096, hard))
        out, err = server.process.communicate(timeout=60)
        assert server.process.returncode == 1 and "stopped:" not in out
        assert "nothing more is acknowledged. Mend the disk, then open the venue again" in err.splitlines()[-1]
        assert "Traceback" not in err, err
    with served("--dir", folder, *layout) as again:
        seq = again.get("/readyz")["seq"]
        assert again.end(signal.SIGTERM)[0] == 0
    assert journal(folder).seq >= seq


@pytest.mark.parametrize("layout", [(), ("--gateways", "1")], ids=["one process", "a gateway"])
def test_behind_a_proxy_it_goes_by_its_name_and_knows_who_asks(tmp_path: Path, layout):
    more = ("--name", "venue.example", "--proxy", "127.0.0.1", "--sign-up", *layout)
    with served("--dir", str(tmp_path / "venue"), *more) as venue:
        logins = itertools.count()

        def ask(name: str, address: str) -> int:
            body = json.dumps({"login": f"nobody{next(logins)}", "password": "wrong password"}).encode()
            headers = {"Host": name, "X-Forwarded-For": address, "Content-Type": "application/json"}
            request = urllib.request.Request(venue.url + "/v1/session", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        assert ask("other.example", "203.0.113.7") == 421
        statuses = [ask("venue.example", "203.0.113.7") for _ in range(40)]
        assert (statuses[0], statuses[-1]) == (401, 429)  # Guessing is slowed down, for the one who guesses.
        assert ask("venue.example", "198.51.100.1") == 401


def test_elsewhere_than_on_the_loopback_it_asks_for_tls():
    process = start("--sync", "memory", "--host", "0.0.0.0", "--port", "0", "--gateways", "1")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("warning:"):
            break
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
    assert "TLS" in lines[-1] and "plain HTTP" in lines[-1]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ((), 1, "--dir"),
        (("--dir", "x", "--sync", "memory"), 1, "--dir"),
        (("--dir", "x", "--port", "70000"), 2, "70000 is not a port"),
        (("--dir", "x", "--rate", "0"), 2, "'0' is not a number of commands a second"),
        (("--dir", "x", "--seed", "-1"), 2, "seed"),
        (("--dir", "x", "--gateways", "1000"), 2, "at most 64"),
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


@pytest.mark.parametrize("layout", [(), ("--gateways", "1")], ids=["one process", "gateways"])
def test_a_port_in_use_is_said_so(layout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--sync", "memory", "--port", str(port), *layout)
        _, err = process.communicate(timeout=START_S)
    assert process.returncode == 1
    assert f"127.0.0.1:{port} is in use" in err and "Traceback" not in err
