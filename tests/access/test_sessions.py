"""Sessions: they slide, they end, and nobody finds one without its token."""

import pytest

from emporion.access.access import Access
from emporion.access.passwords import Passwords
from emporion.access.records import session_caller
from emporion.access.sessions import IDLE_NS, SESSIONS_MAX, UNWRITTEN_NS, WHOLE_NS
from emporion.access.tickets import Ticket

from .conftest import CHEAP, HOME, NOW_NS, PASSWORD, SECOND_NS


@pytest.fixture
def start(access, ann):
    def act(now_ns=NOW_NS, agent=""):
        return access.sessions.start(ann, now_ns, HOME, agent)

    return act


def test_a_session_as_it_begins(access, start, ann):
    token, record = start(agent="browser " * 100)
    assert len(token) >= 43 and token not in repr(record)
    assert (record.user_id, record.login, record.account_id, record.account) == (ann.user_id, "ann", 5, "ann")
    assert record.scopes == ("read", "trade", "withdraw") and not record.totp and not record.is_demo
    assert (record.created_ns, record.used_ns) == (NOW_NS, NOW_NS)
    assert (record.expires_ns, record.ends_ns) == (NOW_NS + IDLE_NS, NOW_NS + WHOLE_NS)
    assert record.address == HOME and len(record.agent) == 200
    assert access.sessions.find(token, NOW_NS) == record
    assert access.sessions.ticket(record, NOW_NS, 3) == Ticket(record.session_id, "", NOW_NS, 3)
    caller = session_caller(record)
    assert (caller.id, caller.by_key, caller.account_id, caller.is_bound) == (record.session_id, False, 5, False)


def test_no_two_sessions_are_alike(start):
    tokens = {start()[0] for _ in range(20)}
    assert len(tokens) == 20


@pytest.mark.parametrize("token", ["", "x", "\ud800", "x" * 100_000])
def test_a_token_that_is_none(access, start, denied, token):
    start()
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(token, NOW_NS)


def test_a_session_that_rests_ends(access, start, denied):
    token, _ = start()
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(token, NOW_NS + IDLE_NS)
    assert access.sessions.find(token, NOW_NS + IDLE_NS - 1)


def test_use_moves_the_end_on_but_not_for_ever(access, start, denied):
    token, _ = start()
    now_ns = NOW_NS
    while now_ns < NOW_NS + WHOLE_NS - IDLE_NS:
        now_ns += IDLE_NS - SECOND_NS
        assert access.sessions.find(token, now_ns).expires_ns == min(now_ns + IDLE_NS, NOW_NS + WHOLE_NS)
    access.sessions.find(token, NOW_NS + WHOLE_NS - 1)
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(token, NOW_NS + WHOLE_NS)


def test_use_in_another_process_counts(access, start, tmp_path):
    token, _ = start()
    access.sessions.find(token, NOW_NS)
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as other:
        other.sessions.find(token, NOW_NS + IDLE_NS - 1)  # Written when it closes.
    assert access.sessions.find(token, NOW_NS + IDLE_NS + 5).used_ns == NOW_NS + IDLE_NS - 1


def test_a_list_knows_of_use_that_is_not_written_yet(access, start, ann):
    token, _ = start()
    later_ns = NOW_NS + 90 * SECOND_NS
    assert access.sessions.find(token, later_ns).used_ns == later_ns
    (record,) = access.sessions.of_user(ann.user_id, later_ns)
    assert (record.used_ns, record.expires_ns) == (later_ns, later_ns + IDLE_NS)


def test_ending_one_leaves_the_others(access, start, denied, ann, root):
    (one, first), (two, second), (three, _) = (start(NOW_NS + number) for number in range(3))
    assert [record.login for record in access.sessions.of_user(ann.user_id, NOW_NS + 3)] == ["ann"] * 3
    access.sessions.end(one)
    access.sessions.end(one)  # Nothing more happens.
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(one, NOW_NS)
    with denied("NOT_FOUND"):
        access.sessions.end_one(root.user_id, second.session_id)
    access.sessions.end_one(ann.user_id, second.session_id)
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(two, NOW_NS)
    assert access.sessions.find(three, NOW_NS)
    with denied("NOT_FOUND"):
        access.sessions.end_one(ann.user_id, first.session_id)


def test_ending_all_but_this(access, start, denied, ann):
    (one, first), (two, _) = start(), start()
    access.sessions.end_all(ann.user_id, but=first.session_id)
    assert access.sessions.find(one, NOW_NS)
    with denied("NOT_SIGNED_IN"):
        access.sessions.find(two, NOW_NS)
    access.sessions.end_all(ann.user_id)
    assert access.sessions.of_user(ann.user_id, NOW_NS) == []


def test_a_user_has_so_many_sessions_and_the_oldest_goes(access, start, denied, ann):
    tokens = [start(NOW_NS + number)[0] for number in range(SESSIONS_MAX + 2)]
    now_ns = NOW_NS + SESSIONS_MAX + 2
    for token in tokens[:2]:
        with denied("NOT_SIGNED_IN"):
            access.sessions.find(token, now_ns)
    assert len(access.sessions.of_user(ann.user_id, now_ns)) == SESSIONS_MAX
    assert access.sessions.find(tokens[2], now_ns)


def test_what_has_ended_leaves_the_file(access, start):
    start()
    start(NOW_NS + IDLE_NS)
    assert access.store.row("SELECT count(*) FROM sessions")[0] == 2  # Another process may have seen it used.
    start(NOW_NS + IDLE_NS + UNWRITTEN_NS)
    assert access.store.row("SELECT count(*) FROM sessions")[0] == 2


def test_what_a_user_becomes_a_session_becomes(access, start, ann):
    token, _ = start()
    access.users.set_operator(ann.user_id, True)
    assert "operate" in access.sessions.find(token, NOW_NS).scopes
    access.users.set_operator(ann.user_id, False)
    assert "operate" not in access.sessions.find(token, NOW_NS).scopes


def test_sessions_of_a_demonstration_are_let_in_by_demonstrations_only(tmp_path, denied):
    with Access.open(tmp_path, demo=True, passwords=Passwords(CHEAP)) as access:
        token, record = access.sessions.start(access.users.add_demo(NOW_NS, is_operator=True), NOW_NS)
        assert record.is_demo and "operate" in record.scopes
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access, denied("NOT_SIGNED_IN"):
        access.sessions.find(token, NOW_NS)


def test_nobody_signs_in_as_a_demonstration(tmp_path, denied):
    with Access.open(tmp_path, demo=True, passwords=Passwords(CHEAP)) as access:
        user = access.users.add_demo(NOW_NS)
        for password in ("", "None", PASSWORD):
            with denied("WRONG_PASSWORD"):
                access.people.sign_in(user.login, password, None, HOME, NOW_NS)


def test_old_demonstrations_are_swept(tmp_path):
    day_ns = 25 * 3600 * SECOND_NS
    with Access.open(tmp_path, demo=True, passwords=Passwords(CHEAP)) as access:
        kept = access.people.sign_up("ann", PASSWORD, NOW_NS)
        old, busy = access.users.add_demo(NOW_NS), access.users.add_demo(NOW_NS)
        new = access.users.add_demo(NOW_NS + day_ns)
        access.sessions.start(busy, NOW_NS + day_ns)
        assert access.users.remove_old_demos(NOW_NS + day_ns) == 1
        assert [user.user_id for user in access.users.page()] == [kept.user_id, busy.user_id, new.user_id]
        assert access.users.find(old.login) is None
