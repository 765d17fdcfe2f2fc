"""A real process, killed without warning fifty times: what it had answered is there each time."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from emporion.engine.node import Node
from emporion.engine.verify import verify
from emporion.kernel.jit import COMPILED
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command
from emporion.schema.limits import TINY

KILLS = 50
HASH_CHARS = 64
Answered = list[tuple[int, int, str]]  # First sequence, rows, hash of the rows sent.


@pytest.fixture
def cradle() -> Iterator[subprocess.Popen]:
    """The process that forks those to be killed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    arguments = [sys.executable, "-m", "tests.engine.killed"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        arguments, stdin=pipe, stdout=pipe, env=environment, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # With the child, should it still live.


@pytest.mark.skipif(not COMPILED, reason="uncompiled, a node takes too few commands before it is killed")
def test_what_was_answered_survives_every_kill(tmp_path, cradle):
    rng = np.random.default_rng(1)
    twin = Machine(TINY)  # Never interrupted.
    answered: Answered = []
    for number in range(KILLS):
        answered += life(cradle, tmp_path, number, seconds=float(rng.exponential(0.1)))
        if number % 2:
            # Look as it was left. Every other time the next life is the first to open it.
            with Node.open(tmp_path, capacity=TINY, read_only=True) as node:
                check(node, answered, twin)
    with Node.open(tmp_path, capacity=TINY) as node:
        check(node, answered, twin)
        report = verify(tmp_path)
        assert report.is_sound
        assert (report.seq, report.digest) == (node.seq, node.digest().hex())
    assert len(answered) > 5 * KILLS


def life(cradle: subprocess.Popen, folder: Path, seed: int, seconds: float) -> Answered:
    """One process from its start to its end; what it answered."""
    print(folder, seed, file=cradle.stdin, flush=True)
    lines, pid = [("",)], 0
    # "born" and "open" are printed by two processes: either may come first.
    while pid == 0 or not any(line[0] == "open" for line in lines):
        lines.append(read_line(cradle))
        assert lines[-1][0] != "dead", "it could not open the folder"
        if lines[-1][0] == "born":
            pid = int(lines[-1][1])
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    while lines[-1][0] != "dead":
        lines.append(read_line(cradle))
    whole = [line for line in lines if line[0] == "answered" and len(line) == 4 and len(line[3]) == HASH_CHARS]
    return [(int(seq), int(rows), digest) for _, seq, rows, digest in whole]


def read_line(cradle: subprocess.Popen) -> tuple[str, ...]:
    line = cradle.stdout.readline()
    assert line, "the parent of those to be killed has ended"
    return tuple(line.split()) or ("",)


def check(node: Node, answered: Answered, twin: Machine) -> None:
    """Every answered command is there, at its sequence, as it was sent; the state is that of one long life."""
    commands = node.commands().copy()
    heads = np.flatnonzero(commands["kind"] != Command.DATA)
    stamped = commands.copy()
    commands["ts_ns"][heads] = 0
    for seq, rows, digest in answered:
        assert seq <= len(heads), f"command {seq} is gone: the journal ends with {len(heads)}"
        start = heads[seq - 1]
        assert hashlib.sha256(commands[start : start + rows].tobytes()).hexdigest() == digest, f"command {seq}"
    known = int(twin.array["seq"][0])
    twin.apply(stamped[heads[known] :] if known < len(heads) else stamped[:0])
    assert twin.digest() == node.digest()
