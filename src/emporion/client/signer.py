"""Whose requests these are: an API key signs each with the time and a word never used twice."""

import secrets
from urllib.parse import quote

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from emporion.engine.clock import Clock, SystemClock
from emporion.errors import BadValue
from emporion.wire import signing


class Signer:
    """Headers for requests. Without a key there are none: what is public can be read by anybody."""

    def __init__(self, key: str | None, secret: str | None, clock: Clock | None = None) -> None:
        """`secret` is the Ed25519 seed as 64 hexadecimal digits, as shown when the key was made."""
        if (key is None) != (secret is None):
            raise BadValue("give both key= and secret=, or neither for what is public")
        if key is not None and not (key.isascii() and key.isalnum()):
            raise BadValue(f"key: {key!r} is no key's id; it is letters and digits, as shown when the key was made")
        self.key = key
        self.offset_ns = 0  # The venue's clock less ours, once it said that ours is off.
        self.clock: Clock = clock or SystemClock()
        self._secret = b""
        if secret is not None:
            try:
                seed = bytes.fromhex(secret.strip())
            except ValueError:
                seed = b""
            if len(seed) != 32:
                raise BadValue("secret: give the 64 hexadecimal digits that were shown when the key was made")
            self._secret = crypto_sign_seed_keypair(seed)[1]

    def headers(self, method: str, target: str, account: str, body: bytes) -> list[tuple[str, str]]:
        """The headers of one sending: sent again, a request is signed again."""
        acting = account_header(account)
        if self.key is None:
            return []
        time_ns, nonce, signature = self.sign(method, target, acting, body)
        return [
            (signing.KEY_HEADER, self.key),
            (signing.TIME_HEADER, str(time_ns)),
            (signing.NONCE_HEADER, nonce),
            *([(signing.ACCOUNT_HEADER, acting)] if acting else []),
            (signing.SIGNATURE_HEADER, signature),
        ]

    def sign(self, method: str, target: str, acting: str, body: bytes) -> tuple[int, str, str]:
        """(time, nonce, signature) of one request; `acting` as it stands in the account header."""
        time_ns, nonce = self.clock.now_ns() + self.offset_ns, secrets.token_urlsafe(16)
        message = signing.signed_message(method, target, str(time_ns), nonce, acting, body)
        return time_ns, nonce, crypto_sign(message, self._secret)[:64].hex()


def account_header(account: str) -> str:
    """An account's name as headers carry it: percent-encoded UTF-8."""
    return quote(account, safe="")
