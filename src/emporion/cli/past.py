"""A venue's history opened to look at, beside whoever has the venue open: for `sql` and `export`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emporion.cli.progress import Progress
from emporion.engine.bounds import excess
from emporion.engine.verify import limits_of
from emporion.errors import BadValue, EmporionError
from emporion.history.database import Database
from emporion.history.feed import Feed
from emporion.schema.codes import Limit
from emporion.schema.limits import LARGE, SMALL
from emporion.storage.disk import Disk
from emporion.storage.reader import JournalReader
from emporion.venue.names import Names


@contextmanager
def past(folder: Path) -> Iterator[Database]:
    """SQL over the venue's history up to the last command its journal holds now.

    What the history's files lack is made from the journal, in files that go when this ends. Nothing in the
    folder is changed, and no lock is taken.
    """
    if not folder.is_dir():
        raise BadValue(f"{folder}: there is no such folder")
    disk = Disk(folder, create=False)
    reader = JournalReader(disk)
    if not reader.segments:
        raise EmporionError(f"{folder}: this is no venue: it holds no journal")
    limits = limits_of(reader)
    progress = Progress("reading the journal: command")
    feed = Feed(folder, read_only=True, progress=progress)
    try:
        feed.catch_up(disk, LARGE if excess(SMALL, limits) else SMALL)
        progress.close()
        names = Names(folder, limits[Limit.ACCOUNTS], read_only=True)
        view, open_orders = feed.look(lambda orders: orders.rows())
        with tempfile.TemporaryDirectory(prefix="emporion-sql-") as spill:
            database = Database(view, open_orders, names.name_of, Path(spill))
            try:
                yield database
            finally:
                database.close()
    finally:
        progress.close()
        feed.close()
