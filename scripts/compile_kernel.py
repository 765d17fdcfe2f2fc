"""Compile the kernel for the builds that tests use, so that parallel tests find it in the cache.

Usage: python scripts/compile_kernel.py [tiny] [small] [large]
"""

import sys
import time

import numpy as np

from emporion.kernel.jit import cache_folder
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Command
from emporion.schema.limits import CAPACITIES
from emporion.schema.messages import COMMAND


def compile_all(name: str) -> None:
    """Call each entry point once: that is when it is compiled, or loaded."""
    machine = Machine(CAPACITIES[name])
    rows = np.zeros(1, COMMAND)
    rows["kind"] = Command.TICK
    machine.apply(rows)
    machine.load(dict(machine.used()))
    machine.depth(1, 1)
    machine.preview(build.place(0, 0, 0, 0))
    machine.audit()


def main(names: list[str]) -> int:
    for name in names or ["tiny", "small"]:
        begun = time.monotonic()
        print(f"kernel, {name} build: ", end="", flush=True)
        compile_all(name)
        print(f"{time.monotonic() - begun:.1f} s", flush=True)
    print(f"compiled code is kept in {cache_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
