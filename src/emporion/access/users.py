"""Users: who there is, and which account is whose. Passwords themselves are `people.py`'s."""

import re
import secrets
import sqlite3
from typing import Any, NamedTuple

from emporion.access.buckets import SECOND_NS
from emporion.access.denied import AccessDenied
from emporion.access.records import User
from emporion.access.store import AccessStore
from emporion.errors import BadValue

LOGIN_PATTERN = re.compile(r"[A-Za-z0-9._@+-]{3,64}")
OPENING_NS = 30 * SECOND_NS
DEMO_NS = 24 * 3600 * SECOND_NS

COLUMNS = "user_id, login, account_id, account, is_operator, is_demo, totp IS NOT NULL AS has_totp, created_ns"


class Kept(NamedTuple):
    """What is kept of a user's secrets: hashed or sealed."""

    password: str | None
    totp: str | None
    totp_step: int
    offer: str | None
    offer_ns: int


class Users:
    """The users of one database."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    def add(
        self,
        login: str,
        password_hash: str | None,
        now_ns: int,
        *,
        is_operator: bool = False,
        account: tuple[int, str] | None = None,
        is_demo: bool = False,
    ) -> User:
        """A new user.

        Args:
            password_hash: of `Passwords.hash`; None: nobody signs in with a password.
            account: number and name of an account that is there; None: opened at the first sign-in.
        Raises:
            BadValue: this is no login.
            AccessDenied: LOGIN_TAKEN, also where the account is another user's.
        """
        check_login(login)
        account_id, name = account or (None, None)
        try:
            with self._store.write() as sql:
                user_id = sql.execute(
                    "INSERT INTO users (login, password, account_id, account, is_operator, is_demo, created_ns)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (login, password_hash, account_id, name, is_operator, is_demo, now_ns),
                ).lastrowid
        except sqlite3.IntegrityError as error:
            if "account" in str(error):
                raise AccessDenied("LOGIN_TAKEN", f"the account {name!r} is another user's", "account") from None
            raise AccessDenied("LOGIN_TAKEN", f"the login {login!r} is taken", "login") from None
        assert user_id is not None
        return self.get(user_id)

    def add_demo(self, now_ns: int, *, is_operator: bool = False) -> User:
        """A user of a demonstration, whom only the session that is started next will ever be."""
        role = "operator" if is_operator else "trader"
        return self.add(f"demo-{role}-{secrets.token_hex(5)}", None, now_ns, is_operator=is_operator, is_demo=True)

    def find(self, login: str) -> User | None:
        """The user of a login, in any case of letters."""
        if not LOGIN_PATTERN.fullmatch(login):  # Whatever people type there: the database takes no odd text.
            return None
        row = self._store.row(f"SELECT {COLUMNS} FROM users WHERE login = ?", (login,))
        return _user(row) if row else None

    def get(self, user_id: int) -> User:
        """The user of a number; AccessDenied(NOT_FOUND) if removed."""
        row = self._store.row(f"SELECT {COLUMNS} FROM users WHERE user_id = ?", (user_id,))
        if row is None:
            raise AccessDenied("NOT_FOUND", f"there is no user {user_id}")
        return _user(row)

    def named(self, login: str) -> User:
        """The user of a login; AccessDenied(NOT_FOUND) if there is none."""
        user = self.find(login)
        if user is None:
            raise AccessDenied("NOT_FOUND", f"there is no user {login!r}", "login")
        return user

    def page(self, after: int = 0, limit: int = 100) -> list[User]:
        """Users in order of their numbers, from after `after` on."""
        rows = self._store.rows(
            f"SELECT {COLUMNS} FROM users WHERE user_id > ? ORDER BY user_id LIMIT ?", (after, limit)
        )
        return [_user(row) for row in rows]

    def claim_opening(self, user_id: int, now_ns: int) -> bool:
        """Whether the caller is the one to open the user's account now; for 30 s nobody else is told so."""
        with self._store.write(quiet=True) as sql:
            done = sql.execute(
                "UPDATE users SET opening_ns = ? WHERE user_id = ? AND account_id IS NULL AND opening_ns <= ?",
                (now_ns, user_id, now_ns - OPENING_NS),
            )
            return done.rowcount == 1

    def set_account(self, user_id: int, account_id: int, account: str) -> User:
        """The account that was opened for the user; one that the user has already stays.

        Bind an account only to the user it was just opened for, never because its name is the
        login: somebody may sign up under the name of another's account.

        Raises:
            AccessDenied: LOGIN_TAKEN, the account is another user's; NOT_FOUND, no such user.
        """
        try:
            with self._store.write() as sql:
                sql.execute(
                    "UPDATE users SET account_id = ?, account = ? WHERE user_id = ? AND account_id IS NULL",
                    (account_id, account, user_id),
                )
        except sqlite3.IntegrityError:
            raise AccessDenied("LOGIN_TAKEN", f"the account {account!r} is another user's", "account") from None
        return self.get(user_id)

    def set_operator(self, user_id: int, is_operator: bool) -> User:
        """Make a user an operator or none; keys and sessions may do as much or as little from now on."""
        with self._store.write() as sql:
            sql.execute("UPDATE users SET is_operator = ? WHERE user_id = ?", (is_operator, user_id))
        return self.get(user_id)

    def remove(self, user_id: int) -> None:
        """Remove a user with all keys and sessions, at once. The account stays in the venue."""
        with self._store.write() as sql:
            sql.execute("DELETE FROM users WHERE user_id = ?", (user_id,))

    def remove_old_demos(self, now_ns: int) -> int:
        """Remove demonstration users older than a day who have no session; how many."""
        with self._store.write() as sql:
            done = sql.execute(
                "DELETE FROM users WHERE is_demo AND created_ns < ? AND NOT EXISTS"
                " (SELECT 1 FROM sessions WHERE sessions.user_id = users.user_id AND ends_ns > ?)",
                (now_ns - DEMO_NS, now_ns),
            )
            return done.rowcount

    def kept(self, user_id: int) -> Kept:
        """What is kept of a user's secrets; AccessDenied(NOT_FOUND) if removed."""
        row = self._store.row(f"SELECT {', '.join(Kept._fields)} FROM users WHERE user_id = ?", (user_id,))
        if row is None:
            raise AccessDenied("NOT_FOUND", f"there is no user {user_id}")
        return Kept(*row)


def check_login(login: str) -> None:
    """BadValue unless it can be a login."""
    if not LOGIN_PATTERN.fullmatch(login):
        raise BadValue(f"login {login!r}: give 3 to 64 characters of A-Z a-z 0-9 . _ @ + -")


def _user(row: Any) -> User:
    return User(
        row["user_id"],
        row["login"],
        row["account_id"],
        row["account"],
        bool(row["is_operator"]),
        bool(row["is_demo"]),
        bool(row["has_totp"]),
        row["created_ns"],
    )
