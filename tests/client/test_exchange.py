"""One request until its answer: when it is sent again, when not, and what the caller hears."""

import pytest

from emporion.client import BadAnswer, ConnectionFailed, NotAllowed, OutcomeUnknown, RateLimited
from emporion.client.errors import Cut, NotSent
from emporion.errors import BadValue, DiskFull, Refused
from emporion.schema.codes import Reject
from tests.client.scripted import ORDER, Scripted, answer, problem

PLACED = answer(201, ORDER)
AWAY = problem(503, "AWAY", "the node is away")
STATUS = answer(200, {"status": "ok", "seq": 5, "ts_ns": "7", "version": "1", "simulation": False, "sign_up": False})


def place(venue, **more):
    return venue.place("ann", "BTC/USDC", "buy", qty="1", price="60000", **more)


def test_a_question_is_asked_again_until_there_is_an_answer():
    venue = Scripted([NotSent("no connection"), Cut("broke"), AWAY, STATUS])
    assert venue.seq == 5
    assert len(venue.asked) == 4
    assert venue.pauses == sorted(venue.pauses) and venue.pauses[0] >= 0.03  # Longer each time.


def test_each_sending_is_signed_anew():
    venue = Scripted([Cut("broke"), PLACED])
    place(venue, cl_ord_id="a1")
    first, second = (asked.headers for asked in venue.asked)
    assert first["emporion-nonce"] != second["emporion-nonce"]
    assert first["emporion-signature"] != second["emporion-signature"]
    assert venue.asked[0].body == venue.asked[1].body


@pytest.mark.parametrize("lost", [Cut("broke"), AWAY])
def test_an_order_without_an_id_is_not_sent_twice(lost):
    venue = Scripted([lost])
    with pytest.raises(OutcomeUnknown, match=r"place buy 1 BTC/USDC at 60000 for ann: .*fills\('ann'\) tell"):
        place(venue)
    assert len(venue.asked) == 1


def test_an_order_that_never_left_is_sent_again_even_without_an_id():
    assert place(Scripted([NotSent("refused"), NotSent("refused"), PLACED])).order_id == 77


def test_a_repeat_of_our_own_is_the_first_order():
    venue = Scripted([Cut("broke"), answer(200, {**ORDER, "repeated": True})])
    assert place(venue, cl_ord_id="a1").order_id == 77


def test_a_repeat_without_a_lost_answer_is_a_duplicate():
    venue = Scripted([answer(200, {**ORDER, "repeated": True})])
    with pytest.raises(Refused, match=r"DUPLICATE.*order or hold 77") as refused:
        place(venue, cl_ord_id="a1")
    assert refused.value.reason == Reject.DUPLICATE
    assert refused.value.event["order_id"] == 77


def test_a_repeat_is_a_duplicate_when_only_connecting_failed_before():
    venue = Scripted([NotSent("refused"), answer(200, {**ORDER, "repeated": True})])
    with pytest.raises(Refused):
        place(venue, cl_ord_id="a1")


def test_an_order_of_another_day_is_not_taken_for_ours():
    venue = Scripted([Cut("broke"), answer(200, {**ORDER, "side": "sell", "repeated": True})])
    with pytest.raises(Refused):
        place(venue, cl_ord_id="a1")


def test_patience_has_an_end_and_the_outcome_is_then_unknown():
    venue = Scripted([Cut("broke")] * 100, patience=3.0)
    with pytest.raises(OutcomeUnknown, match="same cl_ord_id"):
        place(venue, cl_ord_id="a1")
    assert 3 <= len(venue.asked) <= 10 and venue.time <= 3.0


def test_nothing_was_done_where_nothing_left():
    venue = Scripted([NotSent("no connection")] * 100, patience=1.0)
    with pytest.raises(ConnectionFailed, match="nothing was done"):
        place(venue)


def test_no_patience_asks_once():
    venue = Scripted([NotSent("no connection")], patience=0.0)
    with pytest.raises(ConnectionFailed):
        _ = venue.seq
    assert len(venue.asked) == 1


