"""People: signing up and in, passwords, second factors.

Each of these hashes a password, which takes long on purpose: call them by `Turns.take`.
"""

from emporion.access import totp
from emporion.access.buckets import SECOND_NS
from emporion.access.denied import AccessDenied
from emporion.access.guesses import Guesses
from emporion.access.passwords import Passwords, check_new_password
from emporion.access.records import SessionRecord, User
from emporion.access.sessions import Sessions
from emporion.access.store import AccessStore
from emporion.access.users import Kept, Users, check_login
from emporion.wire.identity import TotpOffer

OFFER_NS = 15 * 60 * SECOND_NS  # How long an offered secret can be confirmed.
NO_MATCH = "login or password is wrong"


class People:
    """What people do with one database.

    In all methods `address` is where the request came from: tries that go wrong are counted per
    address and login, and RATE_LIMITED says when to go on.
    """

    def __init__(
        self, store: AccessStore, users: Users, sessions: Sessions, passwords: Passwords, issuer: str = "emporion"
    ) -> None:
        self._store, self._users, self._sessions, self._passwords = store, users, sessions, passwords
        self._guesses = Guesses(store)
        self._issuer = issuer  # What authenticators call the venue.

    def sign_up(
        self,
        login: str,
        password: str,
        now_ns: int,
        *,
        is_operator: bool = False,
        account: tuple[int, str] | None = None,
        address: str = "",
    ) -> User:
        """A new user; see `Users.add`. Without an address it is who runs the venue that makes them.

        Raises:
            AccessDenied: BAD_PASSWORD, LOGIN_TAKEN, RATE_LIMITED.
        """
        check_login(login)
        check_new_password(password, login)
        if self._users.find(login) is not None:  # Before the work; `add` decides.
            raise AccessDenied("LOGIN_TAKEN", f"the login {login!r} is taken", "login")
        if address:
            self._guesses.newcomer(address, now_ns)
        hashed = self._passwords.hash(password)
        return self._users.add(login, hashed, now_ns, is_operator=is_operator, account=account)

    def sit_down(self, address: str, now_ns: int, is_operator: bool = False) -> User:
        """A new user of a demonstration; `Sessions.start` is the only way in for them. AccessDenied: RATE_LIMITED."""
        self._guesses.newcomer(address, now_ns)
        self._users.remove_old_demos(now_ns)
        return self._users.add_demo(now_ns, is_operator=is_operator)

    def sign_in(
        self, login: str, password: str, code: str | None, address: str, now_ns: int, agent: str = ""
    ) -> tuple[str, SessionRecord]:
        """Begin a session: its token, for the cookie, and its record.

        Raises:
            AccessDenied: WRONG_PASSWORD, TOTP_REQUIRED, WRONG_CODE, RATE_LIMITED.
        """
        guess = self._guesses.begin(login, address, now_ns)
        user = self._users.find(login)
        kept = self._users.kept(user.user_id) if user is not None else None
        if not self._passwords.verify(kept.password if kept else None, password) or user is None or kept is None:
            raise AccessDenied("WRONG_PASSWORD", NO_MATCH)
        if kept.totp is not None:
            if code is None:
                self._guesses.give_back(guess, now_ns, signed_in=False)
                raise AccessDenied("TOTP_REQUIRED", "give the code of your authenticator, too", "code")
            self._use_code(user, self._opened(kept.totp, password), code, now_ns)
        self._guesses.give_back(guess, now_ns, signed_in=True)
        self._strengthen(user, kept, password)
        return self._sessions.start(user, now_ns, address, agent)

    def change_password(
        self, user_id: int, old: str, new: str, address: str, now_ns: int, keep_session: str = ""
    ) -> None:
        """Another password; all sessions end but the one with the id `keep_session`. The second factor stays.

        Raises:
            AccessDenied: WRONG_PASSWORD, BAD_PASSWORD, RATE_LIMITED.
        """
        user = self._users.get(user_id)
        check_new_password(new, user.login)
        kept = self._checked(user, old, address, now_ns)
        sealed = self._passwords.seal(self._opened(kept.totp, old), new) if kept.totp is not None else None
        hashed = self._passwords.hash(new)
        with self._store.write() as sql:
            done = sql.execute(
                "UPDATE users SET password = ?, totp = ?, offer = NULL"
                " WHERE user_id = ? AND password = ? AND totp IS ?",
                (hashed, sealed, user_id, kept.password, kept.totp),
            )
            if done.rowcount == 0:  # Changed by somebody else while we hashed.
                raise AccessDenied("WRONG_PASSWORD", "password or second factor were changed meanwhile; try again")
            sql.execute("DELETE FROM sessions WHERE user_id = ? AND session_id != ?", (user_id, keep_session))

    def reset_password(self, user_id: int, new: str) -> bool:
        """Another password without the old one, by who runs the venue. All sessions end.

        Returns:
            Whether a second factor was lost by that: its secret opens with the old password only.
        """
        user = self._users.get(user_id)
        check_new_password(new, user.login)
        hashed = self._passwords.hash(new)
        with self._store.write() as sql:
            sql.execute("UPDATE users SET password = ?, totp = NULL, offer = NULL WHERE user_id = ?", (hashed, user_id))
            sql.execute("DELETE FROM sessions WHERE user_id = ?", (user_id,))
        return user.totp

    def begin_totp(self, user_id: int, password: str, address: str, now_ns: int) -> TotpOffer:
        """Offer a secret for an authenticator; it counts once `confirm_totp` has seen a code of it.

        Raises:
            AccessDenied: WRONG_PASSWORD, TOTP_ON, RATE_LIMITED.
        """
        user = self._users.get(user_id)
        self._checked(user, password, address, now_ns)
        if user.totp:
            raise AccessDenied("TOTP_ON", "there is a second factor already; turn it off first")
        secret = totp.new_secret()
        sealed = self._passwords.seal(secret, password)
        with self._store.write(quiet=True) as sql:
            sql.execute("UPDATE users SET offer = ?, offer_ns = ? WHERE user_id = ?", (sealed, now_ns, user_id))
        uri = totp.uri(secret, user.login, self._issuer)
        return TotpOffer(totp.secret_text(secret), uri, totp.svg(uri))

    def confirm_totp(
        self, user_id: int, password: str, code: str, address: str, now_ns: int, keep_session: str = ""
    ) -> None:
        """Turn the offered secret on; other sessions end, since they were begun without it.

        Raises:
            AccessDenied: WRONG_PASSWORD, WRONG_CODE, TOTP_ON, TOTP_OFF (nothing was offered lately), RATE_LIMITED.
        """
        user = self._users.get(user_id)
        kept = self._checked(user, password, address, now_ns)
        if kept.totp is not None:
            raise AccessDenied("TOTP_ON", "there is a second factor already")
        if kept.offer is None or now_ns - kept.offer_ns > OFFER_NS:
            raise AccessDenied("TOTP_OFF", "no secret was offered in the last 15 minutes; begin again")
        step = totp.step_of_code(self._opened(kept.offer, password), code, now_ns)
        if step is None:
            raise AccessDenied("WRONG_CODE", "this is not the code of the offered secret now", "code")
        with self._store.write() as sql:
            done = sql.execute(
                "UPDATE users SET totp = offer, totp_step = ?, offer = NULL WHERE user_id = ? AND offer = ?",
                (step, user_id, kept.offer),
            )
            if done.rowcount == 0:
                raise AccessDenied("TOTP_OFF", "another secret was offered meanwhile; begin again")
            sql.execute("DELETE FROM sessions WHERE user_id = ? AND session_id != ?", (user_id, keep_session))

    def remove_totp(self, user_id: int, password: str, code: str, address: str, now_ns: int) -> None:
        """Turn the second factor off. AccessDenied: WRONG_PASSWORD, WRONG_CODE, TOTP_OFF, RATE_LIMITED."""
        user = self._users.get(user_id)
        kept = self._checked(user, password, address, now_ns)
        if kept.totp is None:
            raise AccessDenied("TOTP_OFF", "there is no second factor")
        self._use_code(user, self._opened(kept.totp, password), code, now_ns)
        self.drop_totp(user_id)

    def drop_totp(self, user_id: int) -> None:
        """Turn the second factor off, by who runs the venue."""
        with self._store.write() as sql:
            sql.execute("UPDATE users SET totp = NULL, offer = NULL WHERE user_id = ?", (user_id,))

    def _checked(self, user: User, password: str, address: str, now_ns: int) -> Kept:
        """What is kept of a user whose password this is; a wrong one counts as a guess."""
        guess = self._guesses.begin(user.login, address, now_ns)
        kept = self._users.kept(user.user_id)
        if not self._passwords.verify(kept.password, password):
            raise AccessDenied("WRONG_PASSWORD", "the password is wrong", "password")
        self._guesses.give_back(guess, now_ns, signed_in=False)
        return kept

    def _opened(self, sealed: str, password: str) -> bytes:
        """A secret sealed under the user's password, which was just found right."""
        secret = self._passwords.unseal(sealed, password)
        if secret is None:  # The password was changed between two reads.
            raise AccessDenied("WRONG_PASSWORD", NO_MATCH)
        return secret

    def _use_code(self, user: User, secret: bytes, code: str, now_ns: int) -> None:
        """Use a code up; AccessDenied(WRONG_CODE) if it is wrong or was used, here or in another process."""
        step = totp.step_of_code(secret, code, now_ns)
        if step is not None:
            with self._store.write(quiet=True) as sql:
                done = sql.execute(
                    "UPDATE users SET totp_step = ? WHERE user_id = ? AND totp_step < ?", (step, user.user_id, step)
                )
            if done.rowcount == 1:
                return
        raise AccessDenied("WRONG_CODE", "the code is wrong, or was used before: wait for the next one", "code")

    def _strengthen(self, user: User, kept: Kept, password: str) -> None:
        """Hash and seal again at today's cost, where that was raised since."""
        assert kept.password is not None
        hashed, sealed = kept.password, kept.totp
        if self._passwords.is_weak(hashed):
            hashed = self._passwords.hash(password)
        if sealed is not None and self._passwords.is_weak(sealed):
            sealed = self._passwords.seal(self._opened(sealed, password), password)
        if (hashed, sealed) != (kept.password, kept.totp):
            with self._store.write(quiet=True) as sql:
                sql.execute(
                    "UPDATE users SET password = ?, totp = ? WHERE user_id = ? AND password = ? AND totp IS ?",
                    (hashed, sealed, user.user_id, kept.password, kept.totp),
                )
