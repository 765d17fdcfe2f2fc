"""Accounts of a venue for the commands about users and keys, whether or not the venue is being served."""

from pathlib import Path
from typing import TYPE_CHECKING

from emporion.access.access import Access
from emporion.engine.failures import CapacityTooSmall
from emporion.errors import BadValue, EmporionError, VenueLocked
from emporion.schema.limits import LARGE, SMALL
from emporion.storage.disk import Disk
from emporion.storage.reader import JournalReader
from emporion.venue.things import Account

if TYPE_CHECKING:
    from emporion.venue.venue import Venue

VENUE_ACCOUNTS = ("outside", "fees")


def open_access(folder: Path) -> Access:
    """The access database of a venue's folder; EmporionError where there is no venue."""
    if not folder.is_dir() or not JournalReader(Disk(folder, create=False)).segments:
        raise EmporionError(f"{folder}: there is no venue here; `emporion serve --dir {folder}` makes one")
    return Access.open(folder, demo=True)  # Whoever may read the file may see all that is in it.


def find_account(venue: "Venue", name: str) -> Account | None:
    """An account by name, or None; BadValue for the venue's own."""
    if name in VENUE_ACCOUNTS:
        raise BadValue(f"the account {name!r} is the venue's own")
    return next((account for account in venue.accounts if account.name == name), None)


def open_to_look(folder: Path) -> "Venue":
    """The venue as its journal says, beside whoever serves it, in the smallest build that holds it."""
    return _opened(folder, read_only=True)


def open_to_write(folder: Path) -> "Venue | None":
    """The venue; None while somebody serves it, whose part writing then is."""
    try:
        return _opened(folder, read_only=False)
    except VenueLocked:
        return None


def _opened(folder: Path, read_only: bool) -> "Venue":
    from emporion.venue.venue import open  # Brings the kernel along: revoking a key should not wait for that.

    try:
        return open(folder, capacity=SMALL, read_only=read_only)
    except CapacityTooSmall:
        return open(folder, capacity=LARGE, read_only=read_only)
