"""Orders from JSON to rows: byte for byte what schema.build makes of the same numbers."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.gateway import client_ids, entry
from emporion.gateway.app import has_duplicate_keys
from emporion.gateway.catalog import Asset, Listed
from emporion.gateway.decimals import Scale
from emporion.gateway.problems import ProblemError
from emporion.schema import build
from emporion.schema.codes import OrderFlag, Side, Stp, Tif
from emporion.wire.trading import PlaceOrder

USDC = Asset(1, "USDC", 6, 7, Scale(Decimal("0.000001")))
BTC = Asset(2, "BTC", 8, 1, Scale(Decimal("0.00000001")))
LISTED = Listed(5, "BTC/USDC", "", BTC, USDC, 1, Scale(Decimal("0.5"), "tick"), Scale(Decimal("0.001"), "lot"), 1, 1)
LOTS = st.integers(0, (1 << 63) - 1)


class OneInstrument:
    """As much of a catalogue as packing needs."""

    def instrument(self, name: str, field: str = "instrument") -> Listed:
        assert name == LISTED.name
        return LISTED


def texts(scale: Scale):
    return st.builds(scale.text, st.integers(0, 1 << 50))


PRICES, QTYS = texts(LISTED.price), texts(LISTED.qty)
IDS = st.one_of(
    st.text(min_size=1, max_size=16).filter(lambda text: text.isprintable() and len(text.encode()) <= 16),
    st.binary(min_size=16, max_size=16).filter(any).map(lambda raw: "0x" + raw.hex()),
)
ORDERS = st.builds(
    PlaceOrder,
    instrument=st.just("BTC/USDC"),
    side=st.sampled_from(["buy", "sell"]),
    qty=QTYS,
    price=st.none() | PRICES,
    tif=st.none() | st.sampled_from(["gtc", "ioc", "fok", "gtd"]),
    market=st.booleans(),
    post_only=st.booleans(),
    display=st.none() | QTYS,
    trigger=st.none() | PRICES,
    expire_ns=st.none() | st.integers(0, (1 << 63) - 1).map(str),
    stp=st.sampled_from(["cancel_resting", "cancel_taker", "cancel_both", "decrement"]),
    cl_ord_id=st.none() | IDS,
)


@given(ORDERS, st.integers(1, (1 << 31) - 1), st.integers(0, 0xFFFF))
def test_a_packed_order_is_the_row_that_the_schema_builds(order, account_id, tag):
    sent = msgspec.json.decode(msgspec.json.encode(order), type=PlaceOrder)
    packed = entry.place(entry.terms_of(sent, OneInstrument()), account_id, tag)
    tif = order.tif or ("ioc" if order.market else "gtd" if order.expire_ns is not None else "gtc")
    flags = OrderFlag.POST_ONLY * order.post_only + OrderFlag.MARKET * order.market
    rows = build.place(
        account_id, 5, Side[order.side.upper()], int(Decimal(order.qty) * 1000),
        int(Decimal(order.price or 0) * 2), Tif[tif.upper()], flags + OrderFlag.STOP * (order.trigger is not None),
        Stp[order.stp.upper()], client_ids.raw_of(order.cl_ord_id) if order.cl_ord_id else b"",
        int(Decimal(order.display or 0) * 1000), int(Decimal(order.trigger or 0) * 2), int(order.expire_ns or 0),
    )  # fmt: skip
    rows["request_tag"][0] = tag
    assert packed == rows.tobytes()


@given(st.integers(1, 1 << 30), st.integers(1, 1 << 53), LOTS, LOTS, st.binary(min_size=16, max_size=16))
def test_the_other_rows_are_those_the_schema_builds(account_id, order_id, lots, ticks, raw):
    assert entry.replace(account_id, order_id, lots, ticks, raw, 0) == (
        build.replace(account_id, order_id, lots, ticks, raw).tobytes()
    )
    assert entry.cancel(account_id, order_id, 0) == build.cancel(account_id, order_id).tobytes()
    assert entry.cancel_by_cl_ord_id(account_id, raw, 0) == build.cancel_by_cl_ord_id(account_id, raw).tobytes()
    assert entry.mass_cancel(account_id, 7, 2, 0) == build.mass_cancel(account_id, 7, 2).tobytes()


@given(st.binary(min_size=1, max_size=16).filter(lambda raw: any(raw)))
def test_a_client_id_comes_back_as_it_can_be_sent_again(raw):
    hi, lo = build.halves(raw)
    shown = client_ids.text_of(hi, lo)
    assert shown is not None and client_ids.halves_of(shown) == (hi, lo)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "seventeen bytes!!",
        "ein Jahr für mich",
        "a\nb",
        "\0",
        "0x" + "0" * 32,
        "0x" + "g" * 32,
        "\ud800",
        "0x12" * 8,
    ],
)
def test_what_is_no_client_id_is_refused(text):
    with pytest.raises(ProblemError) as caught:
        client_ids.raw_of(text, "orders[3].cl_ord_id")
    assert caught.value.problem.field == "orders[3].cl_ord_id"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
        max_leaves=10,
    )
)
def test_values_without_duplicate_keys_are_found_to_have_none(value):
    assert not has_duplicate_keys(msgspec.json.encode(value))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"qty":"1","qty":"2"}',
        b'{"qty":"1","q\\u0074y":"2"}',
        b'{"orders":[{"side":"buy"},{"side":"buy","side":"sell"}]}',
        b'{"a":{"b":1,"b":1},"c":":"}',
    ],
)
def test_a_key_that_comes_twice_is_found(raw):
    assert has_duplicate_keys(raw)
