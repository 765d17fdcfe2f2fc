"""API keys: a public id, an Ed25519 public key, and what its holder may do.

The secret half is never kept. Whoever makes a pair of their own need not even show it once.
"""

import base64
import secrets
import sqlite3
from collections.abc import Sequence
from typing import Any

import nacl.bindings as sodium

from emporion.access.addresses import network_of, network_text
from emporion.access.buckets import SECOND_NS, Rate
from emporion.access.denied import AccessDenied
from emporion.access.records import OPERATOR_SCOPES, USER_SCOPES, KeyRecord
from emporion.access.store import AccessStore
from emporion.errors import BadValue

KEYS_MAX = 100  # Of one user.
ADDRESSES_MAX = 32
LABEL_CHARS_MAX = 64
ID_CHARS = 16
MINUTE_NS = 60 * SECOND_NS
TIME_END_NS = 1 << 63
CACHED_MAX = 10_000

SELECT = """
SELECT key_id, keys.user_id, login, label, scopes, keys.account_id AS bound_account_id, keys.account AS bound_account,
    users.account_id AS home_account_id, users.account AS home_account, addresses, keys.created_ns, expires_ns,
    public_key, last_used_ns, per_second, burst, is_operator, is_demo
FROM keys JOIN users USING (user_id)
"""


class Keys:
    """The keys of one database. `demo`: whether keys of demonstration users count."""

    def __init__(self, store: AccessStore, demo: bool = False) -> None:
        self._store, self._demo = store, demo
        self._cache: dict[str, KeyRecord | None] = {}  # By key id; None: there is no such key.
        self._cached_at = -1
        self._used: dict[str, int] = {}  # Key id: minute of last use.
        self._unwritten: dict[str, int] = {}

    def find(self, key_id: str) -> KeyRecord | None:
        """The key of an id, or None; a change by another process is seen within `store.POLL_SECONDS`."""
        revision = self._store.revision()
        if revision != self._cached_at or len(self._cache) > CACHED_MAX:
            self._cache, self._cached_at = {}, revision
        cache = self._cache  # This one, should another thread begin a new one meanwhile.
        try:
            return cache[key_id]
        except KeyError:
            if not (key_id.isascii() and len(key_id) == ID_CHARS):  # Not worth a question, nor a place in the cache.
                return None
            row = self._store.row(f"{SELECT} WHERE key_id = ?", (key_id,))
            record = _record(row) if row is not None else None
            if record is not None and record.is_demo and not self._demo:
                record = None
            cache[key_id] = record
            return record

    def rate_of(self, key_id: str) -> Rate | None:
        """The rate of a key that has its own, for the doorman."""
        record = self.find(key_id)
        return record.rate if record is not None else None

    def make(
        self,
        user_id: int,
        now_ns: int,
        *,
        scopes: Sequence[str] = ("read",),
        label: str = "",
        account: tuple[int, str] | None = None,
        addresses: Sequence[str] = (),
        expires_ns: int | None = None,
        public_key: bytes | None = None,
        rate: Rate | None = None,
    ) -> tuple[KeyRecord, str | None]:
        """A new key of a user.

        Args:
            scopes: of `wire.values.Scope`; not more than the user's.
            account: number and name of the one account it acts for. The caller has seen to it that it
                is the user's.
            addresses: networks it may be used from; none: any.
            public_key: 32 bytes of the user's own pair; None: a pair is made here.
            rate: its own limit; None: the venue's.
        Returns:
            The record, and the secret seed as 64 hexadecimal digits where the pair was made here. It is
            kept nowhere.
        Raises:
            BadValue: a value is not what it should be.
            AccessDenied: SCOPE_MISSING, TOO_MANY, PUBLIC_KEY_TAKEN, NOT_FOUND (the user).
        """
        scopes = _ordered(scopes)
        networks = _networks(addresses)
        if len(label) > LABEL_CHARS_MAX or not (label == "" or label.isprintable()):
            raise BadValue(f"label: give at most {LABEL_CHARS_MAX} printable characters")
        if expires_ns is not None and expires_ns <= now_ns:
            raise BadValue(f"expires: {expires_ns} is not later than now, {now_ns}")
        if expires_ns is not None and expires_ns >= TIME_END_NS:
            raise BadValue("expires: later than times can be written; leave it out for a key that does not expire")
        if rate is not None:
            rate.checked("rate")
        seed = None
        if public_key is None:
            seed = secrets.token_bytes(sodium.crypto_sign_SEEDBYTES)
            public_key, _ = sodium.crypto_sign_seed_keypair(seed)
        else:
            _check_public_key(public_key)
        key_id = new_id()
        account_id, account_name = account or (None, None)
        with self._store.write() as sql:
            owner = sql.execute("SELECT is_operator FROM users WHERE user_id = ?", (user_id,)).fetchone()
            if owner is None:
                raise AccessDenied("NOT_FOUND", f"there is no user {user_id}")
            if "operate" in scopes and not owner["is_operator"]:
                raise AccessDenied("SCOPE_MISSING", "only an operator's key may have the scope operate", "scopes")
            (count,) = sql.execute("SELECT count(*) FROM keys WHERE user_id = ?", (user_id,)).fetchone()
            if count >= KEYS_MAX:
                raise AccessDenied("TOO_MANY", f"there are {count} keys, the most a user may have; revoke one first")
            if sql.execute("SELECT 1 FROM retired WHERE public_key = ?", (public_key,)).fetchone():
                raise AccessDenied(
                    "PUBLIC_KEY_TAKEN", "this public key was revoked once; make a new pair", "public_key"
                )
            try:
                sql.execute(
                    "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
                    (
                        key_id,
                        user_id,
                        label,
                        " ".join(scopes),
                        account_id,
                        account_name,
                        " ".join(networks),
                        now_ns,
                        expires_ns,
                        public_key,
                        *(rate or (None, None)),
                    ),
                )
            except sqlite3.IntegrityError:
                raise AccessDenied("PUBLIC_KEY_TAKEN", "this public key is in use", "public_key") from None
        return self._one(key_id), seed.hex() if seed is not None else None

    def of_user(self, user_id: int, after: str = "", limit: int = KEYS_MAX) -> list[KeyRecord]:
        """The keys of a user by id, from after the id `after` on."""
        rows = self._store.rows(
            f"{SELECT} WHERE keys.user_id = ? AND key_id > ? ORDER BY key_id LIMIT ?", (user_id, after, limit)
        )
        return [_record(row) for row in rows]

    def count(self, user_id: int) -> int:
        """How many keys a user has."""
        (row,) = self._store.rows("SELECT count(*) FROM keys WHERE user_id = ?", (user_id,))
        return int(row[0])

    def page(self, after: str = "", limit: int = 1000) -> list[KeyRecord]:
        """All keys by id, from after the id `after` on."""
        return [
            _record(row)
            for row in self._store.rows(f"{SELECT} WHERE key_id > ? ORDER BY key_id LIMIT ?", (after, limit))
        ]

    def revoke(self, key_id: str, user_id: int | None = None) -> None:
        """Revoke a key for good; with `user_id` only one of that user's. AccessDenied(NOT_FOUND) if there is none."""
        with self._store.write() as sql:
            done = sql.execute(
                "DELETE FROM keys WHERE key_id = ? AND (? IS NULL OR user_id = ?)", (key_id, user_id, user_id)
            )
            if done.rowcount == 0:
                raise AccessDenied("NOT_FOUND", f"there is no key {key_id!r}", "key_id")

    def used(self, key_id: str, now_ns: int) -> None:
        """A key was used: remembered to the minute, written by `flush`."""
        minute_ns = now_ns - now_ns % MINUTE_NS
        if self._used.get(key_id) != minute_ns:
            if len(self._used) > CACHED_MAX:
                self._used = {}
            self._used[key_id] = self._unwritten[key_id] = minute_ns

    def flush(self) -> None:
        """Write down when keys were last used."""
        used, self._unwritten = self._unwritten, {}
        if used:
            with self._store.write(quiet=True) as sql:
                sql.executemany(
                    "UPDATE keys SET last_used_ns = max(coalesce(last_used_ns, 0), ?) WHERE key_id = ?",
                    [(minute_ns, key_id) for key_id, minute_ns in used.items()],
                )

    def _one(self, key_id: str) -> KeyRecord:
        row = self._store.row(f"{SELECT} WHERE key_id = ?", (key_id,))
        if row is None:  # Revoked by somebody else just now.
            raise AccessDenied("NOT_FOUND", f"there is no key {key_id!r}", "key_id")
        return _record(row)


