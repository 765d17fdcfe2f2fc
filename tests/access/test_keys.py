"""API keys: what they may be, whose they are, and that a revoked pair stays revoked."""

import re

import nacl.bindings as sodium
import pytest

from emporion.access.access import Access
from emporion.access.buckets import Rate
from emporion.access.keys import KEYS_MAX
from emporion.access.passwords import Passwords
from emporion.errors import BadValue

from .conftest import CHEAP, NOW_NS, PASSWORD, SECOND_NS


def test_a_key_as_it_was_made(access, ann):
    record, seed = access.keys.make(
        ann.user_id, NOW_NS, scopes=["withdraw", "read", "read"], label="mine", account=(9, "ann.desk"),
        addresses=["10.0.0.0/8", "::1"], expires_ns=NOW_NS + 1, rate=Rate(5, 10),
    )  # fmt: skip
    assert re.fullmatch("[a-z2-7]{16}", record.key_id)
    assert (record.user_id, record.login, record.label) == (ann.user_id, "ann", "mine")
    assert record.scopes == ("read", "withdraw")
    assert (record.bound_account_id, record.bound_account) == (9, "ann.desk")
    assert (record.home_account_id, record.home_account) == (5, "ann")
    assert record.addresses == ("10.0.0.0/8", "::1/128")
    assert (record.created_ns, record.expires_ns, record.last_used_ns) == (NOW_NS, NOW_NS + 1, None)
    assert access.keys.rate_of(record.key_id) == record.rate == Rate(5, 10)
    assert sodium.crypto_sign_seed_keypair(bytes.fromhex(seed))[0] == record.public_key
    assert access.keys.find(record.key_id) == record == access.keys.of_user(ann.user_id)[0]


def test_a_usual_key_reads_only(access, ann):
    record, _ = access.keys.make(ann.user_id, NOW_NS)
    assert record.scopes == ("read",) and record.rate is None and access.keys.rate_of(record.key_id) is None


def test_keys_survive_closing(tmp_path):
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        user = access.people.sign_up("ann", PASSWORD, NOW_NS)
        record, _ = access.keys.make(user.user_id, NOW_NS)
        access.keys.used(record.key_id, NOW_NS)
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        found = access.keys.find(record.key_id)
        assert found.public_key == record.public_key and found.last_used_ns is not None


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"scopes": []}, "none given"),
        ({"scopes": ["read", "admin"]}, "'admin' given"),
        ({"label": "x" * 65}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"addresses": ["10.0.0.1/8"]}, "did you mean"),
        ({"addresses": ["10.0.0.1"] * 33}, "at most 32"),
        ({"expires_ns": NOW_NS}, "not later than now"),
        ({"expires_ns": 1 << 63}, "later than times can be written"),
        ({"public_key": b"x" * 31}, "31 bytes"),
        ({"public_key": bytes(32)}, "not an Ed25519"),
        ({"public_key": b"\x01" + bytes(31)}, "not an Ed25519"),  # The neutral point: any signature would fit.
        ({"rate": Rate(0, 5)}, "rate"),
    ],
)
def test_a_key_that_cannot_be(access, ann, given, problem):
    with pytest.raises(BadValue, match=problem):
        access.keys.make(ann.user_id, NOW_NS, **given)
    assert access.keys.of_user(ann.user_id) == []


@pytest.mark.parametrize(
    "small",
    [
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # Of order 2: CVE-2025-69277.
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  # Of order 8.
    ],
)
def test_a_public_key_lies_in_the_group_of_all_keys(access, ann, small):
    """With a point of small order added, one message would have several signatures."""
    public_key, _ = sodium.crypto_sign_keypair()
    mixed = sodium.crypto_core_ed25519_add(public_key, bytes.fromhex(small))
    with pytest.raises(BadValue, match="not an Ed25519"):
        access.keys.make(ann.user_id, NOW_NS, public_key=mixed)


def test_only_operators_keys_operate(access, ann, root, denied):
    with denied("SCOPE_MISSING", "scopes"):
        access.keys.make(ann.user_id, NOW_NS, scopes=["read", "operate"])
    record, _ = access.keys.make(root.user_id, NOW_NS, scopes=["operate"])
    assert record.scopes == ("operate",)


