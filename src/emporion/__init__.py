"""An exchange for everything: order books and an exact ledger in one deterministic Python kernel.

`emporion.open()` opens a venue, in memory or in a folder; everything else hangs on it.
"""

from typing import TYPE_CHECKING, Any

from emporion.errors import BadValue, EmporionError, Refused
from emporion.version import VERSION

if TYPE_CHECKING:
    from emporion.venue.venue import Venue, open

__all__ = ["BadValue", "EmporionError", "Refused", "Venue", "open"]
__version__ = VERSION


def __getattr__(name: str) -> Any:
    """`open` and `Venue` are imported when first used: the compiler behind them takes its second."""
    if name in ("open", "Venue"):
        from emporion.venue import venue

        return getattr(venue, name)
    raise AttributeError(f"module 'emporion' has no attribute {name!r}")
