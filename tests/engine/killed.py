"""The process of test_sigkill.py that is killed: a node under load that says what it has answered.

A line is printed after each answer: first sequence, how many rows, and a hash of them as sent. What
is printed was acknowledged, so whoever reads it may hold the next process to it.

Python and the compiled kernel are loaded once, by a parent that forks a child for each life: it
reads "folder seed", prints "born pid", and "dead" when the child is. The child's last line may be
cut short, so "dead" begins a new one.
"""

import hashlib
import os
import sys

import numpy as np

from emporion.engine.node import Node
from emporion.schema import build
from emporion.schema.limits import TINY
from tests.engine.stage import ACCOUNTS, opening, orders


def main() -> None:
    with Node.open(None, capacity=TINY) as node:
        node.submit(opening())
        node.machine.fork()  # Loads all that is compiled, before the first fork.
    print("ready", flush=True)
    for line in sys.stdin:
        folder, seed = line.split()
        pid = os.fork()
        if pid == 0:
            live(folder, int(seed))
        print("born", pid, flush=True)
        os.waitpid(pid, 0)
        print("\ndead", flush=True)


def live(folder: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    node = Node.open(folder, capacity=TINY, segment_bytes=1 << 20)
    print("open", node.seq, flush=True)
    if node.seq == 1:
        say(node, opening())
    while True:
        chance = rng.random()
        if chance < 0.02:
            node.snapshot()
        elif chance < 0.05:
            node.idle()
        rows = orders(rng, int(rng.choice([1, 1, 5, 60, 400], p=[0.4, 0.2, 0.2, 0.15, 0.05])))
        say(node, build.mass_cancel(int(rng.choice(ACCOUNTS))) if chance > 0.97 else rows)


def say(node: Node, rows: np.ndarray) -> None:
    answer = node.submit(rows)
    print("answered", answer.first_seq, len(rows), hashlib.sha256(rows.tobytes()).hexdigest(), flush=True)


if __name__ == "__main__":
    main()
