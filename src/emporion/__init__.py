"""An exchange for everything: order books and an exact ledger in one deterministic Python kernel.

`emporion.open()` opens a venue, in memory or in a folder; everything else hangs on it.
"""

import importlib
from typing import TYPE_CHECKING, Any

from emporion.errors import BadValue, EmporionError, Refused
from emporion.version import VERSION

if TYPE_CHECKING:
    from emporion.venue.venue import Venue, open

__all__ = ["BadValue", "EmporionError", "Refused", "Venue", "open"]
__version__ = VERSION
PARTS = ("bubble", "client")  # Need no venue: `emporion.client.connect(...)` works without an import of its own.


def __getattr__(name: str) -> Any:
    """What takes its time to import is imported when first used."""
    if name in ("open", "Venue"):
        from emporion.venue import venue

        return getattr(venue, name)
    if name in PARTS:
        return importlib.import_module(f"emporion.{name}")
    raise AttributeError(f"module 'emporion' has no attribute {name!r}")
