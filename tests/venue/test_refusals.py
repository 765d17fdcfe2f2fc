"""Every reason has its sentence, and what a refusal says is of use."""

import pytest

import emporion
from emporion.schema.codes import Reject
from emporion.venue.refusals import SENTENCES, explain, sentence


def test_every_reason_has_a_sentence():
    assert set(SENTENCES) == set(Reject)


@pytest.mark.parametrize("reason", [reason for reason in Reject if 0 < reason < 100])
def test_every_refusal_says_what_to_do(reason):
    matter, remedy = SENTENCES[reason]
    assert matter and remedy
    assert explain(reason) == f"{matter}; {remedy}"


@pytest.mark.parametrize("reason", [reason for reason in Reject if reason >= 100])
def test_a_cancel_needs_no_remedy(reason):
    matter, remedy = SENTENCES[reason]
    assert matter and not remedy


def test_a_message_names_the_act_the_code_and_the_remedy():
    text = sentence("place sell 1 BTC/USDC for bob", Reject.BAD_TIF)
    assert text.startswith("place sell 1 BTC/USDC for bob: BAD_TIF: ") and "gtc" in text


def test_a_reason_of_a_later_version_is_not_a_crash():
    assert "250" in sentence("place", 250) and "not known" in explain(250)


def test_refused_carries_reason_and_event(market):
    with pytest.raises(emporion.Refused) as caught:
        market.place("bob", "BTC/USDC", "sell", qty="3", price="60000")
    assert caught.value.reason == Reject.INSUFFICIENT_FUNDS
    assert caught.value.event["reason"] == Reject.INSUFFICIENT_FUNDS
    assert str(caught.value).startswith("place sell 3 BTC/USDC at 60000 for bob: INSUFFICIENT_FUNDS: ")
