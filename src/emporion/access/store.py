"""The access database: SQLite, in the venue's folder, open in several processes at once.

One connection reads and one writes, each behind a lock of its own, so that a reader never waits
for a disk. Every change that could matter to somebody's rights raises `revision` in the same
transaction. Caches ask for the revision before they answer; it is looked up at most every
POLL_SECONDS, so what one process revokes, all others refuse after that at the latest.

Writes are on disk when they return (a revocation must not come back after a power cut), so each
takes as long as the disk: call them from a worker thread where that matters. Everything here may
be called from any thread.
"""

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from emporion.errors import EmporionError

FILE_NAME = "access.db"
SCHEMA_VERSION = 1
APPLICATION_ID = 0x656D_7061  # "empa", in the file's header.
POLL_SECONDS = 0.02
BUSY_SECONDS = 5.0
FILE_MODE = 0o600

SCHEMA = """
CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, salt BLOB NOT NULL);
CREATE TABLE users (
    user_id INTEGER PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password TEXT,                      -- argon2id with its parameters; NULL: nobody signs in with one
    account_id INTEGER UNIQUE,          -- NULL until the account is opened
    account TEXT,
    is_operator INTEGER NOT NULL CHECK (is_operator IN (0, 1)),
    is_demo INTEGER NOT NULL CHECK (is_demo IN (0, 1)),
    totp TEXT,                          -- sealed under the password; NULL: off
    totp_step INTEGER NOT NULL DEFAULT 0,  -- of the last code used
    offer TEXT,                         -- sealed secret that is not confirmed yet
    offer_ns INTEGER NOT NULL DEFAULT 0,
    opening_ns INTEGER NOT NULL DEFAULT 0,  -- since when somebody opens the account
    created_ns INTEGER NOT NULL,
    CHECK ((account_id IS NULL) = (account IS NULL))
);
CREATE TABLE keys (
    key_id TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,               -- by blanks
    account_id INTEGER,                 -- bound to this one
    account TEXT,
    addresses TEXT NOT NULL,            -- by blanks; empty: any
    created_ns INTEGER NOT NULL,
    expires_ns INTEGER,
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
    last_used_ns INTEGER,
    per_second INTEGER,
    burst INTEGER,
    CHECK ((account_id IS NULL) = (account IS NULL)),
    CHECK ((per_second IS NULL) = (burst IS NULL))
);
CREATE INDEX keys_of_user ON keys (user_id, created_ns);
CREATE TABLE retired (public_key BLOB PRIMARY KEY) WITHOUT ROWID;  -- of revoked keys: never taken again
CREATE TRIGGER retire AFTER DELETE ON keys BEGIN
    INSERT OR IGNORE INTO retired VALUES (old.public_key);
END;
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    created_ns INTEGER NOT NULL,
    used_ns INTEGER NOT NULL,
    ends_ns INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id, created_ns);
CREATE TABLE guesses (name BLOB PRIMARY KEY, full_ns INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX guesses_full ON guesses (full_ns);
CREATE TABLE places (name BLOB PRIMARY KEY, seen_ns INTEGER NOT NULL) WITHOUT ROWID;
"""


class AccessStoreFailed(EmporionError):
    """The access database cannot be read or written. Nobody is let in meanwhile; nothing is half done."""


