"""Figures of order_entry, apart from what measures them: that needs the server's packages."""

from dataclasses import dataclass, field

GOAL = 3_000  # Orders a second.


@dataclass
class Offered:
    """One load."""

    rate: int  # Orders a second that came due; 0: each connection sends as soon as it is answered.
    orders_per_second: float  # Answered within the time measured.
    sustained: bool  # Whether the last answer came soon after the last order was due.
    percentiles_us: dict[str, float]
    node_cpu_us: float  # Of an order: processor time of the node process,
    gateways_cpu_us: float  # of gateway processes,
    load_cpu_us: float  # of the load.
    statuses: dict[str, int]


@dataclass
class OrderEntry:
    """What one layout of processes does."""

    layout: str
    connections: int
    offered: list[Offered] = field(default_factory=list)
