"""Passwords: argon2id, and secrets that only a password opens.

Both take tens of milliseconds and as much memory as `Cost` says, on purpose. On an event loop,
`turns.py` sees to it that they neither hold it up nor take all memory and processors.
"""

import base64
import os
import unicodedata
from typing import NamedTuple

import nacl.exceptions
import nacl.pwhash.argon2id as argon2id
import nacl.secret

from emporion.access.denied import AccessDenied

PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 10, 256
DISTINCT_CHARS_MIN = 5


class Cost(NamedTuple):
    """What one hash takes. Written into each hash, so that raising it changes old ones at the next sign-in."""

    passes: int = 3
    bytes: int = 32 << 20


class Passwords:
    """Hashing at a cost. May be used from several threads: libsodium lets go of the interpreter meanwhile."""

    def __init__(self, cost: Cost | None = None) -> None:
        self.cost = cost or Cost()
        self._nobodys = _hash_of_nothing(self.cost)

    def hash(self, password: str) -> str:
        """A hash to keep, with its own salt and the cost in it."""
        return argon2id.str(_octets(password), self.cost.passes, self.cost.bytes).decode()

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether the password is that of the hash. Without a hash it is not, and that takes as long to find out."""
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
        return argon2id.kdf(nacl.secret.SecretBox.KEY_SIZE, _octets(password), salt, cost.passes, cost.bytes)


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