class AccessStore:
    """The open database. `close` it."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if there is none; only this user of the machine may read it.

        Raises:
            AccessStoreFailed: it is no access database, a newer emporion's, or cannot be opened.
        """
        self.path = path
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._reader_lock, self._writer_lock = threading.Lock(), threading.RLock()
        self._revision, self._data_version, self._poll_at = -1, -1, 0.0
        try:
            _make_private(path)
            self._writer = _connect(path)
            try:
                self._set_up()
                self._reader = _connect(path)
            except BaseException:
                self._writer.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise AccessStoreFailed(f"{path}: {error}") from error

    @classmethod
    def open(cls, folder: Path) -> "AccessStore":
        """The database of the venue in a folder."""
        return cls(folder / FILE_NAME)

    @classmethod
    def temporary(cls) -> "AccessStore":
        """One that is gone when it is closed, for a venue in memory. Other processes may open its `path`."""
        folder = tempfile.TemporaryDirectory(prefix="emporion-access-")
        store = cls(Path(folder.name) / FILE_NAME)
        store._temporary = folder
        return store

    def rows(self, sql: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query, as of the last write that returned."""
        try:
            with self._reader_lock:
                return self._reader.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise AccessStoreFailed(f"{self.path}: {error}") from error

    def row(self, sql: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    @contextmanager
    def write(self, quiet: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on disk afterwards, or none if the block raises.

        Args:
            quiet: nobody's rights change (times of use, guesses), so no cache need be read again.
        Raises:
            sqlite3.IntegrityError: from within the block, for the caller to say what it means.
            AccessStoreFailed: the disk is full, or another process has been writing for too long.
        """
        with self._writer_lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    if not quiet:
                        self._writer.execute("UPDATE meta SET revision = revision + 1")
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as error:
                raise AccessStoreFailed(f"{self.path}: {error}") from error
            self._poll_at = 0.0  # This process sees its own change at once.

    def revision(self) -> int:
        """Differs from what it was when somebody's rights may have changed; at most POLL_SECONDS late."""
        now = time.monotonic()
        if now < self._poll_at:
            return self._revision
        with self._reader_lock:
            self._poll_at = now + POLL_SECONDS  # First, so that a write meanwhile is not missed.
            try:
                (data_version,) = self._reader.execute("PRAGMA data_version").fetchone()
                if data_version != self._data_version:
                    (self._revision,) = self._reader.execute("SELECT revision FROM meta").fetchone()
                    self._data_version = data_version
            except sqlite3.Error as error:
                raise AccessStoreFailed(f"{self.path}: {error}") from error
        return self._revision

    @property
    def salt(self) -> bytes:
        """32 bytes drawn when the database was made, for hashes that should not be looked up elsewhere."""
        row = self.row("SELECT salt FROM meta")
        assert row is not None
        return bytes(row["salt"])

    def close(self) -> None:
        """Let go of the file. Closing twice does nothing more."""
        with self._writer_lock, self._reader_lock:
            self._reader.close()
            self._writer.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> "AccessStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _set_up(self) -> None:
        """Make the tables of a new file; of an old one, see that they are ours."""
        with self._writer_lock:
            self._writer.execute("BEGIN IMMEDIATE")  # Of several processes that come first, one makes the tables.
            try:
                (version,) = self._writer.execute("PRAGMA user_version").fetchone()
                (application,) = self._writer.execute("PRAGMA application_id").fetchone()
                (tables,) = self._writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                if version == 0 and tables == 0:
                    for statement in _statements(SCHEMA):
                        self._writer.execute(statement)
                    self._writer.execute("INSERT INTO meta VALUES (1, 1, ?)", (os.urandom(32),))
                    self._writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                    self._writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                elif application != APPLICATION_ID:
                    raise AccessStoreFailed(f"{self.path} is not an access database; move it away")
                elif version != SCHEMA_VERSION:
                    raise AccessStoreFailed(
                        f"{self.path} is of version {version}, this emporion reads {SCHEMA_VERSION}; use the newer one"
                    )
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise


def _make_private(path: Path) -> None:
    """The file is there and nobody else's to read; SQLite gives its companions the same mode.

    An existing file is never opened here: closing it would let go of locks that SQLite has on it.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
    except FileExistsError:
        if path.stat().st_mode & 0o777 != FILE_MODE:
            os.chmod(path, FILE_MODE)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError:  # Another process is just making it so: the timeout does not cover this.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _statements(script: str) -> Iterator[str]:
    """A script's statements one by one: `executescript` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
