"""Signing up and in, passwords, second factors, and the patience that guessers need."""

import base64

import pytest

from emporion.access import totp
from emporion.access.access import Access
from emporion.access.guesses import ADDRESS, LOGIN, NEWCOMERS, PAIR, PLACE_NS, PLACES_MAX, TRIES
from emporion.access.passwords import Cost, Passwords
from emporion.access.people import OFFER_NS
from emporion.errors import BadValue

from .conftest import CHEAP, HOME, NOW_NS, PASSWORD, SECOND_NS

STEP_NS = 30 * SECOND_NS
NEW = "another good one"


@pytest.fixture
def sign_in(access):
    def act(login="ann", password=PASSWORD, code=None, address=HOME, now_ns=NOW_NS):
        return access.people.sign_in(login, password, code, address, now_ns)

    return act


class Authenticator:
    def __init__(self, offer):
        self.secret = base64.b32decode(offer.secret + "=" * (-len(offer.secret) % 8))

    def code(self, now_ns):
        return totp.code_at(self.secret, totp.step_of(now_ns))


@pytest.fixture
def phone(access, ann):
    """Ann has a second factor; the code of NOW_NS is used up."""
    phone = Authenticator(access.people.begin_totp(ann.user_id, PASSWORD, HOME, NOW_NS))
    access.people.confirm_totp(ann.user_id, PASSWORD, phone.code(NOW_NS), HOME, NOW_NS)
    return phone


def test_signing_up_and_in(access, ann, sign_in):
    assert (ann.login, ann.account_id, ann.account, ann.is_operator, ann.totp) == ("ann", 5, "ann", False, False)
    token, session = sign_in("ANN")
    assert session.login == "ann" and access.sessions.find(token, NOW_NS) == session


@pytest.mark.parametrize("login", ["Ann", "ann"])
def test_a_login_is_one_in_any_case(access, ann, denied, login):
    with denied("LOGIN_TAKEN", "login"):
        access.people.sign_up(login, PASSWORD, NOW_NS)


@pytest.mark.parametrize("login", ["", "ab", "x" * 65, "a b c", "ann\n", "änn", "#ann", "a/b/c"])
def test_a_login_that_is_none(access, login):
    with pytest.raises(BadValue, match="give 3 to 64 characters"):
        access.people.sign_up(login, PASSWORD + "!", NOW_NS)


def test_a_poor_password_makes_no_user(access, denied):
    with denied("BAD_PASSWORD", "password"):
        access.people.sign_up("ann", "ann-ann-ann", NOW_NS)
    assert access.users.find("ann") is None


def test_an_account_is_one_users(access, ann, denied):
    with denied("LOGIN_TAKEN", "account"):
        access.people.sign_up("eve", PASSWORD, NOW_NS, account=(5, "ann"))
    eve = access.people.sign_up("eve", PASSWORD, NOW_NS)
    with denied("LOGIN_TAKEN", "account"):
        access.users.set_account(eve.user_id, 5, "ann")
    assert access.users.set_account(eve.user_id, 6, "eve").account_id == 6
    assert access.users.set_account(eve.user_id, 7, "other").account == "eve"  # The first stays.


def test_one_of_many_opens_the_account(access, root):
    assert access.users.claim_opening(root.user_id, NOW_NS)
    assert not access.users.claim_opening(root.user_id, NOW_NS + SECOND_NS)
    assert access.users.claim_opening(root.user_id, NOW_NS + 31 * SECOND_NS)  # The first one died.
    access.users.set_account(root.user_id, 8, "root")
    assert not access.users.claim_opening(root.user_id, NOW_NS + 99 * SECOND_NS)


@pytest.mark.parametrize(
    ("login", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("ann", ""), ("\ud800", "\ud800"), ("' OR 1", "x")]
)
def test_login_and_password_are_wrong_alike(sign_in, ann, denied, login, password):
    with denied("WRONG_PASSWORD", "") as caught:
        sign_in(login, password)
    assert caught.value.detail == "login or password is wrong"


# --- Guessing ---


def guess(sign_in, denied, times, **given):
    for _ in range(times):
        with denied("WRONG_PASSWORD"):
            sign_in(**{"password": "wrong", **given})


