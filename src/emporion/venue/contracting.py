"""What operators do with contracts, questions, prices, risk, lending and liquidation."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from emporion import instruments as templates
from emporion.errors import BadValue
from emporion.instruments.listing import ContractListing, FundingTerms, fitting_lot
from emporion.schema import build, build_margin
from emporion.schema.codes import ContractKind, Event, FeeForm, GroupKind, InstrumentStatus, Limit
from emporion.schema.limits import PPM, PRICE_MAX, RISK_MAX
from emporion.schema.units import parse_decimal
from emporion.venue import ranges
from emporion.venue.catalog import whole
from emporion.venue.contracts import RATE, Contracts
from emporion.venue.core import PPM_UNIT, SECOND, AccountLike, Number
from emporion.venue.listing import Grid, bounds, grid_of_contract, narrow
from emporion.venue.margin_things import Contract, MarginSummary, Question
from emporion.venue.margining import MICRO, Margining
from emporion.venue.operating import Operating
from emporion.venue.values import I64_MAX, code, expire_ns

FINE = 30  # Decimals that no lot of a contract has.


class Contracting(Contracts, Margining, Operating):
    """Listings of contracts, and the numbers that come from outside."""

    # --- Listing ---

    def list_perpetual(
        self, name: str, settle: str, *, reference: Number, funding: FundingTerms | None = None, **more: Any
    ) -> Contract:
        """List a perpetual that settles in an asset, at today's price `reference`, and open it.

        Args:
            funding: interval, interest, clamp, cap and impact notional; by default hourly, as is usual.
            more: tick, lot (a power of ten of what it is on), band, qty_min, qty_max, price_max, notional_min,
                notional_max, position_max, open_interest_max, fee_schedule, status, in place of what is proposed.
        """
        listing = templates.perpetual(_positive(reference, "reference"))
        return self._list_contract(name, settle, listing, funding=funding or listing.funding, **more)

    def list_future(
        self, name: str, settle: str, *, reference: Number, expiry: int | datetime, window: Number | None = None,
        **more: Any,
    ) -> Contract:  # fmt: skip
        """List a future that ends at `expiry`, at the average of its index over `window` seconds before.

        Further arguments are those of `list_perpetual`, but for funding.
        """
        listing = templates.future(_positive(reference, "reference"), expire_ns(expiry))
        return self._list_contract(name, settle, listing, window=window, **more)

    def list_option(
        self, name: str, settle: str, *, strike: Number, expiry: int | datetime, call: bool, underlying: Number,
        reference: Number = 0, window: Number | None = None, **more: Any,
    ) -> Contract:  # fmt: skip
        """List a European option, settled in cash: a call or a put on something at `underlying`.

        `reference` is its own price, if one is known. Further arguments are those of `list_future`.
        """
        listing = templates.option(
            parse_decimal(reference, "reference"), parse_decimal(strike, "strike"), expire_ns(expiry), is_call=call,
            underlying=_positive(underlying, "underlying"),
        )  # fmt: skip
        return self._list_contract(name, settle, listing, window=window, **more)

    def list_question(self, name: str, outcomes: int = 2, *, challenge: Number = 0, tick: Number = "0.001") -> Question:
        """List a question of 2 to 16 outcomes; of two there is one contract, on outcome 0, YES.

        Args:
            challenge: seconds in which a proposed answer may be challenged.
            tick: least price step of its outcomes, which go from 0 to 1.
        """
        self._check_question(name)
        one = whole(1, _positive(tick, "tick"), "tick", "tick")
        challenge_ns = whole(challenge, SECOND, "challenge", "nanosecond")
        rows = build_margin.list_question(name, outcomes, challenge_ns, one)
        event = self._first(rows, f"list question {name}", Event.QUESTION_LISTED, ranges.QUESTION)
        return self.question(int(event["order_id"]))

    def list_outcome(
        self, name: str, settle: str, question: str | int, outcome: int = 0, *, reference: Number = "0.5",
        binary_fees: bool = True, **more: Any,
    ) -> Contract:  # fmt: skip
        """List the contract that pays one if an outcome comes true. `binary_fees`: on p (1 - p), not on p."""
        number = self._question_id(question)
        one = int(self._catalog.rows(Limit.QUESTIONS)["one_ticks"][number])
        listing = templates.outcome(parse_decimal(reference, "reference"))
        fixed: dict[str, Any] = {"tick": Decimal(1) / one, "question_id": number, "outcome": outcome, "one_ticks": one}
        form = FeeForm.BINARY if binary_fees else FeeForm.FLAT
        return self._list_contract(name, settle, listing, fee_form=form, **fixed, **more)

    def amend_contract(self, name: str, **changes: Any) -> Contract:
        """Change caps or funding of a contract: any of position_max, open_interest_max, and of FundingTerms
        interest_e12, clamp_e12, cap_e12, divisor. What is not named stays."""
        number = self._catalog.instrument_id(name)
        row = self._catalog.rows(Limit.CONTRACTS)[self._catalog.rows(Limit.INSTRUMENTS)["contract"][number]]
        names = ("position_max_lots", "open_interest_max_lots", "interest_e12", "clamp_e12", "cap_e12", "divisor")
        caps = {key: int(row[key]) for key in names}
        caps["divisor"] = caps["divisor"] or 1
        for key, value in changes.items():
            if key in ("position_max", "open_interest_max"):
                caps[f"{key}_lots"] = self._qty(number, value, key)
            elif key in names[2:]:
                caps[key] = value
            else:
                raise BadValue(
                    f"amend_contract: {key} cannot be changed; position_max, open_interest_max, "
                    f"{', '.join(names[2:])} can"
                )
        self._send(build_margin.amend_contract(number, **caps), f"amend {name}", ranges.CAPS)
        return self.contract(name)

    def _list_contract(
        self,
        name: str,
        settle: str,
        listing: ContractListing,
        *,
        tick: Number | None = None,
        lot: Number | None = None,
        band: Number | None = None,
        qty_min: Number | None = None,
        qty_max: Number | None = None,
        price_max: Number | None = None,
        notional_min: Number | None = None,
        notional_max: Number | None = None,
        position_max: Number | None = None,
        open_interest_max: Number | None = None,
        fee_schedule: int = 0,
        status: str = "open",
        funding: FundingTerms | None = None,
        window: Number | None = None,
        question_id: int = 0,
        outcome: int = 0,
        one_ticks: int = 0,
        fee_form: FeeForm = FeeForm.FLAT,
    ) -> Contract:
        self._check_contract(name)
        settle_id = self._catalog.asset_id(settle)
        places = int(self._catalog.rows(Limit.ASSETS)["decimals"][settle_id])
        step = listing.tick if tick is None else parse_decimal(tick, "tick")
        size = fitting_lot(step, listing.lot, FINE, places) if lot is None else parse_decimal(lot, "lot")
        on = grid_of_contract(step, size, places)
        coarser = int(size / listing.lot) if size > listing.lot else 1  # Proposed caps are in lots of the proposal.
        lots = {
            "position_max_lots": whole(position_max, size, "position_max", "lot")
            if position_max is not None
            else max(1, listing.position_cap_lots // coarser),
            "open_interest_max_lots": whole(open_interest_max, size, "open_interest_max", "lot")
            if open_interest_max is not None
            else max(1, listing.interest_cap_lots // coarser),
        }
        room = min(PRICE_MAX, RISK_MAX // (max(lots.values()) * on.atoms_per_tick_lot))
        highest = one_ticks - 1 if one_ticks else room
        fields = bounds(
            on, qty_min=qty_min, qty_max=qty_max,
            price_max=price_max if price_max is not None else on.tick * self._price_room(on, listing, highest),
            notional_min=listing.notional_min if notional_min is None else notional_min, notional_max=notional_max,
            reference=None if one_ticks else listing.reference // step * step or None,
            band=listing.band if band is None else band, fee_schedule=fee_schedule,
        )  # fmt: skip
        terms = funding or FundingTerms()
        is_perpetual = listing.kind == ContractKind.PERPETUAL
        window_ns = listing.window_ns if window is None else whole(window, SECOND, "window", "nanosecond")
        rows = build_margin.list_contract(
            name, settle_id, listing.kind, on.atoms_per_tick_lot, size.adjusted(),
            expiry_ns=0 if one_ticks else listing.expiry_ns or 0, window_ns=window_ns,
            strike_ticks=whole(listing.strike, step, "strike", "tick") if listing.strike is not None else 0,
            one_ticks=one_ticks, funding_interval_ns=terms.interval_ns if is_perpetual else 0,
            impact_notional_atoms=whole(terms.impact_notional, on.quote_atom, "impact_notional", "quote atom")
            if is_perpetual
            else 0,
            question_id=question_id, outcome=outcome, fee_form=fee_form,
            caps=lots
            | (
                {
                    "interest_e12": terms.interest_e12,
                    "clamp_e12": terms.clamp_e12,
                    "cap_e12": terms.cap_e12,
                    "divisor": terms.divisor,
                }
                if is_perpetual
                else {}
            ),
            **fields,
        )  # fmt: skip
        status_number = code(InstrumentStatus, status, "status")
        if status_number != InstrumentStatus.PRE_OPEN:
            rows = build.join(rows, build.set_status(len(self._catalog.rows(Limit.INSTRUMENTS)), status_number))
        self._send(rows, f"list contract {name}", f"{ranges.TERMS}; {ranges.CAPS}")
        return self.contract(name)

    @staticmethod
    def _price_room(on: Grid, listing: ContractListing, highest: int) -> int:
        """The highest price, ticks: a thousandfold of today's or ten times the strike, as far as sums stay exact."""
        today = max(listing.reference, listing.strike or Decimal(0)) / on.tick
        return max(1, min(highest, int(today * (10 if listing.strike is not None else 1_000))))

    def _check_contract(self, name: str) -> None:
        self._check_name(name, "instrument", self._catalog.has_instrument(name))

    def _check_question(self, name: str) -> None:
        names = [each.name for each in self.questions]
        self._check_name(name, "question", name in names)

    # --- Prices and risk ---

    def set_price(self, instrument: str, *, index: Number | None = None, mark: Number | None = None) -> Contract:
        """Give a contract its index, its mark, or both. An option's index is the price of what it is on."""
        number = self._catalog.instrument_id(instrument)
        rows = build_margin.set_price(
            number, self._price(number, index, "index") if index is not None else 0,
            self._price(number, mark, "mark") if mark is not None else 0,
        )  # fmt: skip
        self._send(rows, f"set price of {instrument}", ranges.PRICE)
        return self.contract(instrument)

    def set_value(self, asset: str, dollars: Number) -> None:
        """What one unit of an asset is worth in US dollars, for margin."""
        number = self._catalog.asset_id(asset)
        risk = self._catalog.rows(Limit.RISKS)[self._catalog.rows(Limit.ASSETS)["risk"][number]]
        unit = self._catalog.atoms[number] * (1 << int(risk["unit_shift"]))
        micro = parse_decimal(dollars, "dollars") * unit / MICRO
        if micro > I64_MAX:
            raise BadValue(f"dollars: {dollars} is beyond what a row can hold")
        self._send(build_margin.set_value(number, int(micro)), f"set value of {asset}", ranges.VALUE)

    def set_group(self, kind: str = "price", maintenance: Number = "0.5", group_id: int = 0) -> int:
        """Make a risk group, or change one: its maintenance margin is this part of initial. Its number."""
        ppm = narrow(whole(maintenance, PPM_UNIT, "maintenance", "millionth"), "maintenance")
        rows = build_margin.set_group(group_id, code(GroupKind, kind, "kind"), ppm)
        event = self._first(rows, f"set group {group_id or 'anew'}", Event.GROUP_SET, ranges.GROUP)
        return int(event["amount_atoms"])

    def set_risk(
        self, of: str, group_id: int, array: Sequence[int], *, load: int = 0, unit_shift: int = 0,
        cap: Number | None = None, short_min: int = 0, addon_from: Number | None = None, addon: int = 0,
        sold_on: str | None = None,
    ) -> None:  # fmt: skip
        """One load of a contract or an asset: what 2^unit_shift lots or atoms gain in each scenario, micro-dollars.

        Computed by services.risk_arrays; what the numbers mean is in docs/rules/margin.md.

        Args:
            cap: quantity of an asset that counts as collateral; of a contract its position_max unless given.
            short_min: least loss of 2^unit_shift lots short.
            addon_from: quantity above which each 2^unit_shift costs `addon` more, whatever the scenario.
            sold_on: of an asset, the instrument where it is sold when its owner is liquidated.
        """
        if self._catalog.has_asset(of):
            number, asset_id = (
                self._catalog.instrument_id(sold_on) if sold_on is not None else 0,
                self._catalog.asset_id(of),
            )
            unit, usual = self._catalog.atoms[asset_id], 0
        else:
            number, asset_id = self._catalog.instrument_id(of), 0
            contract = self._catalog.rows(Limit.INSTRUMENTS)["contract"][number]
            unit = self._catalog.lots[number]
            usual = int(self._catalog.rows(Limit.CONTRACTS)["position_max_lots"][contract])
        units = whole(cap, unit, "cap", "unit") if cap is not None else usual
        rows = build_margin.set_risk(
            group_id, array, instrument_id=number, asset_id=asset_id, load=load, unit_shift=unit_shift, cap=units,
            short_min_atoms=short_min,
            addon_from=whole(addon_from, unit, "addon_from", "unit") if addon_from is not None else units,
            addon_atoms=addon,
        )  # fmt: skip
        self._send(rows, f"set risk of {of}", ranges.RISK)

    # --- Accounts, lending, liquidation ---

    def set_margin(self, account: AccountLike, leverage_max: int = 0) -> MarginSummary:
        """Make it a margin account, for good, or change its own leverage cap; 0 for none."""
        number = self._account_id(account)
        rows = build_margin.set_margin(number, narrow(leverage_max, "leverage_max"))
        self._send(rows, f"set margin of {self._names.name_of(number)}", ranges.LEVERAGE)
        return self.margin(account)

    def set_lending(
        self, asset: str, cap: Number, *, base: Number = 0, kink: Number = 0, full: Number = "0.001",
        kink_at: Number = "0.8",
    ) -> None:  # fmt: skip
        """How much of an asset is lent, and an hour's interest: at no use, at `kink_at` of use, and at full use."""
        number = self._catalog.asset_id(asset)
        rows = build_margin.set_lending(
            number, self._amount(number, cap, "cap"), whole(base, RATE, "base", "10^-12"),
            whole(kink, RATE, "kink", "10^-12"), whole(full, RATE, "full", "10^-12"),
            whole(kink_at, PPM_UNIT, "kink_at", "millionth"),
        )  # fmt: skip
        self._send(rows, f"set lending of {asset}", ranges.LENDING)

    def set_liquidation(
        self, backstop: AccountLike | None = None, *, slice_part: Number = "0.25", slice_min: Number = 1_000,
        interval: Number = 1, backstop_at: Number = "0.5", fee: Number = "0.005", slippage: Number = "0.02",
    ) -> None:  # fmt: skip
        """How accounts below maintenance are liquidated, and who takes over what the book does not.

        Args:
            slice_part: of a position is sold at once, or all when it is worth less than `slice_min` dollars.
            interval: seconds between slices.
            backstop_at: of maintenance; with less equity the backstop account takes over.
            fee: of what is sold, to the insurance account; slippage: how far from the mark a slice may go.
        """
        rows = build_margin.set_liquidation(
            self._account_id(backstop) if backstop is not None else 0, self._ppm(slice_part, "slice_part"),
            whole(slice_min, MICRO, "slice_min", "micro-dollar"), whole(interval, SECOND, "interval", "nanosecond"),
            self._ppm(backstop_at, "backstop_at"), self._ppm(fee, "fee"), self._ppm(slippage, "slippage"),
        )  # fmt: skip
        self._send(rows, "set liquidation", ranges.LIQUIDATION)

    def sweep(self, accounts: int = 1_000) -> int:
        """Look at the next so many margin accounts: what is due is settled. How many liquidations began."""
        rows = build_margin.sweep(narrow(accounts, "accounts"))
        event = self._first(rows, "sweep", Event.SWEPT, ranges.SWEEP)
        return int(event["leaves_lots"])

    # --- Questions ---

    def propose(self, question: str | int, payouts: Sequence[Number]) -> Question:
        """Propose what each outcome pays, adding up to 1: final when nobody challenges it in time."""
        number = self._question_id(question)
        rows = build_margin.propose_outcome(number, self._payouts(number, payouts))
        self._send(rows, f"propose for {question}", ranges.PAYOUTS)
        return self.question(number)

    def challenge(self, question: str | int) -> Question:
        """Drop a proposal."""
        number = self._question_id(question)
        self._send(build_margin.challenge_outcome(number), f"challenge {question}")
        return self.question(number)

    def resolve(self, question: str | int, payouts: Sequence[Number]) -> Question:
        """Say what each outcome pays, adding up to 1; final at once. A void or a split is a vector too."""
        number = self._question_id(question)
        rows = build_margin.resolve_outcome(number, self._payouts(number, payouts))
        self._send(rows, f"resolve {question}", ranges.PAYOUTS)
        return self.question(number)

    def _payouts(self, number: int, payouts: Sequence[Number]) -> list[int]:
        tick = Decimal(1) / int(self._catalog.rows(Limit.QUESTIONS)["one_ticks"][number])
        return [whole(each, tick, f"payouts[{place}]", "tick") for place, each in enumerate(payouts)]

    @staticmethod
    def _ppm(value: Number, what: str) -> int:
        return whole(value, Decimal(1) / PPM, what, "millionth")


def _positive(value: Number, what: str) -> Decimal:
    number = parse_decimal(value, what)
    if not 0 < number < 10**18 or number.adjusted() < -18:
        raise BadValue(f"{what}: {value} is not above 0, or far outside any range")
    return number
