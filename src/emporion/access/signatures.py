"""Whether a signed request is its key's. What a signature covers is in `wire/signing.py`.

Pure but for the key looked up: the time is given, and that a nonce was not used before is the
doorman's to say, who sees all gateways' requests. What is cheap is checked before the signature,
so that a flood of nonsense costs little; nothing is told to a stranger but what is public anyway.
"""

from binascii import unhexlify
from typing import NamedTuple
from urllib.parse import unquote

import nacl.bindings as sodium
from nacl.exceptions import BadSignatureError

from emporion.access.addresses import Network, address_of, is_in
from emporion.access.denied import AccessDenied
from emporion.access.keys import Keys
from emporion.access.nonces import stale_text
from emporion.access.records import Caller, key_caller
from emporion.access.tickets import Ticket
from emporion.errors import BadValue
from emporion.wire.signing import (
    ACCOUNT_HEADER,
    AHEAD_NS,
    KEY_HEADER,
    NONCE_HEADER,
    NONCE_PATTERN,
    SIGNATURE_HEADER,
    TIME_HEADER,
    WINDOW_NS,
    signed_message,
)

TIME_DIGITS_MAX = 19
SIGNATURE_HEX = 2 * sodium.crypto_sign_BYTES


class SignedRequest(NamedTuple):
    """A request as it came. Headers are text as sent, "" where there is none."""

    method: str
    target: str  # Path and query as in the request line.
    body: bytes
    key: str
    time: str
    nonce: str
    account: str
    signature: str


class Signed(NamedTuple):
    """A request that is its key's. It may still be a repeat: hand the ticket to the doorman."""

    caller: Caller
    ticket: Ticket


class Signatures:
    """Checks requests against the keys of one database."""

    def __init__(self, keys: Keys, window_ns: int = WINDOW_NS, ahead_ns: int = AHEAD_NS) -> None:
        self._keys, self._window_ns, self._ahead_ns = keys, window_ns, ahead_ns

    def check(self, request: SignedRequest, address: str, now_ns: int, scope: str = "", cost: int = 1) -> Signed:
        """Who signed a request.

        Args:
            address: where it came from, as the socket says.
            scope: what the request needs; "" if nothing. `require_scope` asks later, too.
            cost: rate-limit units for the ticket.
        Raises:
            AccessDenied: UNSIGNED, BAD_NONCE, STALE_TIME, UNKNOWN_KEY, ADDRESS_NOT_ALLOWED, KEY_EXPIRED,
                BAD_SIGNATURE, SCOPE_MISSING; `field` is the header at fault.
        """
        method, target, body, key_id, time_text, nonce, account, signature = request
        if not (key_id and time_text and nonce and signature):
            self._unsigned(request)
        if not (time_text.isascii() and time_text.isdigit() and len(time_text) <= TIME_DIGITS_MAX):
            raise AccessDenied("UNSIGNED", f"{TIME_HEADER} is not whole nanoseconds since 1970 UTC", TIME_HEADER)
        if NONCE_PATTERN.fullmatch(nonce) is None:
            raise AccessDenied("BAD_NONCE", "the nonce is not 16 to 64 characters of A-Z a-z 0-9 - _", NONCE_HEADER)
        time_ns = int(time_text)
        if not -self._ahead_ns <= now_ns - time_ns <= self._window_ns:
            raise AccessDenied("STALE_TIME", stale_text(time_ns, now_ns, self._window_ns, self._ahead_ns), TIME_HEADER)
        record = self._keys.find(key_id)
        if record is None:
            raise AccessDenied("UNKNOWN_KEY", "there is no such key, or it was revoked", KEY_HEADER)
        if record.networks and not _is_allowed(address, record.networks):
            raise AccessDenied("ADDRESS_NOT_ALLOWED", f"the key is not to be used from {address}", KEY_HEADER)
        if record.expires_ns is not None and record.expires_ns <= now_ns:
            raise AccessDenied("KEY_EXPIRED", f"the key expired at {record.expires_ns}", KEY_HEADER)
        try:
            signed = unhexlify(signature) + signed_message(method, target, time_text, nonce, account, body)
        except ValueError:  # No hexadecimal digits, or text that cannot have been sent.
            signed = b""
        if len(signature) != SIGNATURE_HEX or not signed:
            detail = f"the signature is not {SIGNATURE_HEX} hexadecimal digits"
            raise AccessDenied("UNSIGNED", detail, SIGNATURE_HEADER)
        try:
            sodium.crypto_sign_open(signed, record.public_key)
        except BadSignatureError:
            detail = "the signature is not this key's over method, target, time, nonce, account and body as they came"
            raise AccessDenied("BAD_SIGNATURE", detail, SIGNATURE_HEADER) from None
        if scope and scope not in record.scopes:
            raise scope_missing(scope, record.scopes)
        self._keys.used(key_id, now_ns)
        return Signed(key_caller(record, _decoded(account) if account else ""), Ticket(key_id, nonce, time_ns, cost))

    def _unsigned(self, request: SignedRequest) -> None:
        given = {
            KEY_HEADER: request.key,
            TIME_HEADER: request.time,
            NONCE_HEADER: request.nonce,
            SIGNATURE_HEADER: request.signature,
        }
        missing = [name for name, value in given.items() if not value]
        raise AccessDenied("UNSIGNED", f"the request lacks {', '.join(missing)}", missing[0])


def require_scope(caller: Caller, scope: str) -> None:
    """AccessDenied(SCOPE_MISSING) unless the caller may do this."""
    if scope not in caller.scopes:
        raise scope_missing(scope, caller.scopes)


def scope_missing(scope: str, scopes: tuple[str, ...]) -> AccessDenied:
    """What to raise where a scope is missing."""
    return AccessDenied("SCOPE_MISSING", f"this needs the scope {scope}; there is {', '.join(scopes) or 'none'}")


def _is_allowed(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        return is_in(address_of(address), networks)
    except BadValue:  # A Unix socket has no address; a key with networks is not for it.
        return False


def _decoded(account: str) -> str:
    try:
        return unquote(account, errors="strict")
    except UnicodeDecodeError:
        raise AccessDenied("UNSIGNED", "the account is not percent-encoded UTF-8", ACCOUNT_HEADER) from None
