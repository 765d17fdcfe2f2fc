"""Signed requests: the published key signs our message, and every part of it is covered."""

import contextlib

import nacl.bindings as sodium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emporion.access.denied import AccessDenied
from emporion.access.signatures import SignedRequest, require_scope
from emporion.access.tickets import Ticket
from emporion.wire.signing import (
    ACCOUNT_HEADER,
    AHEAD_NS,
    KEY_HEADER,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    WINDOW_NS,
    signed_message,
)

from .conftest import HOME, NOW_NS, PASSWORD

# RFC 8032, section 7.1: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
]
SEED, PUBLIC = RFC_8032[0][:2]
BODY = b'{"instrument":"BTC/USDC","side":"buy","qty":"0.5","price":"60000"}'
VECTOR_MESSAGE = (
    "emporion-v1\nPOST\n/v1/orders?x=y\n1790000000000000000\nnonce-0123456789\nann.desk\n"
    "c9c6284b5827406d3b25b14e79e2bc91ea1bb4cab7dc85e3acd519a5fde92c0f"
)  # fmt: skip
VECTOR_SIGNATURE = (
    "c074f01cd15e7fa11dbbb023f5791d0e94442b3e81640bdb10e3caa6be627921"
    "a296128acb451f73a6e01f964c1488650b7041041a7ca2923ce0e6ddbb9e2604"
)


def signed(seed, method="POST", target="/v1/orders?x=y", body=BODY, key="", time_ns=NOW_NS, nonce="nonce-0123456789",
           account="ann.desk"):  # fmt: skip
    """A request as a client would send it."""
    _, secret = sodium.crypto_sign_seed_keypair(bytes.fromhex(seed))
    message = signed_message(method, target, str(time_ns), nonce, account, body)
    signature = sodium.crypto_sign(message, secret)[: sodium.crypto_sign_BYTES].hex()
    return SignedRequest(method, target, body, key, str(time_ns), nonce, account, signature)


@pytest.fixture
def key(access, ann):
    """Ann's key, whose pair is the first of RFC 8032."""
    record, secret = access.keys.make(
        ann.user_id, NOW_NS, scopes=["trade", "read"], public_key=bytes.fromhex(PUBLIC), label="bot"
    )
    assert secret is None
    return record


@pytest.fixture
def check(access):
    def act(request, address=HOME, now_ns=NOW_NS, scope="trade"):
        return access.signatures.check(request, address, now_ns, scope)

    return act


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_the_library_is_rfc_8032(seed, public, message, signature):
    public_key, secret = sodium.crypto_sign_seed_keypair(bytes.fromhex(seed))
    assert public_key.hex() == public
    assert sodium.crypto_sign(bytes.fromhex(message), secret)[:64].hex() == signature


def test_the_message_and_its_signature_are_fixed():
    """For whoever writes a client: docs/concepts/access.md shows this one."""
    request = signed(SEED)
    message = signed_message("POST", "/v1/orders?x=y", "1790000000000000000", "nonce-0123456789", "ann.desk", BODY)
    assert message.decode() == VECTOR_MESSAGE
    assert request.signature == VECTOR_SIGNATURE


def test_a_signed_request_tells_who_asks(check, key, ann):
    caller, ticket = check(signed(SEED, key=key.key_id))
    assert ticket == Ticket(key.key_id, "nonce-0123456789", NOW_NS, 1)
    assert (caller.id, caller.by_key, caller.user_id, caller.login) == (key.key_id, True, ann.user_id, "ann")
    assert (caller.account_id, caller.account, caller.is_bound, caller.acting) == (5, "ann", False, "ann.desk")
    assert caller.scopes == ("read", "trade")


def test_a_bound_key_acts_for_its_account(access, ann, check):
    record, seed = access.keys.make(ann.user_id, NOW_NS, scopes=["trade"], account=(9, "ann.desk"))
    caller, _ = check(signed(seed, key=record.key_id, account=""))
    assert (caller.account_id, caller.account, caller.is_bound, caller.acting) == (9, "ann.desk", True, "")