def test_a_refusal_is_not_retried():
    detail = "place buy 1 BTC/USDC for ann: INSUFFICIENT_FUNDS: the free balance does not cover it"
    venue = Scripted([problem(422, "INSUFFICIENT_FUNDS", detail)])
    with pytest.raises(Refused, match="INSUFFICIENT_FUNDS") as refused:
        place(venue, cl_ord_id="a1")
    assert refused.value.reason == Reject.INSUFFICIENT_FUNDS and str(refused.value) == detail


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (problem(503, "BUSY", "mass cancel for ann: BUSY: too many mass cancels"), Refused),
        (problem(503, "DISK_FULL", "the disk is full"), DiskFull),
        (problem(422, "OFF_GRID", "price: 60000.5 is not a multiple of the tick 1"), BadValue),
        (problem(404, "UNKNOWN_INSTRUMENT", "No instrument is named 'X'."), BadValue),
        (problem(422, "BAD_VALUE", "list asset X: BAD_VALUE: a field is outside its stated range"), Refused),
        (problem(422, "BAD_VALUE", "asset name '': give printable text"), BadValue),
        (problem(401, "BAD_SIGNATURE", "the signature is not of this request"), NotAllowed),
        (problem(403, "SCOPE_MISSING", "the key may not trade"), NotAllowed),
        (problem(429, "RATE_LIMITED", "too many", retry_after_ms=1500), RateLimited),
    ],
)
def test_problems_are_the_exceptions_of_the_in_process_api(said, error):
    venue = Scripted([said])
    with pytest.raises(error) as raised:
        place(venue, cl_ord_id="a1")
    assert type(raised.value) is error and len(venue.asked) == 1


def test_too_many_requests_are_waited_for_when_that_is_wanted():
    venue = Scripted([problem(429, "RATE_LIMITED", "too many", retry_after_ms=1500), PLACED], rate_patience=2.0)
    assert place(venue).order_id == 77
    assert venue.pauses == [1.5]


def test_too_many_requests_say_when_there_is_room():
    venue = Scripted([problem(429, "RATE_LIMITED", "too many", retry_after_ms=2500)], rate_patience=2.0)
    with pytest.raises(RateLimited) as limited:
        place(venue)
    assert limited.value.retry_after == 2.5


@pytest.mark.parametrize(
    "said",
    [
        problem(401, "BAD_SIGNATURE", "the key was revoked"),
        problem(403, "SCOPE_MISSING", "the key may not trade any more"),
        problem(503, "DISK_FULL", "the disk is full"),
    ],
)
def test_what_keeps_a_repeat_out_says_nothing_of_the_first_sending(said):
    with pytest.raises(OutcomeUnknown, match="same cl_ord_id"):
        place(Scripted([Cut("broke"), said]), cl_ord_id="a1")


def test_a_repeat_waits_for_its_rate_since_the_first_sending_may_be_done():
    limited = problem(429, "RATE_LIMITED", "too many", retry_after_ms=1500)
    venue = Scripted([Cut("broke"), limited, answer(200, {**ORDER, "repeated": True})])
    assert place(venue, cl_ord_id="a1").order_id == 77
    assert venue.pauses[1] == 1.5
    with pytest.raises(OutcomeUnknown):
        place(Scripted([Cut("broke"), limited], patience=1.0), cl_ord_id="a1")


def test_a_refusal_of_a_repeat_is_a_refusal():
    detail = "place buy 1 BTC/USDC for ann: INSUFFICIENT_FUNDS: the free balance does not cover it"
    with pytest.raises(Refused):
        place(Scripted([Cut("broke"), problem(422, "INSUFFICIENT_FUNDS", detail)]), cl_ord_id="a1")


def test_a_clock_that_is_off_is_mended_by_the_venues_date():
    date = "Fri, 31 Dec 1999 23:59:59 GMT"
    venue = Scripted([answer(401, _stale(), date=date), PLACED, PLACED])
    place(venue)
    place(venue)
    times = [int(asked.headers["emporion-time"]) for asked in venue.asked]
    assert abs(times[1] - 946_684_799_000_000_000) < 1_000_000_000 and times[2] >= times[1]


def test_a_clock_that_stays_off_is_told():
    date = "Fri, 31 Dec 1999 23:59:59 GMT"
    with pytest.raises(NotAllowed, match="time"):
        place(Scripted([answer(401, _stale(), date=date)] * 2))


def test_a_venue_that_took_over_is_given_the_time_it_asks_for():
    venue = Scripted([answer(401, _stale(retry_after_ms=1800)), PLACED])
    place(venue)
    assert venue.pauses == [1.8]


def test_a_page_of_a_proxy_is_no_problem_of_the_venue():
    with pytest.raises(BadAnswer, match="no venue answers there"):
        place(Scripted([answer(404, "<html>")]))


# --- Cancels, replaces, money: what a repeat after a lost answer means ------------------------------


UNKNOWN = problem(404, "UNKNOWN_ORDER", "cancel order 77: UNKNOWN_ORDER: the account has no such open order")


