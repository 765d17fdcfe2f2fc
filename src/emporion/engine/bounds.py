"""Whether a build is large enough for the limits that a venue has set itself."""

from collections.abc import Sequence

import numpy as np

from emporion.schema.codes import Command, Limit
from emporion.schema.limits import CAPACITIES, Capacity
from emporion.schema.messages import ADMIN_COMMAND, GENESIS_LIMITS, GENESIS_ROWS
from emporion.schema.state import TABLE_NAMES


def excess(capacity: Capacity, limits: Sequence[int]) -> str:
    """Which limit is beyond the build, in words; empty when all fit. Row 0 of each table is nobody's."""
    for limit, name in enumerate(TABLE_NAMES):
        if limit < len(limits) and limits[limit] > getattr(capacity, name) - 1:
            return f"{limits[limit]} {name} are allowed; capacity {capacity.name!r} holds {getattr(capacity, name) - 1}"
    return ""


def excess_of_rows(capacity: Capacity, rows: np.ndarray) -> str:
    """The same of every GENESIS and SET_LIMIT in a stream of commands."""
    kinds = rows["kind"]
    for row in np.flatnonzero((kinds == Command.GENESIS) | (kinds == Command.SET_LIMIT)):
        if kinds[row] == Command.GENESIS:
            if rows["data_rows"][row] != GENESIS_ROWS or (kinds[row + 1 :][:GENESIS_ROWS] != Command.DATA).any():
                continue  # The kernel refuses it.
            limits = rows[row + 1 :][:GENESIS_ROWS].view(GENESIS_LIMITS)["limits"].reshape(-1).tolist()
        else:
            admin = rows[row : row + 1].view(ADMIN_COMMAND)[0]
            if not 0 <= admin.limit < len(Limit):
                continue  # The kernel refuses it.
            limits = [0] * len(Limit)
            limits[admin.limit] = int(admin.limit_value)
        if problem := excess(capacity, limits):
            return problem
    return ""


def smallest_capacity(limits: Sequence[int]) -> Capacity | None:
    """The smallest named build that holds these limits; None when even the largest does not."""
    return next((capacity for capacity in CAPACITIES.values() if not excess(capacity, limits)), None)