def test_a_guesser_must_wait(sign_in, ann, denied):
    guess(sign_in, denied, TRIES[PAIR][0])
    with denied("RATE_LIMITED") as caught:
        sign_in(password="wrong")
    assert caught.value.retry_after_ms == 60_000 and "60 s" in caught.value.detail
    with denied("RATE_LIMITED"):
        sign_in()  # Nor does the right password help: a guesser would learn that it is right.
    sign_in(now_ns=NOW_NS + 60 * SECOND_NS)


def test_signing_in_forgives_what_went_wrong(sign_in, ann, denied):
    guess(sign_in, denied, TRIES[PAIR][0] - 1)
    sign_in()
    guess(sign_in, denied, TRIES[PAIR][0])


def test_one_address_may_not_try_many_logins(sign_in, ann, denied):
    for number in range(TRIES[ADDRESS][0]):
        guess(sign_in, denied, 1, login=f"victim-{number}")
    with denied("RATE_LIMITED"):
        sign_in(login="one-more", password="wrong")
    with denied("RATE_LIMITED"):
        sign_in(login="one-more", password="wrong", address="::ffff:" + HOME)  # The same, written otherwise.
    guess(sign_in, denied, 1, login="one-more", address="192.0.2.8")


def test_an_own_account_does_not_buy_guesses(sign_in, ann, denied):
    """Signing in between guesses gives back the try it took, not those that were wrong."""
    for number in range(TRIES[ADDRESS][0]):
        guess(sign_in, denied, 1, login=f"victim-{number}")
        if number < TRIES[ADDRESS][0] - 1:
            sign_in()
    with denied("RATE_LIMITED"):
        sign_in()


def test_many_addresses_may_not_try_one_login(sign_in, ann, denied):
    for number in range(TRIES[LOGIN][0]):
        guess(sign_in, denied, 1, address=f"198.51.100.{number}")
    with denied("RATE_LIMITED"):
        sign_in(address="198.51.100.99")
    with denied("RATE_LIMITED"):
        sign_in(address="2001:db8::1")


def test_guessers_do_not_keep_the_owner_out(sign_in, ann, denied):
    """An address that the user signed in from lately is not asked about the login's bucket."""
    sign_in(address=HOME)
    for number in range(TRIES[LOGIN][0]):
        guess(sign_in, denied, 1, address=f"198.51.100.{number}")
    sign_in(address=HOME)
    with denied("RATE_LIMITED"):
        sign_in(address="203.0.113.1")


def test_a_place_is_forgotten_in_time(access, sign_in, ann, denied):
    sign_in(address=HOME)
    later_ns = NOW_NS + PLACE_NS
    for number in range(TRIES[LOGIN][0]):
        guess(sign_in, denied, 1, address=f"198.51.100.{number}", now_ns=later_ns)
    with denied("RATE_LIMITED"):
        sign_in(address=HOME, now_ns=later_ns)


def test_places_are_bounded_and_each_users_own(access, sign_in, ann, root):
    sign_in("root", address=HOME)
    for number in range(PLACES_MAX + 5):
        sign_in(address=f"198.51.100.{number}", now_ns=NOW_NS + number)
        sign_in(address=f"198.51.100.{number}", now_ns=NOW_NS + number)  # Known already.
    assert access.store.row("SELECT count(*) FROM places")[0] == PLACES_MAX + 1
    assert access.store.row("SELECT min(seen_ns) FROM places WHERE seen_ns > ?", (NOW_NS,))[0] == NOW_NS + 5


def test_guesses_are_counted_over_processes_and_restarts(access, tmp_path, sign_in, ann, denied):
    guess(sign_in, denied, 3)
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as other:
        guess(other.people.sign_in, denied, 2, login="ann", code=None, address=HOME, now_ns=NOW_NS)
    with denied("RATE_LIMITED"):
        sign_in()


def test_guesses_are_forgotten_when_they_no_longer_count(access, sign_in, ann, denied):
    guess(sign_in, denied, 3)
    guess(sign_in, denied, 1, login="other", address="192.0.2.9", now_ns=NOW_NS + 3600 * SECOND_NS)
    assert access.store.row("SELECT count(*) FROM guesses")[0] == 3