def test_a_pair_is_used_by_one_key_and_never_again(access, ann, root, denied):
    public_key, _ = sodium.crypto_sign_keypair()
    record, secret = access.keys.make(ann.user_id, NOW_NS, public_key=public_key)
    assert secret is None
    with denied("PUBLIC_KEY_TAKEN", "public_key"):
        access.keys.make(root.user_id, NOW_NS, public_key=public_key)
    access.keys.revoke(record.key_id)
    with denied("PUBLIC_KEY_TAKEN", "public_key"):
        access.keys.make(ann.user_id, NOW_NS, public_key=public_key)


def test_the_pairs_of_who_is_removed_are_not_taken_again(access, ann, root, denied):
    public_key, _ = sodium.crypto_sign_keypair()
    record, _ = access.keys.make(ann.user_id, NOW_NS, public_key=public_key)
    access.users.remove(ann.user_id)
    assert access.keys.find(record.key_id) is None
    with denied("PUBLIC_KEY_TAKEN"):
        access.keys.make(root.user_id, NOW_NS, public_key=public_key)


def test_nobody_revokes_anothers_key(access, ann, root, denied):
    record, _ = access.keys.make(ann.user_id, NOW_NS)
    with denied("NOT_FOUND", "key_id"):
        access.keys.revoke(record.key_id, user_id=root.user_id)
    assert access.keys.find(record.key_id) is not None
    access.keys.revoke(record.key_id, user_id=ann.user_id)
    assert access.keys.find(record.key_id) is None
    with denied("NOT_FOUND"):
        access.keys.revoke(record.key_id)


def test_keys_are_bounded_and_paged(access, ann, root, denied):
    made = {access.keys.make(ann.user_id, NOW_NS)[0].key_id for _ in range(KEYS_MAX)}
    with denied("TOO_MANY"):
        access.keys.make(ann.user_id, NOW_NS)
    access.keys.make(root.user_id, NOW_NS)
    pages, after = [], ""
    while page := access.keys.of_user(ann.user_id, after, limit=30):
        pages.append(page)
        after = page[-1].key_id
    assert list(map(len, pages)) == [30, 30, 30, 10]
    assert {record.key_id for page in pages for record in page} == made
    assert (access.keys.count(ann.user_id), len(access.keys.page())) == (KEYS_MAX, KEYS_MAX + 1)


def test_nobodys_key(access, denied):
    with denied("NOT_FOUND"):
        access.keys.make(99, NOW_NS)


def test_a_key_that_is_made_after_it_was_asked_for_is_found(access, ann):
    """That there is none is remembered, too: it must not be remembered too long."""
    assert access.keys.find("a" * 16) is None
    with access.store.write() as sql:
        sql.execute(
            "INSERT INTO keys (key_id, user_id, label, scopes, addresses, created_ns, public_key)"
            " VALUES (?, ?, '', 'read', '', 1, ?)",
            ("a" * 16, ann.user_id, b"x" * 32),
        )
    assert access.keys.find("a" * 16).login == "ann"


def test_keys_of_a_demonstration_are_let_in_by_demonstrations_only(tmp_path):
    with Access.open(tmp_path, demo=True, passwords=Passwords(CHEAP)) as access:
        user = access.users.add_demo(NOW_NS)
        record, _ = access.keys.make(user.user_id, NOW_NS)
        assert access.keys.find(record.key_id).is_demo
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        assert access.keys.find(record.key_id) is None


def test_times_of_use_only_go_on(access, ann):
    record, _ = access.keys.make(ann.user_id, NOW_NS)
    later_ns = NOW_NS + 600 * SECOND_NS
    for when_ns in (later_ns, NOW_NS):  # As two gateways would write them.
        access.keys.used(record.key_id, when_ns)
        access.flush()
    assert access.keys.of_user(ann.user_id)[0].last_used_ns == later_ns - later_ns % (60 * SECOND_NS)
