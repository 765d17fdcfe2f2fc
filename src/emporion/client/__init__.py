"""A client of a served venue, with the methods of a venue in process.

    venue = emporion.open("my-venue")
    venue = emporion.client.connect("http://127.0.0.1:8000", key=..., secret=...)

and what is written against the one runs against the other. docs/client.md begins at the beginning.
"""

from emporion.venue.frames import ExtraMissing

try:
    from emporion.client.client import AsyncClient, Client, connect, connect_async
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("httptools", "nacl", "websockets"):
        raise
    raise ExtraMissing(f"{error.name} is not installed; pip install 'emporion[client]'") from None
from emporion.client.errors import BadAnswer, ConnectionFailed, NotAllowed, OutcomeUnknown, RateLimited

__all__ = [
    "AsyncClient", "BadAnswer", "Client", "ConnectionFailed", "NotAllowed", "OutcomeUnknown", "RateLimited", "connect",
    "connect_async",
]  # fmt: skip
