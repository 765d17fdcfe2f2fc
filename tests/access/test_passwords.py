"""Hashing passwords: the cost is in the hash, an unknown login takes as long, and floods are bounded."""

import time

import pytest

from emporion.access.denied import AccessDenied
from emporion.access.passwords import Cost, Passwords, check_new_password

from .conftest import CHEAP, PASSWORD


@pytest.fixture
def passwords():
    return Passwords(CHEAP)


def test_a_hash_fits_its_password_only(passwords):
    kept = passwords.hash(PASSWORD)
    assert passwords.verify(kept, PASSWORD)
    assert not passwords.verify(kept, PASSWORD + " ")
    assert not passwords.verify(None, PASSWORD)


def test_the_same_password_never_hashes_the_same(passwords):
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


def test_the_usual_cost_is_written_into_the_hash():
    assert Passwords().hash(PASSWORD).startswith("$argon2id$v=19$m=32768,t=3,p=1$")


def test_a_letter_may_be_composed_either_way(passwords):
    assert passwords.verify(passwords.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")


def test_a_hash_of_lower_cost_is_weak(passwords):
    kept, sealed = passwords.hash(PASSWORD), passwords.seal(b"secret", PASSWORD)
    raised = Passwords(Cost(passes=2, bytes=CHEAP.bytes))
    assert raised.is_weak(kept) and raised.is_weak(sealed)
    assert not passwords.is_weak(kept) and not passwords.is_weak(sealed)
    assert raised.verify(kept, PASSWORD) and raised.unseal(sealed, PASSWORD) == b"secret"
    assert not raised.is_weak(raised.hash(PASSWORD))


def test_a_sealed_secret_opens_with_its_password_only(passwords):
    sealed = passwords.seal(b"twenty random bytes!", PASSWORD)
    assert passwords.unseal(sealed, PASSWORD) == b"twenty random bytes!"
    assert passwords.unseal(sealed, PASSWORD + "!") is None
    assert passwords.seal(b"twenty random bytes!", PASSWORD) != sealed
    assert "twenty" not in sealed


def test_a_sealed_secret_that_was_changed_does_not_open(passwords):
    sealed = passwords.seal(b"secret", PASSWORD)
    for position in (-2, -20):
        other = "A" if sealed[position] != "A" else "B"
        assert passwords.unseal(sealed[:position] + other + sealed[position + 1 :], PASSWORD) is None


def median_seconds(act, times=5):
    took = []
    for _ in range(times):
        started = time.thread_time()
        act()
        took.append(time.thread_time() - started)
    return sorted(took)[times // 2]


def test_no_hash_takes_as_long_as_a_wrong_password():
    passwords = Passwords(Cost(passes=1, bytes=8 << 20))
    kept = passwords.hash(PASSWORD)
    wrong = median_seconds(lambda: passwords.verify(kept, "something else"))
    nobody = median_seconds(lambda: passwords.verify(None, "something else"))
    assert wrong / 2 < nobody < wrong * 2  # Without the work it would be some thousand times less.


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("too short", "10 to 256"),
        ("x" * 257, "10 to 256"),
        ("aaaaaaaaaaaaaa", "different characters"),
        ("xxANNxx1234", "login must not be part"),
    ],
)
def test_a_poor_password_is_refused(password, problem):
    with pytest.raises(AccessDenied, match=problem) as caught:
        check_new_password(password, "ann")
    assert (caught.value.code, caught.value.field) == ("BAD_PASSWORD", "password")
    assert password not in str(caught.value)


def test_a_good_password_is_taken():
    check_new_password("ten chars!", "ann")
    check_new_password("密码要足够长才安全的", "ann")
