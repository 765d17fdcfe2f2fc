"""Contracts on the venue of `served`: a perpetual, two options, a question, and who trades them on margin."""

from typing import Any

from tests.gateway.served import Served, unique

DOWN_UP = [-160, -160, -80, -80, 0, 0, 80, 80, 160, 160, -160, 160, -15, 15, 0, 0]  # Thousandths of the price.
YEAR_2100_NS = 4_102_444_800 * 10**9


def perpetual(served: Served, name: str = "") -> str:
    """A perpetual at 100,000 that may be traded at once: its name."""
    name = name or unique("PERP")
    served.act("list_perpetual", name=name, settle="USDC", reference="100000", price_max="1000000", lot="0.001")
    group = served.act("set_group")["number"]
    served.act("set_risk", of=name, group_id=group, array=[100_000 * each for each in DOWN_UP])
    served.act("set_price", instrument=name, index="100000", mark="100000")
    dollars(served)
    return name


def dollars(served: Served) -> None:
    """USDC counts as what it says."""
    group = served.act("set_group")["number"]
    served.act("set_risk", of="USDC", group_id=group, array=[0] * 16, unit_shift=20, cap="1000000000")
    served.act("set_value", asset="USDC", dollars="1")


def on_margin(served: Served, name: str = "ann") -> Any:
    """An account's client, the account being on margin."""
    served.act("set_margin", account=name)
    return served.one(name)


def option_pair(served: Served) -> tuple[str, str]:
    """A call and a put on one thing, with marks."""
    base = unique("OPT")
    names = f"{base}-1-C", f"{base}-1-P"
    for name, call, mark in zip(names, (True, False), ("12000", "10000"), strict=True):
        served.act(
            "list_option", name=name, settle="USDC", strike="100000", expiry=YEAR_2100_NS, call=call,
            underlying="100000", reference=mark,
        )  # fmt: skip
        served.act("set_price", instrument=name, index="101000", mark=mark)
    return names


def question(served: Served) -> int:
    """A yes or no with a price: its number."""
    name = unique("Q")
    made = served.act("list_question", name=name, challenge="60")
    dollars(served)
    served.act("list_outcome", name=f"{name}-YES", settle="USDC", question=name)
    served.act("set_price", instrument=f"{name}-YES", mark="0.3")
    return int(made["question_id"])
