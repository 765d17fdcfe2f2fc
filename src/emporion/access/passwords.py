"""Passwords: argon2id, and secrets that only a password opens.

Both take tens of milliseconds and as much memory as `Cost` says, on purpose: run them in a worker
thread (libsodium lets go of the interpreter meanwhile). How many run at once is bounded, so that a
flood of sign-ins can take neither all memory nor all processors.
"""

import base64
import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import nacl.exceptions
import nacl.pwhash.argon2id as argon2id
import nacl.secret

from emporion.access.denied import AccessDenied

PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 10, 256
DISTINCT_CHARS_MIN = 5
AT_ONCE = 2
WAITING_MAX = 16


class Cost(NamedTuple):
    """What one hash takes. Written into each hash, so that raising it changes old ones at the next sign-in."""

    passes: int = 3
    bytes: int = 32 << 20


class Passwords:
    """Hashing within bounds. One per process."""

    def __init__(self, cost: Cost | None = None, at_once: int = AT_ONCE, waiting_max: int = WAITING_MAX) -> None:
        self.cost = cost or Cost()
        self._places = threading.BoundedSemaphore(at_once)
        self._count_lock = threading.Lock()
        self._count, self._count_max = 0, at_once + waiting_max
        self._nobodys = _hash_of_nothing(self.cost)

    def hash(self, password: str) -> str:
        """A hash to keep, with its own salt and the cost in it."""
        with self._place():
            return argon2id.str(_octets(password), self.cost.passes, self.cost.bytes).decode()

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether the password is that of the hash. Without a hash it is not, and that takes as long to find out.

        Raises:
            AccessDenied: RATE_LIMITED, too many are waiting for their turn.
        """
        with self._place():
            try:
                right = argon2id.verify((kept if kept is not None else self._nobodys).encode(), _octets(password))
            except nacl.exceptions.InvalidkeyError:
                return False
            return right and kept is not None

    def is_weak(self, kept: str) -> bool:
        """Whether a hash, or a sealed secret, was made at less cost than is usual now."""
        cost = _cost_of(kept)
        return cost.passes < self.cost.passes or cost.bytes < self.cost.bytes

    def seal(self, secret: bytes, password: str) -> str:
        """A secret that only the password opens: argon2id with its own salt, then XSalsa20-Poly1305."""
        salt = os.urandom(argon2id.SALTBYTES)
        sealed = nacl.secret.SecretBox(self._key(password, salt, self.cost)).encrypt(secret)
        texts = (base64.b64encode(part).decode().rstrip("=") for part in (salt, bytes(sealed)))
        return f"$sealed$v=1$m={self.cost.bytes >> 10},t={self.cost.passes},p=1${'$'.join(texts)}"

    def unseal(self, sealed: str, password: str) -> bytes | None:
        """The secret, or None if the password is another."""
        salt, box = (base64.b64decode(part + "==") for part in sealed.split("$")[4:6])
        key = self._key(password, salt, _cost_of(sealed))
        try:
            return nacl.secret.SecretBox(key).decrypt(box)
        except nacl.exceptions.CryptoError:
            return None

    def _key(self, password: str, salt: bytes, cost: Cost) -> bytes:
        with self._place():
            return argon2id.kdf(nacl.secret.SecretBox.KEY_SIZE, _octets(password), salt, cost.passes, cost.bytes)

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._count_lock:
            if self._count >= self._count_max:
                raise AccessDenied("RATE_LIMITED", "too many are signing in at this moment", retry_after_ms=1000)
            self._count += 1
        try:
            with self._places:
                yield
        finally:
            with self._count_lock:
                self._count -= 1


def check_new_password(password: str, login: str) -> None:
    """AccessDenied(BAD_PASSWORD) says what is wrong with a password that somebody wants to have."""
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        problem = f"give {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters"
    elif len(set(password)) < DISTINCT_CHARS_MIN:
        problem = f"give {DISTINCT_CHARS_MIN} different characters or more"
    elif login.casefold() in password.casefold():
        problem = "the login must not be part of it"
    else:
        return
    raise AccessDenied("BAD_PASSWORD", f"this password is easily guessed or too long: {problem}", "password")


def _hash_of_nothing(cost: Cost) -> str:
    """What looks like a hash and takes as long to verify, but no password fits."""
    salt, value = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (argon2id.SALTBYTES, 32))
    return f"$argon2id$v=19$m={cost.bytes >> 10},t={cost.passes},p=1${salt}${value}"


def _octets(password: str) -> bytes:
    """The same bytes for the same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _cost_of(kept: str) -> Cost:
    """The cost written into a hash or a sealed secret: "$...$v=..$m=32768,t=3,p=1$..."."""
    terms = dict(term.split("=") for term in kept.split("$")[3].split(","))
    return Cost(int(terms["t"]), int(terms["m"]) << 10)
