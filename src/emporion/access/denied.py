"""Why somebody is not let in, or may not do what they ask: one list of codes."""

from emporion.errors import EmporionError

CODES = {  # Code: what it means.
    "UNSIGNED": "a signed request lacks one of its headers, or one is not written as it should be",
    "UNKNOWN_KEY": "there is no such key, or it was revoked",
    "BAD_SIGNATURE": "the signature is not this key's over this request",
    "KEY_EXPIRED": "the key's time is over",
    "ADDRESS_NOT_ALLOWED": "the key is not to be used from this address",
    "SCOPE_MISSING": "the key or user may not do this",
    "STALE_TIME": "the time of the request is outside the window",
    "BAD_NONCE": "the nonce is not 16 to 64 characters of A-Z a-z 0-9 - _",
    "REPLAYED": "the nonce was used before",
    "RATE_LIMITED": "too much was asked in too short a time",
    "NOT_SIGNED_IN": "there is no session, or it has ended",
    "WRONG_PASSWORD": "login or password is wrong; which of them is not said",
    "TOTP_REQUIRED": "the password is right, and a code of the authenticator is needed",
    "WRONG_CODE": "the code is wrong, or was used before",
    "TOTP_ON": "there is a second factor already",
    "TOTP_OFF": "there is no second factor, or none was offered lately",
    "BAD_PASSWORD": "the new password is not good enough",
    "LOGIN_TAKEN": "somebody has this login, or this account",
    "PUBLIC_KEY_TAKEN": "the public key is or was in use",
    "TOO_MANY": "a bound on how many there may be is reached",
    "NOT_FOUND": "there is no such user, key or session",
}


class AccessDenied(EmporionError):
    """Somebody is not let in, or not let do it. Nothing was changed.

    Attributes:
        code: one of CODES.
        detail: a sentence for the person at the other end; it tells no secret.
        field: the header or field at fault, or "".
        retry_after_ms: when to try again; 0 where waiting does not help.
    """

    def __init__(self, code: str, detail: str, field: str = "", retry_after_ms: int = 0) -> None:
        assert code in CODES
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.field, self.retry_after_ms = code, detail, field, retry_after_ms
