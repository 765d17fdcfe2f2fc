"""The child of test_sigkill.py: a node under load that says what it has answered, until it is killed.

A line is printed after each answer: first sequence and how many commands, and a hash of the rows sent.
What is printed was acknowledged; whoever reads it may hold the next process to it.
"""

import hashlib
import sys

import numpy as np

from emporion.engine.node import Node
from emporion.schema import build
from emporion.schema.limits import TINY
from tests.engine.stage import opening, orders


def main(folder: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    node = Node.open(folder, capacity=TINY, segment_bytes=1 << 20)
    print("open", node.seq, node.digest().hex(), flush=True)
    if node.seq == 1:
        say(node, opening())
    while True:
        chance = rng.random()
        if chance < 0.02:
            node.snapshot()
        elif chance < 0.05:
            node.idle()
        rows = orders(rng, int(rng.choice([1, 1, 5, 60, 400], p=[0.4, 0.2, 0.2, 0.15, 0.05])))
        say(node, build.mass_cancel(int(rng.choice([3, 4, 5, 6]))) if chance > 0.97 else rows)


def say(node: Node, rows: np.ndarray) -> None:
    answer = node.submit(rows)
    print("answered", answer.first_seq, len(rows), hashlib.sha256(rows.tobytes()).hexdigest(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
