"""Looking ahead sees rows that nobody has judged, and rows left from batches before: it stands them all."""

import os
import subprocess
import sys

import numba
import pytest

# In a process of its own: the bounds are constants to the compiler.
MIDDLE = "ahead.MIDDLE_ROWS = -1"  # Every venue counts as one of middling size,
LARGE = "ahead.MIDDLE_ROWS = ahead.LARGE_ROWS = -1"  # or as a large one.
PROGRAM = """
from emporion.kernel import ahead
{bounds}
import numpy as np
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.limits import TINY
from emporion.schema.messages import COMMAND
from emporion.sim.workload import Workload

machine, work = Machine(TINY), Workload(7, hostile=0.3)
rng = np.random.default_rng(7)
machine.apply(work.opening())
for size in (10, 1, 200, 3, 17, 400):
    rows = np.frombuffer(rng.bytes(64 * size), COMMAND).copy()  # Nonsense, all of whose fields are hostile.
    rows["data_rows"] = 0
    rows["kind"][rng.random(size) < 0.7] = 10
    rows["ts_ns"] = 0
    machine.apply(rows)
    work.learn(machine.apply(work.draw(40)))
for number in (1_000_000, -1_000_000, 2**31 - 1, -(2**31)):
    rows = build.join(*(build.place(6, number, 1, 1, 100) for _ in range(40)))
    machine.apply(rows)
assert machine.audit() == []
print("stood it")
"""


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="does nothing uncompiled")
@pytest.mark.parametrize("bounds", [pytest.param(MIDDLE, id="middle"), pytest.param(LARGE, id="large")])
def test_hostile_rows_are_looked_at_without_harm(bounds, tmp_path):
    environment = os.environ | {"EMPORION_CACHE": str(tmp_path)}
    program = PROGRAM.format(bounds=bounds)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.stdout == "stood it\n", done.stderr[-2_000:]