def test_the_account_is_decoded_after_it_is_checked(check, key):
    assert check(signed(SEED, key=key.key_id, account="%E5%AE%89")).caller.acting == "安"


def test_an_account_that_is_no_text_is_refused(check, key, denied):
    with denied("UNSIGNED", ACCOUNT_HEADER):
        check(signed(SEED, key=key.key_id, account="%FF"))


OTHER = {
    "method": "PUT",
    "target": "/v1/orders?x=z",
    "body": BODY + b" ",
    "time": str(NOW_NS + 1),
    "nonce": "nonce-0123456788",
    "account": "ann.desl",
}


@pytest.mark.parametrize("part", list(OTHER))
def test_each_part_is_covered(check, key, denied, part):
    request = signed(SEED, key=key.key_id)
    check(request)
    with denied("BAD_SIGNATURE", SIGNATURE_HEADER):
        check(request._replace(**{part: OTHER[part]}))


def test_parts_do_not_run_together(check, key, denied):
    """What moves over a line's end is another request."""
    request = signed(SEED, key=key.key_id, target="/v1/a", account="b")
    with denied("BAD_SIGNATURE"):
        check(request._replace(account=""))
    with denied("UNSIGNED"):
        check(request._replace(time=f"{NOW_NS}\nnonce-0123456789", nonce="b" * 16))
    with denied("BAD_NONCE", NONCE_HEADER):
        check(request._replace(nonce="nonce-0123456789\nx"))


def test_the_key_is_not_interchangeable(access, ann, check, key, denied):
    other, _ = access.keys.make(ann.user_id, NOW_NS, scopes=["trade"])
    with denied("BAD_SIGNATURE"):
        check(signed(SEED, key=other.key_id))


@given(st.integers(0, 511))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_each_bit_of_the_signature_counts(check, key, bit):
    request = signed(SEED, key=key.key_id)
    changed = bytearray.fromhex(request.signature)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(AccessDenied) as caught:
        check(request._replace(signature=changed.hex()))
    assert caught.value.code == "BAD_SIGNATURE"


@pytest.mark.parametrize("header", ["key", "time", "nonce", "signature"])
def test_a_missing_header_is_named(check, key, denied, header):
    names = {"key": KEY_HEADER, "time": TIME_HEADER, "nonce": NONCE_HEADER, "signature": SIGNATURE_HEADER}
    with denied("UNSIGNED", names[header]) as caught:
        check(signed(SEED, key=key.key_id)._replace(**{header: ""}))
    assert names[header] in caught.value.detail


@pytest.mark.parametrize("signature", ["0" * 127, "0" * 129, "g" * 128, "ü" * 128, "ab " * 43, "\ud800" * 128])
def test_a_signature_that_is_none(check, key, denied, signature):
    with denied("UNSIGNED", SIGNATURE_HEADER):
        check(signed(SEED, key=key.key_id)._replace(signature=signature[: max(127, min(129, len(signature)))]))


@pytest.mark.parametrize("time", ["", "1.5", "-1", "+1", "1e18", "１７９０", "9" * 20, " 1", "1_0", "²"])
def test_a_time_that_is_none(check, key, denied, time):
    with denied("UNSIGNED", TIME_HEADER):
        check(signed(SEED, key=key.key_id)._replace(time=time))


@pytest.mark.parametrize("nonce", ["short", "x" * 65, "x" * 15 + "é", "x" * 15 + " ", "x" * 16 + "\n"])
def test_a_nonce_that_is_none(check, key, denied, nonce):
    with denied("BAD_NONCE", NONCE_HEADER):
        check(signed(SEED, key=key.key_id, nonce=nonce))


@pytest.mark.parametrize(
    ("offset_ns", "is_in"),
    [(-WINDOW_NS, True), (-WINDOW_NS - 1, False), (AHEAD_NS, True), (AHEAD_NS + 1, False)],
)
def test_the_window_is_exact(check, key, denied, offset_ns, is_in):
    with contextlib.nullcontext() if is_in else denied("STALE_TIME", TIME_HEADER):
        check(signed(SEED, key=key.key_id, time_ns=NOW_NS + offset_ns))


