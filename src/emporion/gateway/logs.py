"""Logs as JSON lines on stderr: one a request, which names the request id that its command carries.

`emporion inspect journal FOLDER --request ID` finds the command of a line. Lines go through a queue to a
thread of their own, so that a terminal that does not read holds up nobody's order.
"""

import contextlib
import logging
import logging.handlers
import queue
import sys
from typing import Any, TextIO

import msgspec

from emporion.gateway.call import Call

LINES_MAX = 16_384  # Waiting to be written; more are dropped and counted.
SLOW_MS = 1_000.0  # A request that takes longer is logged whatever the level.
STOP_SECONDS = 5.0
log = logging.getLogger("emporion.requests")


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts_ns": int(record.created * 1_000_000) * 1_000,  # The clock of the log, not the venue's.
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encoder.encode(line).decode()


class Lines(logging.handlers.QueueHandler):
    """Puts records into the queue; drops them when nobody takes them out."""

    def __init__(self, lines: "queue.Queue[Any]") -> None:
        super().__init__(lines)
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record  # It stays in this process, so it may stay as it is.

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


class Writer(logging.handlers.QueueListener):
    """Writes what is in the queue; told to stop, it writes all of it first."""

    def __init__(self, lines: "queue.Queue[Any]", writer: logging.Handler) -> None:
        super().__init__(lines, writer)
        self._lines = lines

    def enqueue_sentinel(self) -> None:
        with contextlib.suppress(queue.Full):  # Nobody reads: what is left is lost with the process.
            self._lines.put(None, timeout=STOP_SECONDS)


def start(level: str = "warning", out: TextIO | None = None) -> logging.handlers.QueueListener:
    """Send all logging to `out` (by default stderr) as JSON lines; `stop()` the listener to flush it.

    At "warning" requests are logged that failed on our side or took long; at "info" all are.
    """
    lines: queue.Queue[Any] = queue.Queue(LINES_MAX)
    writer = logging.StreamHandler(out or sys.stderr)
    writer.setFormatter(JsonLines())
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(Lines(lines))
    root.setLevel(level.upper())
    listener = Writer(lines, writer)
    listener.start()
    return listener


def request(call: Call, status: int, ms: float) -> None:
    """Note a request that was answered."""
    level = logging.WARNING if status >= 500 or ms >= SLOW_MS else logging.INFO
    if not log.isEnabledFor(level):
        return
    caller = call.caller
    fields = {
        "request_id": call.request_id,
        "method": call.method,
        "route": call.route.path if call.route is not None else None,
        "status": status,
        "ms": round(ms, 3),
        "address": call.address,
        "account": caller.account if caller is not None else None,
        "key": caller.key if caller is not None else None,
        "seq": call.seq or None,
    }
    log.log(level, "request", extra={"fields": fields})


_encoder = msgspec.json.Encoder(enc_hook=str)
