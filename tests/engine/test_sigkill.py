"""A real process, killed without warning fifty times: what it had answered is there each time."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from emporion.engine.node import Node
from emporion.engine.verify import verify
from emporion.kernel.jit import COMPILED
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command
from emporion.schema.limits import TINY

ROOT = Path(__file__).resolve().parents[2]
KILLS = 50
SECONDS_MAX = 50.0  # Of lives together; each is short, and on a slow machine there are fewer.
KILLS_MIN = 20


@pytest.mark.skipif(not COMPILED, reason="uncompiled, a node takes too few commands before it is killed")
def test_what_was_answered_survives_every_kill(tmp_path):
    rng = np.random.default_rng(1)
    twin = Machine(TINY)  # Never interrupted.
    answered = []
    with Node.open(tmp_path / "warm", capacity=TINY):
        pass  # Compiles the kernel into the cache, if it is not there, before the clock runs.
    began, kills = time.monotonic(), 0
    folder = tmp_path / "venue"
    while kills < KILLS and (time.monotonic() - began < SECONDS_MAX or kills < KILLS_MIN):
        answered += life(folder, seed=kills, seconds=float(rng.exponential(0.08)))
        kills += 1
        if kills % 5 and kills != KILLS:
            continue
        # Look beside no writer, from the client's side.
        node = Node.open(folder, capacity=TINY, read_only=True)
        check(node, answered)
        twin.apply(node.commands(int(twin.array["seq"][0]) + 1))
        assert twin.digest() == node.digest()
    check(node, answered)
    assert len(answered) > 5 * kills
    report = verify(folder)
    assert report.is_sound and report.seq == node.seq


def life(folder: Path, seed: int, seconds: float) -> list[tuple[int, int, str]]:
    """One process from its start to its end; what it has answered."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), *filter(None, sys.path)])
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.killed", str(folder), str(seed)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )
    with child:
        assert child.stdout is not None
        first = child.stdout.readline()
        assert first.startswith("open"), first
        time.sleep(seconds)
        child.kill()
        said = child.stdout.read()
    lines = [line.split() for line in said.split("\n")[:-1]]  # The last may be cut short.
    return [(int(seq), int(rows), digest) for _, seq, rows, digest in lines]


def check(node: Node, answered: list[tuple[int, int, str]]) -> None:
    """Every answered command is in the journal, at its sequence, as it was sent."""
    commands = node.commands().copy()
    heads = np.flatnonzero(commands["kind"] != Command.DATA)
    commands["ts_ns"][heads] = 0
    for seq, rows, digest in answered:
        start = heads[seq - 1]
        assert hashlib.sha256(commands[start : start + rows].tobytes()).hexdigest() == digest, f"command {seq}"
