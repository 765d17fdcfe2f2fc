"""Connects the figures of a door to what they count."""

import numpy as np

from emporion.gateway.door import Door
from emporion.gateway.protocol import Gate
from emporion.schema.codes import Event, FillFlag


def watch(door: Door, gate: Gate) -> None:
    """From now on: commands, events and fills as they are heard, sequence, subscribers, connections."""
    link, metrics = door.link, door.metrics
    heard_seq = link.seq

    def hear(events: np.ndarray, ts_ns: int) -> None:
        nonlocal heard_seq
        metrics.events.inc(len(events))
        fills = np.count_nonzero((events["kind"] == Event.FILLED) & (events["flags"] & FillFlag.TAKER != 0))
        if fills:
            metrics.fills.inc(int(fills))
        if link.seq > heard_seq:
            metrics.commands.inc(link.seq - heard_seq)
            heard_seq = link.seq

    link.listen(hear)
    # What is heard is durable: an event leaves the node only when its command is.
    metrics.gauge("emporion_seq", "Last command whose events this process has heard.", lambda: link.seq)
    metrics.gauge("emporion_durable_seq", "Last command known here to be on disk.", lambda: link.seq)
    metrics.gauge("emporion_venue_seconds", "The venue's time, of the last command.", lambda: link.ts_ns / 1e9)
    metrics.gauge("emporion_subscribers", "WebSockets that are open here.", lambda: door.subscribers())
    metrics.gauge("emporion_connections", "Connections that are open here.", lambda: gate.connections)
    metrics.gauge("emporion_connections_refused", "Connections turned away for their number.", lambda: gate.turned_away)