def test_newcomers_from_one_address_are_bounded(access, denied):
    burst, unit_ns = NEWCOMERS
    for number in range(burst - 1):
        access.people.sit_down(HOME, NOW_NS, is_operator=number % 2 == 0)
    access.people.sign_up("ann", PASSWORD, NOW_NS, address=HOME)
    for act in (
        lambda: access.people.sign_up("eve", PASSWORD, NOW_NS, address=HOME),
        lambda: access.people.sit_down(HOME, NOW_NS),
    ):
        with denied("RATE_LIMITED") as caught:
            act()
        assert caught.value.retry_after_ms == unit_ns // 1_000_000
    access.people.sign_up("bob", PASSWORD, NOW_NS)  # Who runs the venue is not counted.
    access.people.sign_up("eve", PASSWORD, NOW_NS, address="192.0.2.8")


# --- Passwords ---


def test_a_changed_password_ends_other_sessions(access, sign_in, ann, denied):
    (one, first), (two, _) = sign_in(), sign_in()
    access.people.change_password(ann.user_id, PASSWORD, NEW, HOME, NOW_NS, keep_session=first.session_id)
    assert access.sessions.find(one, NOW_NS)
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(two, NOW_NS)
    with denied("WRONG_PASSWORD"):
        sign_in()
    sign_in(password=NEW)


def test_changing_needs_the_old_password_and_a_good_new_one(access, sign_in, ann, denied):
    with denied("WRONG_PASSWORD", "password"):
        access.people.change_password(ann.user_id, "wrong", NEW, HOME, NOW_NS)
    with denied("BAD_PASSWORD"):
        access.people.change_password(ann.user_id, PASSWORD, "short", HOME, NOW_NS)
    sign_in()


def test_a_session_is_no_place_to_guess_from(access, ann, denied):
    for _ in range(TRIES[PAIR][0]):
        with denied("WRONG_PASSWORD"):
            access.people.change_password(ann.user_id, "wrong", NEW, HOME, NOW_NS)
    with denied("RATE_LIMITED"):
        access.people.begin_totp(ann.user_id, PASSWORD, HOME, NOW_NS)


def test_the_second_factor_survives_a_changed_password(access, sign_in, ann, phone, denied):
    access.people.change_password(ann.user_id, PASSWORD, NEW, HOME, NOW_NS)
    later_ns = NOW_NS + STEP_NS
    with denied("TOTP_REQUIRED"):
        sign_in(password=NEW, now_ns=later_ns)
    sign_in(password=NEW, code=phone.code(later_ns), now_ns=later_ns)


def test_a_reset_password_takes_the_second_factor_away(access, sign_in, ann, phone, denied):
    token, _ = sign_in(code=phone.code(NOW_NS + STEP_NS))
    assert access.people.reset_password(ann.user_id, NEW)
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(token, NOW_NS)
    assert not sign_in(password=NEW)[1].totp
    assert not access.people.reset_password(ann.user_id, PASSWORD)


def test_a_cost_that_was_raised_reaches_old_passwords_at_sign_in(access, tmp_path, sign_in, ann, phone):
    before = access.users.kept(ann.user_id)
    dear = Passwords(Cost(passes=2, bytes=CHEAP.bytes))
    with Access.open(tmp_path, passwords=dear) as raised:
        now_ns = NOW_NS + STEP_NS
        raised.people.sign_in("ann", PASSWORD, phone.code(now_ns), HOME, now_ns)
        after = raised.users.kept(ann.user_id)
        assert dear.is_weak(before.password) and dear.is_weak(before.totp)
        assert not dear.is_weak(after.password) and not dear.is_weak(after.totp)
        now_ns += STEP_NS
        raised.people.sign_in("ann", PASSWORD, phone.code(now_ns), HOME, now_ns)
        assert raised.users.kept(ann.user_id)[:2] == after[:2]


# --- Second factors ---


def test_an_offered_secret_counts_once_confirmed(access, sign_in, ann, denied):
    offer = access.people.begin_totp(ann.user_id, PASSWORD, HOME, NOW_NS)
    assert offer.secret in offer.uri and offer.svg.startswith("<svg")
    assert not sign_in()[1].totp
    with denied("WRONG_CODE", "code"):
        access.people.confirm_totp(ann.user_id, PASSWORD, "000000", HOME, NOW_NS)
    assert not access.users.get(ann.user_id).totp
    (keep, session), (other, _) = sign_in(), sign_in()
    access.people.confirm_totp(
        ann.user_id, PASSWORD, Authenticator(offer).code(NOW_NS), HOME, NOW_NS, session.session_id
    )
    assert access.users.get(ann.user_id).totp and access.sessions.find(keep, NOW_NS).totp
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(other, NOW_NS)