def new_id() -> str:
    """A public id: 16 letters and digits that nobody else has, none that a command line would take for an option."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def _record(row: Any) -> KeyRecord:
    allowed = OPERATOR_SCOPES if row["is_operator"] else USER_SCOPES
    addresses = tuple(row["addresses"].split())
    return KeyRecord(
        row["key_id"],
        row["user_id"],
        row["login"],
        row["label"],
        tuple(scope for scope in row["scopes"].split() if scope in allowed),
        row["bound_account_id"],
        row["bound_account"],
        row["home_account_id"],
        row["home_account"],
        addresses,
        tuple(map(network_of, addresses)),
        row["created_ns"],
        row["expires_ns"],
        bytes(row["public_key"]),
        row["last_used_ns"],
        Rate(row["per_second"], row["burst"]) if row["per_second"] is not None else None,
        bool(row["is_demo"]),
    )


def _ordered(scopes: Sequence[str]) -> tuple[str, ...]:
    """The scopes once each, in their usual order."""
    unknown = [scope for scope in scopes if scope not in OPERATOR_SCOPES]
    if unknown or not scopes:
        given = ", ".join(map(repr, unknown)) or "none"
        raise BadValue(f"scopes: {given} given; give one or more of {', '.join(OPERATOR_SCOPES)}")
    return tuple(scope for scope in OPERATOR_SCOPES if scope in scopes)


def _networks(addresses: Sequence[str]) -> list[str]:
    if len(addresses) > ADDRESSES_MAX:
        raise BadValue(f"addresses: {len(addresses)} given; give at most {ADDRESSES_MAX}")
    return [network_text(address) for address in addresses]


def _check_public_key(public_key: bytes) -> None:
    """BadValue for what is no point of the curve, or one of the few that any signature fits."""
    if len(public_key) != sodium.crypto_sign_PUBLICKEYBYTES:
        raise BadValue(f"public key: {len(public_key)} bytes; an Ed25519 public key has 32")
    if not sodium.crypto_core_ed25519_is_valid_point(public_key):
        raise BadValue("public key: this is not an Ed25519 public key")
