"""The words of a script about contracts and margin: a part of `script.Stage`."""

from abc import ABC, abstractmethod
from typing import Any

from emporion.schema import build, build_margin
from emporion.schema.build import Rows
from emporion.schema.codes import ContractKind, FeeForm, GroupKind, InstrumentStatus, MarginMode
from emporion.sim.both import Both
from emporion.sim.model_margin import sums, value
from emporion.sim.model_positions import position
from emporion.sim.script_words import duration, number

BOUNDS = {"qty_max_lots": 1_000_000, "price_max_ticks": 1_000_000}
CAPS = ("position_max_lots", "open_interest_max_lots", "interest_e12", "clamp_e12", "cap_e12", "divisor")
CAP_DEFAULTS = {"position_max_lots": 1_000_000, "open_interest_max_lots": 1_000_000}
CAP = 1 << 40  # Of risk arrays, unless a line says otherwise.


def pairs_of(words: list[str]) -> dict[str, str]:
    return dict(word.split("=") for word in words if "=" in word)


class MarginWords(ABC):
    """What a script's lines about contracts and margin do. The stage gives them names and time."""

    both: Both
    accounts: dict[str, int]
    assets: dict[str, int]
    instruments: dict[str, int]
    groups: dict[str, int]
    questions: dict[str, int]
    now_ns: int

    @abstractmethod
    def account(self, name: str) -> int:
        """The number of an account."""

    @abstractmethod
    def must(self, *rows: Rows) -> None:
        """Sends rows that may not be refused."""

    # --- Contracts and their prices ---------------------------------------------------------------------

    def do_pool(self, words: list[str]) -> None:
        """pool P 100 [Q 50 ...] [risk=10] [maintenance=500_000]: sets a stage of margin, all at once

        A group `G`; `cash` that is worth a micro-dollar an atom and no risk; perpetuals on it, OPEN, with this mark and
        index, that lose `risk` micro-dollars a lot in the first scenario and gain as much in the second.
        """
        pairs = pairs_of(words)
        names = [word for word in words if "=" not in word]
        risk = number(pairs.get("risk", "10"))
        self.must(self.do_group(["G", f"maintenance={pairs.get('maintenance', '500_000')}"]))
        self.must(self.do_risk(["cash", "in", "G", "0"]), self.do_value(["cash", "1"]))
        for name, price in zip(names[::2], names[1::2], strict=True):
            self.must(self.do_contract([name]), build.set_status(self.instruments[name], InstrumentStatus.OPEN))
            self.must(self.do_risk([name, "in", "G", str(-risk), str(risk)]))
            self.must(self.do_price([name, f"mark={price}", f"index={price}"]))

    def do_contract(self, words: list[str]) -> Rows:
        """contract P [kind=perpetual] [settle=cash] [position_max_lots=9] [cap_e12=5] [expiry=5d] [window=1h]
        [strike=90] [question=Q outcome=1 one=100] [fees=binary] [funding=1h] [impact=1_000] [qty_max_lots=9] ...
        """
        name, *rest = words
        pairs = pairs_of(rest)
        kind = ContractKind[pairs.pop("kind", "perpetual").upper()]
        is_dated = kind in (ContractKind.FUTURE, ContractKind.CALL, ContractKind.PUT)
        settle = self.assets[pairs.pop("settle", "cash")]
        caps = CAP_DEFAULTS | {key: number(pairs.pop(key)) for key in CAPS if key in pairs}
        one = number(pairs.pop("one", "1_000" if kind == ContractKind.OUTCOME else "0"))
        bounds = dict(BOUNDS)
        if kind == ContractKind.OUTCOME:
            bounds["price_max_ticks"] = one - 1
        terms: dict[str, Any] = {
            "expiry_ns": self.now_ns + duration(pairs.pop("expiry", "1d")) if is_dated else 0,
            "window_ns": duration(pairs.pop("window", "0s")),
            "strike_ticks": number(pairs.pop("strike", "0")),
            "one_ticks": one,
            "funding_interval_ns": duration(pairs.pop("funding")) if "funding" in pairs else None,
            "impact_notional_atoms": number(pairs.pop("impact", "0")),
            "question_id": self.questions[pairs.pop("question")] if "question" in pairs else 0,
            "outcome": number(pairs.pop("outcome", "0")),
            "fee_form": FeeForm[pairs.pop("fees", "flat").upper()],
            "atoms_per_tick_lot": number(pairs.pop("atoms_per_tick_lot", "1")),
        }
        self.instruments[name] = len(self.both.model.venue.instruments) + 1
        return build_margin.list_contract(
            name, settle, kind, caps=caps, **terms, **bounds | {key: number(text) for key, text in pairs.items()}
        )

    def do_amend_contract(self, words: list[str]) -> Rows:
        """amend_contract P [position_max_lots=9] [cap_e12=5] ...: what is not named is as `contract` has it"""
        caps = CAP_DEFAULTS | {key: number(text) for key, text in pairs_of(words).items()}
        return build_margin.amend_contract(self.instruments[words[0]], **caps)

    def do_price(self, words: list[str]) -> Rows:
        """price P [mark=100] [index=99]"""
        pairs = {key: number(text) for key, text in pairs_of(words).items()}
        return build_margin.set_price(self.instruments[words[0]], pairs.get("index", 0), pairs.get("mark", 0))

    def do_value(self, words: list[str]) -> Rows:
        """value cash 1_000_000: micro-dollars of 2^shift atoms"""
        return build_margin.set_value(self.assets[words[0]], number(words[1]))

    def do_question(self, words: list[str]) -> Rows:
        """question Q [outcomes=2] [challenge=1h] [one=100]"""
        pairs = pairs_of(words)
        self.questions[words[0]] = len(self.both.model.venue.questions) + 1
        return build_margin.list_question(
            words[0], number(pairs.get("outcomes", "2")), duration(pairs.get("challenge", "1h")),
            number(pairs.get("one", "1_000")),
        )  # fmt: skip

    def do_propose(self, words: list[str]) -> Rows:
        """propose Q 100 0"""
        return build_margin.propose_outcome(self.questions[words[0]], [number(word) for word in words[1:]])

    def do_challenge(self, words: list[str]) -> Rows:
        """challenge Q"""
        return build_margin.challenge_outcome(self.questions[words[0]])

    def do_resolve(self, words: list[str]) -> Rows:
        """resolve Q 100 0"""
        return build_margin.resolve_outcome(self.questions[words[0]], [number(word) for word in words[1:]])

    # --- Risk, loans, liquidation ------------------------------------------------------------------------

    def do_group(self, words: list[str]) -> Rows:
        """group G [kind=price] [maintenance=500_000]: makes one when it is named first"""
        name, pairs = words[0], pairs_of(words)
        known = self.groups.get(name, 0)
        self.groups.setdefault(name, len(self.both.model.venue.groups) + 1)
        kind = GroupKind[pairs.get("kind", "price").upper()]
        return build_margin.set_group(known, kind, number(pairs.get("maintenance", "500_000")))

    def do_risk(self, words: list[str]) -> Rows:
        """risk P in G -10 10 [load=1] [shift=0] [cap=9] [short=5] [addon_from=9 addon=1] [sale=I]: the first scenarios,
        0 in the others. `in nothing` takes the load away. Of a contract or an asset.
        """
        name, _, group, *rest = words
        pairs = pairs_of(rest)
        array = [number(word) for word in rest if "=" not in word]
        is_asset = name in self.assets
        instrument_id = self.instruments.get(pairs.get("sale", ""), 0) if is_asset else self.instruments[name]
        return build_margin.set_risk(
            self.groups[group] if group != "nothing" else 0, array, instrument_id,
            self.assets[name] if is_asset else 0, number(pairs.get("load", "0")), number(pairs.get("shift", "0")),
            number(pairs.get("cap", str(CAP))), number(pairs.get("short", "0")),
            number(pairs.get("addon_from", str(CAP))), number(pairs.get("addon", "0")),
        )  # fmt: skip

    def do_margin(self, words: list[str]) -> Rows:
        """margin A [leverage=5] [mode=cash]"""
        pairs = pairs_of(words)
        mode = MarginMode[pairs.get("mode", "margin").upper()]
        return build_margin.set_margin(self.account(words[0]), number(pairs.get("leverage", "0")), mode)

    def do_lend(self, words: list[str]) -> Rows:
        """lend cash 1_000 [base=0] [kink=0] [full=1_000_000_000] [kink_ppm=800_000]: how much, and an hour's rates"""
        pairs = {key: number(text) for key, text in pairs_of(words).items()}
        return build_margin.set_lending(
            self.assets[words[0]], number(words[1]), pairs.get("base", 0), pairs.get("kink", 0),
            pairs.get("full", 1_000_000_000), pairs.get("kink_ppm", 800_000),
        )  # fmt: skip

    def do_liquidation(self, words: list[str]) -> Rows:
        """liquidation [backstop=B] [slice=250_000] [slice_min=0] [every=1s] [below=500_000] [fee=0] [slippage=9]"""
        pairs = pairs_of(words)
        backstop = self.account(pairs["backstop"]) if "backstop" in pairs else 0
        return build_margin.set_liquidation(
            backstop, number(pairs.get("slice", "250_000")), number(pairs.get("slice_min", "0")),
            duration(pairs.get("every", "1s")), number(pairs.get("below", "500_000")), number(pairs.get("fee", "0")),
            number(pairs.get("slippage", "20_000")),
        )  # fmt: skip

    def do_sweep(self, words: list[str]) -> Rows:
        """sweep [10]"""
        return build_margin.sweep(number(words[0]) if words else 100)

    # --- Questions -------------------------------------------------------------------------------------

    def ask_position(self, words: list[str]) -> None:
        """position A P 5 [entry=500] [shown=500] [value=0]: lots, and micro-dollars that it adds to equity"""
        account_id = self.account(words[0])
        holding = position(self.both.model.venue, account_id, self.instruments[words[1]])
        found = {"lots": holding.pos, "entry": holding.entry, "shown": holding.shown_entry}
        found["value"] = value(self.both.model.venue, self.both.model.venue.margins[account_id], holding)
        self._compare([f"lots={words[2]}", *words[3:]], found)

    def ask_equity(self, words: list[str]) -> None:
        """equity A 1_000 [initial=10] [maintenance=5] [required=10] [risk=0] [gross=0], micro-dollars"""
        venue = self.both.model.venue
        now = sums(venue, venue.margins[self.account(words[0])])
        found = {
            "equity": now.equity, "initial": now.initial, "maintenance": now.maintenance, "required": now.required,
            "risk": now.order_risk, "gross": now.gross,
        }  # fmt: skip
        self._compare([f"equity={words[1]}", *words[2:]], found)

    def ask_mark(self, words: list[str]) -> None:
        """mark P 100 [index=99] [open_interest=5] [funding=0]: of a contract"""
        contract = self.both.model.venue.contracts[self.instruments[words[0]]]
        found = {
            "mark": contract.mark, "index": contract.index, "open_interest": contract.open_interest,
            "funding": contract.funding_index,
        }  # fmt: skip
        self._compare([f"mark={words[1]}", *words[2:]], found)

    def _compare(self, words: list[str], found: dict[str, int]) -> None:
        wanted = {key: number(text) for key, text in pairs_of(words).items()}
        if any(found[key] != amount for key, amount in wanted.items()):
            raise AssertionError(f"it is {found}")
