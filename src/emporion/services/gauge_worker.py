"""The process that works the gauges out, so that no order waits for them. Its argument: the number of an open socket.

It is the least urgent of all on the machine, works on one core, and rests after each study so long that studies take a
small share of that core. It ends when the other end of its socket is gone.
"""

import contextlib
import os
import pickle
import sys
import time
from multiprocessing.connection import Connection

NICE = 19
CORE_SHARE = 0.15  # Of one core, for studies.
REST_SECONDS_MAX = 60.0


def serve(connection: Connection) -> None:
    """Receive the board's settings, then observations; send readings and studies."""
    from emporion.services.gauge_board import Board
    from emporion.services.gauge_readings import Summary

    board = Board(**connection.recv())
    rested_at = 0.0
    while True:
        wait = None if board.due() is None else max(0.0, rested_at - time.monotonic())
        if connection.poll(wait):
            connection.send(("readings", board.append(connection.recv())))
            continue
        number = board.due()
        if number is None:
            continue
        began = time.monotonic()
        studied = board.study(number)
        took = time.monotonic() - began
        rested_at = time.monotonic() + min(took * (1.0 / CORE_SHARE - 1.0), REST_SECONDS_MAX)
        if studied is not None:
            summary = Summary(studied.p_any, studied.curve)
            connection.send(("study", number, summary, pickle.dumps(studied), board.reading(number)))


def main() -> None:
    """Until the socket ends."""
    os.nice(NICE)
    with contextlib.suppress(EOFError, ConnectionError, KeyboardInterrupt):
        serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
