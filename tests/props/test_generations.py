"""A row whose generations are used up: retired, so that no order id is ever given twice."""

from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Event, InstrumentStatus, Limit, Side
from emporion.schema.limits import GENERATION_MAX, SLOT_BITS, TINY

BOB, USD, BTC = 6, 1, 2


def venue() -> Machine:
    machine = Machine(TINY)
    rows = [
        build.genesis(capacity=TINY), build.list_asset("USD", 6), build.list_asset("BTC", 8),
        build.list_instrument("BTC/USD", BTC, USD), build.set_status(1, InstrumentStatus.OPEN),
        build.open_account(), build.deposit(BOB, BTC, 1_000_000), build.deposit(BOB, USD, 1_000_000),
    ]  # fmt: skip
    assert not (machine.apply(build.join(*rows))["kind"] == Event.REJECTED).any()
    return machine


def place_and_cancel(machine: Machine) -> int:
    """An order that came and went: its id."""
    accepted = machine.apply(build.place(BOB, 1, Side.SELL, 1, 100))
    assert accepted["kind"].tolist() == [Event.ACCEPTED]
    order_id = int(accepted["order_id"][0])
    assert machine.apply(build.cancel(BOB, order_id))["kind"].tolist() == [Event.CANCELED]
    return order_id


def test_a_slot_is_retired_at_its_last_generation():
    machine = venue()
    first = place_and_cancel(machine)
    slot = first & ((1 << SLOT_BITS) - 1)
    machine.array["orders"]["generation"][0, slot] = GENERATION_MAX - 2  # As if it had been used so often.
    last_two = [place_and_cancel(machine), place_and_cancel(machine)]
    assert last_two == [GENERATION_MAX - 1 << SLOT_BITS | slot, GENERATION_MAX << SLOT_BITS | slot]
    assert last_two[1] < 1 << 53
    after = place_and_cancel(machine)
    assert after & ((1 << SLOT_BITS) - 1) == slot + 1, "the retired slot was given again"
    table = machine.array["tables"][0, Limit.ORDERS]
    assert (int(table["retired"]), int(table["live"])) == (1, 0)
    assert machine.audit() == []


def test_a_retired_slot_counts_against_the_limit():
    """Else the table would give out rows beyond its limit."""
    machine = venue()
    place_and_cancel(machine)
    machine.array["orders"]["generation"][0, 1] = GENERATION_MAX - 1
    place_and_cancel(machine)
    limit = int(machine.array["tables"]["limit"][0, Limit.ORDERS])
    rows = build.join(*(build.place(BOB, 1, Side.SELL, 1, 100) for _ in range(limit)))
    kinds = machine.apply(rows)["kind"].tolist()
    assert kinds == [Event.ACCEPTED] * (limit - 1) + [Event.REJECTED]
    assert machine.audit() == []


def test_the_general_code_retires_too():
    """An iceberg goes the long way."""
    machine = venue()
    place_and_cancel(machine)
    machine.array["orders"]["generation"][0, 1] = GENERATION_MAX - 1
    accepted = machine.apply(build.place(BOB, 1, Side.SELL, 10, 100, display_lots=2))
    machine.apply(build.cancel(BOB, int(accepted["order_id"][0])))
    assert int(machine.array["tables"]["retired"][0, Limit.ORDERS]) == 1
    assert place_and_cancel(machine) & ((1 << SLOT_BITS) - 1) == 2
    assert machine.audit() == []
