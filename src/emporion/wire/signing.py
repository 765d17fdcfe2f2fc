"""How a request is signed: Ed25519 over what it asks, for whom, and when.

The message is six lines, each ended by a newline:

    emporion-v1
    POST
    /v1/orders?x=y               path and query, as sent
    1790000000000000000          Emporion-Time: nanoseconds since 1970 UTC
    5f0c...                      Emporion-Nonce: 16 to 64 characters of A-Z a-z 0-9 - _, never used twice by a key
    ann.desk                     Emporion-Account: the account acted for, percent-encoded UTF-8; empty: the key's own

and then the BLAKE2b-256 of the body as 64 hexadecimal digits. Headers: Emporion-Key, Emporion-Time,
Emporion-Nonce, Emporion-Account (may be left out), Emporion-Signature (128 hexadecimal digits).
"""

import hashlib
import re

KEY_HEADER = "emporion-key"
TIME_HEADER = "emporion-time"
NONCE_HEADER = "emporion-nonce"
ACCOUNT_HEADER = "emporion-account"
SIGNATURE_HEADER = "emporion-signature"
WINDOW_NS = 10_000_000_000  # How far the time may lie behind the venue's clock.
AHEAD_NS = 2_000_000_000  # And ahead. Shorter: a venue that restarts must wait so long before it knows repeats again.
NONCE_PATTERN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def signed_message(method: str, target: str, time_ns: str, nonce: str, account: str, body: bytes) -> bytes:
    """What is signed. `target` is path and query as they stand in the request line; `account` as in its header."""
    digest = hashlib.blake2b(body, digest_size=32).hexdigest()
    return f"emporion-v1\n{method}\n{target}\n{time_ns}\n{nonce}\n{account}\n{digest}".encode()
