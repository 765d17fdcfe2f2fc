"""Against guessing: every try to sign in takes a unit of three buckets, and gets them back if it was right.

| bucket | tries at once | one more every | against |
|---|---|---|---|
| login from an address | 5 | 60 s | one guesser, one victim |
| address | 20 | 10 s | one guesser, many victims |
| login | 20 | 120 s | many guessers, one victim |

The login's would let anybody keep a user out by guessing, so it is not asked of an address that the
user signed in from in the last 30 days. The buckets are in the database: they hold over all
processes and over restarts. Names are hashed, since people type passwords where logins belong.

A fourth bucket is of newcomers, 100 at once and one more a minute from an address: each takes a
place in the venue's table of accounts for good.
"""

import hashlib
import sqlite3
from typing import NamedTuple

from emporion.access.addresses import group_of
from emporion.access.buckets import MS_NS, SECOND_NS
from emporion.access.denied import AccessDenied
from emporion.access.store import AccessStore

PAIR, ADDRESS, LOGIN, NEW = "pair", "address", "login", "new"
TRIES = {PAIR: (5, 60 * SECOND_NS), ADDRESS: (20, 10 * SECOND_NS), LOGIN: (20, 120 * SECOND_NS)}  # Burst, one every.
NEWCOMERS = (100, 60 * SECOND_NS)
PLACE_NS = 30 * 24 * 3600 * SECOND_NS
PLACES_MAX = 20  # Of one login; the one not seen for longest gives way.
WHO_BYTES = 8  # A place begins with whose it is.
ROWS_MAX = 100_000


class Try(NamedTuple):
    """What a try took, to be given back if it was right."""

    place: bytes  # The login and the address, as a place the user comes from.
    pair: bytes  # And as a bucket.
    taken: tuple[tuple[bytes, int], ...]  # Buckets, and the time of a unit of each.


class Guesses:
    """The buckets of one database."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._salt = store.salt

    def begin(self, login: str, address: str, now_ns: int) -> "Try":
        """Take a unit of each bucket before looking at a password; AccessDenied(RATE_LIMITED) if one is empty.

        Before, not after: tries that come at the same time must not all see the same bucket.
        """
        place, names = self._names(login, address)
        taken = []
        with self._store.write(quiet=True) as sql:
            known = sql.execute(
                "SELECT 1 FROM places WHERE name = ? AND seen_ns > ?", (place, now_ns - PLACE_NS)
            ).fetchone()
            for kind, name in names.items():
                if kind == LOGIN and known:
                    continue
                burst, unit_ns = TRIES[kind]
                _take(sql, name, burst, unit_ns, now_ns, "tries went wrong")
                taken.append((name, unit_ns))
            _forget(sql, now_ns)
        return Try(place, names[PAIR], tuple(taken))

    def give_back(self, done: "Try", now_ns: int, signed_in: bool) -> None:
        """The password was right: return what the try took. `signed_in`: the address is now one the user comes from."""
        with self._store.write(quiet=True) as sql:
            for name, unit_ns in done.taken:
                sql.execute("UPDATE guesses SET full_ns = full_ns - ? WHERE name = ?", (unit_ns, name))
            if signed_in:
                sql.execute("DELETE FROM guesses WHERE name = ?", (done.pair,))
                sql.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (done.place, now_ns))
                sql.execute(
                    "DELETE FROM places WHERE name IN (SELECT name FROM places WHERE name BETWEEN ? AND ?"
                    " ORDER BY seen_ns DESC LIMIT -1 OFFSET ?)",
                    (*_all_places(done.place), PLACES_MAX),
                )

    def newcomer(self, address: str, now_ns: int) -> None:
        """Somebody new comes from an address; AccessDenied(RATE_LIMITED) if too many have."""
        with self._store.write(quiet=True) as sql:
            _take(sql, self._hash(NEW, group_of(address)), *NEWCOMERS, now_ns, "have come from this address")
            _forget(sql, now_ns)

    def _names(self, login: str, address: str) -> tuple[bytes, dict[str, bytes]]:
        where, who = group_of(address), login.casefold()
        texts = {PAIR: f"{where} {who}", ADDRESS: where, LOGIN: who}
        place = self._hash("who", who)[:WHO_BYTES] + self._hash("place", texts[PAIR])
        return place, {kind: self._hash(kind, text) for kind, text in texts.items()}

    def _hash(self, kind: str, text: str) -> bytes:
        octets = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(octets, digest_size=16, key=self._salt, person=kind.encode()).digest()


def _all_places(place: bytes) -> tuple[bytes, bytes]:
    """The least and the greatest name that places of the same login can have."""
    who, size = place[:WHO_BYTES], len(place) - WHO_BYTES
    return who + bytes(size), who + b"\xff" * size


def _take(sql: sqlite3.Connection, name: bytes, burst: int, unit_ns: int, now_ns: int, what: str) -> None:
    """A unit of a bucket (see buckets.py), or AccessDenied; the transaction is then undone."""
    row = sql.execute("SELECT full_ns FROM guesses WHERE name = ?", (name,)).fetchone()
    later_ns = max(row["full_ns"] if row else 0, now_ns) + unit_ns
    over_ns = later_ns - now_ns - burst * unit_ns
    if over_ns > 0:
        retry_ms = -(-over_ns // MS_NS)
        raise AccessDenied("RATE_LIMITED", f"too many {what}; wait {-(-retry_ms // 1000)} s", retry_after_ms=retry_ms)
    sql.execute("INSERT OR REPLACE INTO guesses VALUES (?, ?)", (name, later_ns))


def _forget(sql: sqlite3.Connection, now_ns: int) -> None:
    """Drop full buckets, and of too many the ones that are full soonest."""
    sql.execute("DELETE FROM guesses WHERE full_ns <= ?", (now_ns,))
    (count,) = sql.execute("SELECT count(*) FROM guesses").fetchone()
    if count > ROWS_MAX:
        sql.execute(
            "DELETE FROM guesses WHERE name IN (SELECT name FROM guesses ORDER BY full_ns LIMIT ?)", (count - ROWS_MAX,)
        )
