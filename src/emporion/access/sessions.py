"""Sessions of people: a random token in a cookie, and only its hash here.

A session ends twelve hours after it was last used, and seven days after it began in any case.
"""

import hashlib
import secrets
from typing import Any

import msgspec

from emporion.access.buckets import SECOND_NS
from emporion.access.denied import AccessDenied
from emporion.access.keys import new_id
from emporion.access.records import OPERATOR_SCOPES, USER_SCOPES, SessionRecord, User
from emporion.access.store import AccessStore
from emporion.access.tickets import Ticket

TOKEN_BYTES = 32
IDLE_NS = 12 * 3600 * SECOND_NS
WHOLE_NS = 7 * 24 * 3600 * SECOND_NS
MINUTE_NS = 60 * SECOND_NS
UNWRITTEN_NS = 60 * MINUTE_NS  # A use of a session is written down after so long at the latest.
SESSIONS_MAX = 50  # Of one user; a further one ends the oldest.
ADDRESS_CHARS_MAX = 64
AGENT_CHARS_MAX = 200
CACHED_MAX = 10_000

SELECT = """
SELECT token_hash, session_id, sessions.user_id, login, account_id, account, is_operator, totp IS NOT NULL AS has_totp,
    is_demo, sessions.created_ns, used_ns, ends_ns, address, agent
FROM sessions JOIN users USING (user_id)
"""


class Sessions:
    """The sessions of one database. `demo`: whether sessions of demonstration users count."""

    def __init__(
        self, store: AccessStore, demo: bool = False, idle_ns: int = IDLE_NS, whole_ns: int = WHOLE_NS
    ) -> None:
        self._store, self._demo, self._idle_ns, self._whole_ns = store, demo, idle_ns, whole_ns
        self._cache: dict[str, SessionRecord] = {}  # By token.
        self._cached_at = -1
        self._used: dict[bytes, int] = {}  # Token hash: when last used, where that is not written yet.

    def start(self, user: User, now_ns: int, address: str = "", agent: str = "") -> tuple[str, SessionRecord]:
        """A new session: its token, told only now, and the record."""
        token, session_id = secrets.token_urlsafe(TOKEN_BYTES), f"s-{new_id()}"
        hashed = _hash(token)
        with self._store.write() as sql:
            long_ago_ns = now_ns - self._idle_ns - UNWRITTEN_NS
            sql.execute("DELETE FROM sessions WHERE ends_ns <= ? OR used_ns <= ?", (now_ns, long_ago_ns))
            sql.execute(
                "DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE user_id = ?"
                " ORDER BY created_ns DESC LIMIT -1 OFFSET ?)",
                (user.user_id, SESSIONS_MAX - 1),
            )
            sql.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    hashed,
                    session_id,
                    user.user_id,
                    now_ns,
                    now_ns,
                    now_ns + self._whole_ns,
                    address[:ADDRESS_CHARS_MAX],
                    agent[:AGENT_CHARS_MAX].encode("utf-8", "replace").decode(),
                ),
            )
        return token, self.find(token, now_ns)

    def find(self, token: str, now_ns: int) -> SessionRecord:
        """The session of a token, which is used by that; AccessDenied(NOT_SIGNED_IN) if there is none any more."""
        revision = self._store.revision()
        if revision != self._cached_at or len(self._cache) > CACHED_MAX:
            self._cache, self._cached_at = {}, revision
        cache = self._cache  # This one, should another thread begin a new one meanwhile.
        record = cache.get(token)
        if record is None or record.expires_ns <= now_ns:  # It may have been used in another process.
            row = self._store.row(f"{SELECT} WHERE token_hash = ?", (_hash(token),))
            record = self._record(row) if row is not None else None
            if record is None or record.expires_ns <= now_ns or (record.is_demo and not self._demo):
                raise AccessDenied("NOT_SIGNED_IN", "sign in: there is no session, or it has ended")
            cache[token] = record
        if now_ns - record.used_ns >= MINUTE_NS:
            self._used[_hash(token)] = now_ns
            expires_ns = min(record.ends_ns, now_ns + self._idle_ns)
            cache[token] = record = msgspec.structs.replace(record, used_ns=now_ns, expires_ns=expires_ns)
        return record

    def ticket(self, record: SessionRecord, now_ns: int, cost: int = 1) -> Ticket:
        """The ticket of a request in a session: rates are counted, repeats are the cookie's business."""
        return Ticket(record.session_id, "", now_ns, cost)

    def of_user(self, user_id: int, now_ns: int) -> list[SessionRecord]:
        """The sessions of a user that have not ended, newest first."""
        rows = self._store.rows(f"{SELECT} WHERE sessions.user_id = ? ORDER BY sessions.created_ns DESC", (user_id,))
        return [record for record in map(self._record, rows) if record.expires_ns > now_ns]

    def end(self, token: str) -> None:
        """End the session of a token; nothing happens if there is none."""
        with self._store.write() as sql:
            sql.execute("DELETE FROM sessions WHERE token_hash = ?", (_hash(token),))

    def end_one(self, user_id: int, session_id: str) -> None:
        """End one session of a user; AccessDenied(NOT_FOUND) if the user has no such session."""
        with self._store.write() as sql:
            done = sql.execute("DELETE FROM sessions WHERE user_id = ? AND session_id = ?", (user_id, session_id))
            if done.rowcount == 0:
                raise AccessDenied("NOT_FOUND", f"there is no session {session_id[:80]!r}", "session_id")

    def end_all(self, user_id: int, but: str = "") -> None:
        """End all sessions of a user, but for the one with session id `but`."""
        with self._store.write() as sql:
            sql.execute("DELETE FROM sessions WHERE user_id = ? AND session_id != ?", (user_id, but))

    def flush(self) -> None:
        """Write down when sessions were last used."""
        used, self._used = self._used, {}
        if used:
            with self._store.write(quiet=True) as sql:
                sql.executemany(
                    "UPDATE sessions SET used_ns = max(used_ns, ?) WHERE token_hash = ?",
                    [(used_ns, hashed) for hashed, used_ns in used.items()],
                )

    def _record(self, row: Any) -> SessionRecord:
        used_ns = max(row["used_ns"], self._used.get(row["token_hash"], 0))
        return SessionRecord(
            row["session_id"],
            row["user_id"],
            row["login"],
            row["account_id"],
            row["account"],
            OPERATOR_SCOPES if row["is_operator"] else USER_SCOPES,
            bool(row["has_totp"]),
            bool(row["is_demo"]),
            row["created_ns"],
            used_ns,
            min(row["ends_ns"], used_ns + self._idle_ns),
            row["ends_ns"],
            row["address"],
            row["agent"],
        )


def _hash(token: str) -> bytes:
    """What is kept of a token. It is random enough that a plain hash tells nothing of it."""
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()