def test_a_cancel_that_was_heard_before_its_answer_was_lost_is_done():
    canceled = answer(200, {**ORDER, "status": "canceled", "leaves": "0", "reason": "by_owner"})
    venue = Scripted([Cut("broke"), UNKNOWN, canceled])
    assert venue.cancel(77).status == "canceled"
    assert [asked.method for asked in venue.asked] == ["DELETE", "DELETE", "GET"]


def test_a_cancel_that_came_too_late_is_refused():
    filled = answer(200, {**ORDER, "status": "filled", "leaves": "0", "cum": "1"})
    with pytest.raises(Refused, match="UNKNOWN_ORDER"):
        Scripted([Cut("broke"), UNKNOWN, filled]).cancel(77)


def test_a_replace_without_a_new_id_is_not_sent_twice():
    venue = Scripted([Cut("broke")])
    with pytest.raises(OutcomeUnknown, match="replace order 77"):
        venue.replace(77, qty="2")
    assert len(venue.asked) == 1


def test_a_replace_with_a_new_id_is_known_by_it():
    taken = problem(409, "DUPLICATE", "replace order 77: DUPLICATE: the client id is taken", order_id=77)
    venue = Scripted([Cut("broke"), taken, answer(200, {**ORDER, "qty": "2", "cl_ord_id": "a2"})])
    assert venue.replace(77, qty="2", cl_ord_id="a2").cl_ord_id == "a2"


def test_a_deposit_heard_before_its_answer_was_lost_is_done():
    taken = problem(409, "DUPLICATE", "deposit 5 USDC to ann: DUPLICATE: the client id is taken")
    assert Scripted([Cut("broke"), taken]).deposit("ann", "USDC", "5", cl_ord_id="d1") is None
    with pytest.raises(Refused):
        Scripted([taken]).deposit("ann", "USDC", "5", cl_ord_id="d1")
    with pytest.raises(OutcomeUnknown, match="ledger"):
        Scripted([Cut("broke")]).deposit("ann", "USDC", "5")


# --- What leaves ------------------------------------------------------------------------------------


def test_an_order_leaves_in_the_shape_of_the_wire():
    venue = Scripted([PLACED])
    venue.place("ann", "BTC/USDC", "BUY", qty=1, price="6E+4", cl_ord_id=b"\xff\x00\x01", expire=17, tif="gtd")
    asked = venue.asked[0]
    assert (asked.method, asked.target, asked.headers["emporion-account"]) == ("POST", "/v1/orders", "ann")
    given = {name: value for name, value in asked.json.items() if value not in (None, False)}
    assert given == {
        "instrument": "BTC/USDC", "side": "buy", "qty": "1", "price": "60000", "tif": "gtd", "expire_ns": "17",
        "stp": "cancel_resting", "cl_ord_id": "0xff0001" + 26 * "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"qty": 1.5}, "qty: 1.5 is a float; give decimal text such as '0.10'"),
        ({"qty": "x"}, "qty: 'x' is not a decimal number"),
        ({"qty": "1", "price": "1e-19"}, "price: .* more digits"),
        ({"qty": "1", "tif": "day"}, "tif: 'day' is not one of 'gtc', 'ioc', 'fok', 'gtd'"),
        ({"qty": "1", "cl_ord_id": "x" * 17}, "longer than 16 bytes"),
        ({"qty": "1", "expire": 1.5}, "expire: 1.5; give an aware datetime"),
    ],
)
def test_what_cannot_be_sent_is_not_sent(wrong, message):
    venue = Scripted([])
    with pytest.raises(BadValue, match=message):
        venue.place("ann", "BTC/USDC", "buy", **{"price": "1", **wrong})


def test_what_is_below_zero_is_refused_as_the_kernel_would():
    with pytest.raises(Refused) as refused:
        Scripted([]).place("ann", "BTC/USDC", "buy", qty="-1", price="1")
    assert refused.value.reason == Reject.BAD_QTY


def test_names_are_percent_encoded_and_ids_in_paths_are_hexadecimal():
    venue = Scripted([answer(200, ORDER)])
    venue.cancel(cl_ord_id="a/1", account="ann é")
    assert venue.asked[0].headers["emporion-account"] == "ann%20%C3%A9"
    assert venue.asked[0].target == "/v1/orders/by-client-id/0x612f31" + 26 * "0"


def _stale(**more):
    return {"status": 401, "title": "", "code": "STALE_TIME", "reason": "", "detail": "the time is off", **more}