@pytest.mark.parametrize("key_id", ["a" * 16, "é", "x" * 10_000, "\ud800", "' OR 1=1 --     "])
def test_a_key_that_is_not_there(check, key, denied, key_id):
    with denied("UNKNOWN_KEY", KEY_HEADER):
        check(signed(SEED, key=key_id))


def test_a_revoked_key_is_unknown_at_once(access, check, key, denied):
    check(signed(SEED, key=key.key_id))
    access.keys.revoke(key.key_id)
    with denied("UNKNOWN_KEY"):
        check(signed(SEED, key=key.key_id))


def test_a_key_expires_on_the_nanosecond(access, ann, check, denied):
    record, seed = access.keys.make(ann.user_id, NOW_NS, scopes=["trade"], expires_ns=NOW_NS + 10)
    check(signed(seed, key=record.key_id), now_ns=NOW_NS + 9)
    with denied("KEY_EXPIRED", KEY_HEADER):
        check(signed(seed, key=record.key_id), now_ns=NOW_NS + 10)


@pytest.mark.parametrize(
    ("address", "is_in"),
    [("10.9.8.7", True), ("::ffff:10.9.8.7", True), ("11.9.8.7", False), ("2001:db8::5", True), ("::1", False),
     ("", False), ("unix", False)],
)  # fmt: skip
def test_a_key_is_used_from_its_addresses_only(access, ann, check, denied, address, is_in):
    record, seed = access.keys.make(ann.user_id, NOW_NS, scopes=["trade"], addresses=["10.0.0.0/8", "2001:db8::/32"])
    with contextlib.nullcontext() if is_in else denied("ADDRESS_NOT_ALLOWED", KEY_HEADER):
        check(signed(seed, key=record.key_id), address=address)


def test_a_scope_that_the_key_lacks(check, key, denied):
    caller, _ = check(signed(SEED, key=key.key_id), scope="read")
    with denied("SCOPE_MISSING") as caught:
        check(signed(SEED, key=key.key_id), scope="withdraw")
    assert "needs the scope withdraw; there is read, trade" in caught.value.detail
    require_scope(caller, "trade")
    with denied("SCOPE_MISSING"):
        require_scope(caller, "operate")


def test_a_bad_signature_learns_nothing_of_scopes(check, key, denied):
    with denied("BAD_SIGNATURE"):
        check(signed(SEED, key=key.key_id)._replace(nonce="nonce-0000000000"), scope="operate")


def test_who_is_no_operator_any_more_may_not_operate(access, root, check, denied):
    record, seed = access.keys.make(root.user_id, NOW_NS, scopes=["operate", "read"])
    check(signed(seed, key=record.key_id), scope="operate")
    access.users.set_operator(root.user_id, False)
    check(signed(seed, key=record.key_id), scope="read")
    with denied("SCOPE_MISSING"):
        check(signed(seed, key=record.key_id), scope="operate")
    access.users.set_operator(root.user_id, True)
    check(signed(seed, key=record.key_id), scope="operate")


def test_a_use_is_written_to_the_minute(access, check, key, tmp_path):
    check(signed(SEED, key=key.key_id))
    assert access.keys.of_user(key.user_id)[0].last_used_ns is None
    access.flush()
    assert access.keys.of_user(key.user_id)[0].last_used_ns == NOW_NS - NOW_NS % 60_000_000_000
    with contextlib.suppress(AccessDenied):  # Somebody else's nonsense is no use of it.
        check(signed(SEED, key=key.key_id, time_ns=NOW_NS + 10**12)._replace(nonce="y" * 16), now_ns=NOW_NS + 10**12)
    access.flush()
    assert access.keys.of_user(key.user_id)[0].last_used_ns == NOW_NS - NOW_NS % 60_000_000_000


def test_nobody_is_told_the_password_by_an_error(access, denied):
    with denied("WRONG_PASSWORD") as caught:
        access.people.sign_in("ann", PASSWORD, None, HOME, NOW_NS)
    assert PASSWORD not in str(caught.value) and "ann" not in str(caught.value)