def test_a_later_offer_replaces_an_earlier(access, ann, denied):
    first = Authenticator(access.people.begin_totp(ann.user_id, PASSWORD, HOME, NOW_NS))
    second = Authenticator(access.people.begin_totp(ann.user_id, PASSWORD, HOME, NOW_NS))
    with denied("WRONG_CODE"):
        access.people.confirm_totp(ann.user_id, PASSWORD, first.code(NOW_NS), HOME, NOW_NS)
    access.people.confirm_totp(ann.user_id, PASSWORD, second.code(NOW_NS), HOME, NOW_NS)


def test_an_offer_does_not_last(access, ann, denied):
    phone = Authenticator(access.people.begin_totp(ann.user_id, PASSWORD, HOME, NOW_NS))
    late_ns = NOW_NS + OFFER_NS + 1
    with denied("TOTP_OFF"):
        access.people.confirm_totp(ann.user_id, PASSWORD, phone.code(late_ns), HOME, late_ns)


def test_nothing_was_offered(access, ann, denied):
    with denied("TOTP_OFF"):
        access.people.confirm_totp(ann.user_id, PASSWORD, "123456", HOME, NOW_NS)
    with denied("TOTP_OFF"):
        access.people.remove_totp(ann.user_id, PASSWORD, "123456", HOME, NOW_NS)


def test_with_a_second_factor_the_password_is_not_enough(sign_in, ann, phone, denied):
    with denied("TOTP_REQUIRED", "code"):
        sign_in()
    with denied("WRONG_CODE", "code"):
        sign_in(code="000000")
    with denied("WRONG_PASSWORD"):
        sign_in(password="wrong", code=phone.code(NOW_NS + STEP_NS))
    now_ns = NOW_NS + STEP_NS
    _, session = sign_in(code=phone.code(now_ns), now_ns=now_ns)
    assert session.totp


def test_a_code_is_used_once(access, sign_in, ann, phone, denied):
    with denied("WRONG_CODE"):
        sign_in(code=phone.code(NOW_NS))  # Confirming used it.
    now_ns = NOW_NS + STEP_NS
    sign_in(code=phone.code(now_ns), now_ns=now_ns)
    with denied("WRONG_CODE"):
        sign_in(code=phone.code(now_ns), now_ns=now_ns)
    with denied("WRONG_CODE"):  # Nor one of before it.
        sign_in(code=phone.code(NOW_NS), now_ns=now_ns)
    sign_in(code=phone.code(now_ns + STEP_NS), now_ns=now_ns)  # A clock one step ahead.


def test_wrong_codes_are_guesses(sign_in, ann, phone, denied):
    for _ in range(TRIES[PAIR][0]):
        with denied("WRONG_CODE"):
            sign_in(code="000000")
    with denied("RATE_LIMITED"):
        sign_in(code=phone.code(NOW_NS + STEP_NS), now_ns=NOW_NS + SECOND_NS)


def test_asking_for_the_code_is_no_guess(sign_in, ann, phone, denied):
    for _ in range(2 * TRIES[PAIR][0]):
        with denied("TOTP_REQUIRED"):
            sign_in()


def test_turning_the_second_factor_off_needs_both(access, sign_in, ann, phone, denied):
    now_ns = NOW_NS + STEP_NS
    with denied("WRONG_PASSWORD"):
        access.people.remove_totp(ann.user_id, "wrong", phone.code(now_ns), HOME, now_ns)
    with denied("WRONG_CODE"):
        access.people.remove_totp(ann.user_id, PASSWORD, phone.code(NOW_NS), HOME, now_ns)
    with denied("TOTP_ON"):
        access.people.begin_totp(ann.user_id, PASSWORD, HOME, now_ns)
    access.people.remove_totp(ann.user_id, PASSWORD, phone.code(now_ns), HOME, now_ns)
    assert not sign_in()[1].totp


def test_an_owner_of_the_machine_turns_it_off(access, sign_in, ann, phone):
    access.people.drop_totp(ann.user_id)
    assert not sign_in()[1].totp


def test_a_removed_user_is_out(access, sign_in, ann, denied):
    token, _ = sign_in()
    access.users.remove(ann.user_id)
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(token, NOW_NS)
    with denied("WRONG_PASSWORD"):
        sign_in()
    with denied("NOT_FOUND"):
        access.users.get(ann.user_id)
    assert access.people.sign_up("ann", NEW, NOW_NS).user_id > ann.user_id  # Numbers are not used again.
