"""What an account sees of its margin: positions, health, why it is what it is, and what an order would do to it."""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from emporion.errors import BadValue
from emporion.schema import build_margin
from emporion.schema.codes import Event, GroupKind, Limit, LiquidationStage, MarginMode, OrderFlag, Reject, Side, Stp
from emporion.schema.limits import E12, LENDING_ACCOUNT
from emporion.schema.units import to_text
from emporion.venue import explain as explaining
from emporion.venue import ranges
from emporion.venue.catalog import whole
from emporion.venue.core import PPM_UNIT, SECOND, AccountLike, Number
from emporion.venue.frames import Frame, decimals, labels
from emporion.venue.labels import group_names
from emporion.venue.liquidation_price import liquidation_ticks
from emporion.venue.margin_things import (
    Explanation,
    Foreseen,
    Loan,
    MarginGroup,
    MarginPart,
    MarginSummary,
    Position,
    Twap,
)
from emporion.venue.pool import Holding, gather
from emporion.venue.reckon import Pool, reckon
from emporion.venue.trading import Trading
from emporion.venue.values import I64_MAX, client_id, code, text_of

MICRO = Decimal("0.000001")
RATE = Decimal(1) / E12
MODE_TEXTS, STAGE_TEXTS, GROUP_TEXTS = text_of(MarginMode), text_of(LiquidationStage), text_of(GroupKind)
SIDE_TEXTS = text_of(Side)
FINER = Decimal("0.0001")  # Of a tick: how fine average prices are.


class Margining(Trading):
    """The account's own view of its one pool."""

    def positions(self, account: AccountLike | None = None) -> Frame:
        """Positions and open contract orders of an account, or of all, as they are after what is due."""
        numbers = [self._account_id(account)] if account is not None else self._margin_accounts()
        rows: list[dict[str, Any]] = []
        for number in numbers:
            pool = self._pool(number)
            for each in pool.weighed:
                if each.holding.instrument_id:
                    rows.append(self._position(number, pool, each.holding, each.gain_atoms))
        return self._positions_frame(rows)

    def margin(self, account: AccountLike) -> MarginSummary:
        """An account's health as it is after what is due: equity, what its margin is, what it may still do."""
        number = self._account_id(account)
        return self._summary(self._pool(number))

    def explain(self, account: AccountLike) -> Explanation:
        """Why the margin is what it is: each group's worst scenario with each holding's part, to the micro-dollar."""
        explained = explaining.explain(self._pool(self._account_id(account)))
        names = group_names(self._catalog)
        groups = tuple(
            MarginGroup(
                group_id=each.group_id,
                name=names[each.group_id],
                kind=GROUP_TEXTS[each.kind],
                scenario=each.scenario,
                title=explaining.title(each.kind, each.scenario),
                loss=each.exposure.loss_atoms * MICRO,
                held_loss=each.exposure.held_loss_atoms * MICRO,
                maintenance=each.exposure.maintenance_atoms * MICRO,
                is_short_minimum=each.exposure.is_short_minimum,
                scenarios=tuple(gain * MICRO for gain in each.exposure.totals),
                parts=tuple(self._part(part) for part in each.parts),
            )
            for each in explained.groups
        )
        return Explanation(
            summary=self._summary(explained.pool),
            collateral=tuple(self._part(part, is_collateral=True) for part in explained.collateral),
            groups=groups,
            addons=tuple((self._holding_name(holding), value * MICRO) for holding, value in explained.addons),
        )

    def preview(self, account: AccountLike, instrument: str, side: str, **order: Any) -> Foreseen:
        """What `place` with these arguments would do to an account's money and margin; nothing is sent."""
        rows = self._place_rows(account, instrument, side, **order)
        number = self._catalog.instrument_id(instrument)
        answer = self._node.machine.preview(rows)
        listed = self._catalog.rows(Limit.INSTRUMENTS)[number]
        is_base = not listed["contract"] and rows["side"][0] == Side.SELL
        asset = int(listed["base_asset_id"] if is_base else listed["quote_asset_id"])
        atom, limit = self._catalog.atoms[asset], int(answer["limit_price_ticks"])
        return Foreseen(
            reason=Reject(int(answer["reason"])).name.lower() if answer["reason"] else None,
            price=Decimal(to_text(limit, self._catalog.ticks[number])) if limit else None,
            hold=Decimal(to_text(answer["hold_atoms"], atom)),
            hold_asset=self._catalog.asset_names[asset],
            borrow=Decimal(to_text(answer["borrow_atoms"], atom)),
            order_risk=int(answer["risk_atoms"]) * MICRO,
            equity=int(answer["equity_atoms"]) * MICRO,
            required=int(answer["required_atoms"]) * MICRO,
            required_after=int(answer["required_after_atoms"]) * MICRO,
        )

    # --- TWAPs ---

    def place_twap(
        self, account: AccountLike, instrument: str, side: str, *, qty: Number, seconds: Number, every: Number = 30,
        slippage: Number = "0.03", price: Number | None = None, reduce_only: bool = False,
        stp: str = "cancel_resting", cl_ord_id: str | bytes | None = None,
    ) -> Twap:  # fmt: skip
        """Have the venue trade a quantity in immediate slices, `every` so many seconds, over a time.

        Args:
            slippage: how far from the best opposite price a slice may go, a fraction.
            price: the worst that any slice may take.
        """
        number = self._catalog.instrument_id(instrument)
        rows = build_margin.place_twap(
            self._account_id(account), number, code(Side, side, "side"), self._qty(number, qty),
            whole(seconds, SECOND, "seconds", "nanosecond"), whole(every, SECOND, "every", "nanosecond"),
            whole(slippage, PPM_UNIT, "slippage", "millionth"),
            self._price(number, price) if price is not None else 0, OrderFlag.REDUCE_ONLY if reduce_only else 0,
            code(Stp, stp, "stp"), client_id(cl_ord_id),
        )  # fmt: skip
        event = self._first(rows, f"place twap {side} {qty} {instrument}", Event.TWAP_STARTED, ranges.TWAP)
        return self.twap(int(event["order_id"]))

    def cancel_twap(self, twap: Twap | int, account: AccountLike | None = None) -> None:
        """End a TWAP; what its slices traded stays traded."""
        number = twap.twap_id if isinstance(twap, Twap) else twap
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= I64_MAX:
            raise BadValue(f"twap: {twap!r}; give a Twap or its number")
        owner = self._account_id(account if account is not None else self.twap(number).account)
        self._send(build_margin.cancel_twap(owner, number), f"cancel twap {number}")

    def twap(self, twap_id: int) -> Twap:
        """A TWAP that is running; BadValue when there is none of that number."""
        for each in self.twaps():
            if each.twap_id == twap_id:
                return each
        raise BadValue(f"no TWAP {twap_id} is running")

    def twaps(self, account: AccountLike | None = None) -> tuple[Twap, ...]:
        """TWAPs that are running, of one account or all."""
        rows = self._catalog.rows(Limit.TWAPS)
        rows = rows[rows["twap_id"] != 0]
        if account is not None:
            rows = rows[rows["account_id"] == self._account_id(account)]
        return tuple(self._twap(row) for row in rows)

    # --- Below ---

    def _pool(self, account_id: int) -> Pool:
        return reckon(gather(self._catalog, account_id))

    def _margin_accounts(self) -> Iterable[int]:
        return self._catalog.rows(Limit.MARGINS)["account_id"][1:].tolist()

    def _summary(self, pool: Pool) -> MarginSummary:
        rows = pool.rows
        loans = []
        for each in pool.weighed:
            if each.holding.asset_id and each.holding.free_atoms < 0 and rows.account_id > LENDING_ACCOUNT:
                asset = each.holding.asset_id
                owed = Decimal(to_text(-each.holding.free_atoms, self._catalog.atoms[asset]))
                loans.append(Loan(self._catalog.asset_names[asset], owed, rows.assets[asset].rate_e12 * RATE))
        return MarginSummary(
            account=self._names.name_of(rows.account_id),
            mode=MODE_TEXTS[rows.mode],
            stage=STAGE_TEXTS[rows.stage],
            equity=pool.equity_atoms * MICRO,
            initial=pool.initial_atoms * MICRO,
            maintenance=pool.maintenance_atoms * MICRO,
            order_risk=rows.order_risk_atoms * MICRO,
            required=pool.required_atoms * MICRO,
            gross=pool.gross_atoms * MICRO,
            leverage_max=rows.leverage_max,
            loans=tuple(loans),
        )

    def _holding_name(self, holding: Holding) -> str:
        if holding.instrument_id:
            return self._catalog.instrument_names[holding.instrument_id]
        return self._catalog.asset_names[holding.asset_id]

    def _part(self, part: explaining.Part, is_collateral: bool = False) -> MarginPart:
        holding = part.holding
        if not holding.instrument_id:
            unit = self._catalog.atoms[holding.asset_id]
        elif is_collateral:  # Of a contract its gain, in what it settles in.
            settle = int(self._catalog.rows(Limit.INSTRUMENTS)["quote_asset_id"][holding.instrument_id])
            unit = self._catalog.atoms[settle]
        else:
            unit = self._catalog.lots[holding.instrument_id]
        qty = Decimal(to_text(part.quantity, unit))
        return MarginPart(self._holding_name(holding), part.is_order, qty, part.value_atoms * MICRO)

    def _position(self, account_id: int, pool: Pool, holding: Holding, gain_atoms: int) -> dict[str, Any]:
        terms = pool.rows.contracts[holding.instrument_id]
        worth = holding.pos_lots * terms.mark_ticks * terms.atoms_per_tick_lot
        return {
            "account_id": account_id,
            "instrument_id": holding.instrument_id,
            "settle_id": terms.settle_asset_id,
            "pos_lots": holding.pos_lots,
            "entry": entry_price(holding, terms.atoms_per_tick_lot),
            "mark_ticks": terms.mark_ticks,
            "worth": worth,
            "unrealized": worth - holding.shown_entry_atoms,
            "unposted": gain_atoms,
            "liquidation_ticks": liquidation_ticks(pool, holding.instrument_id) or 0,
            "buy": holding.buy_leaves,
            "sell": holding.sell_leaves,
        }

    def _positions_frame(self, rows: list[dict[str, Any]]) -> Frame:
        def column(name: str) -> np.ndarray:
            return np.array([row[name] for row in rows], np.int64)

        of, settle = column("instrument_id"), column("settle_id")
        ticks, lots, atoms = self._catalog.ticks, self._catalog.lots, self._catalog.atoms
        finer = [tick * FINER for tick in ticks]
        columns = [
            labels("account", column("account_id"), self._account_names()),
            labels("instrument", of, self._catalog.instrument_names),
            decimals("qty", column("pos_lots"), lots, of),
            decimals("entry", column("entry"), finer, of, zero_is_none=True),
            decimals("mark", column("mark_ticks"), ticks, of, zero_is_none=True),
            decimals("value", column("worth"), atoms, settle),
            decimals("unrealized", column("unrealized"), atoms, settle),
            decimals("unposted", column("unposted"), atoms, settle),
            decimals("liquidation", column("liquidation_ticks"), ticks, of, zero_is_none=True),
            decimals("buy_open", column("buy"), lots, of),
            decimals("sell_open", column("sell"), lots, of),
        ]
        return Frame(columns, Position)

    def _twap(self, row: Any) -> Twap:
        number = int(row["instrument_id"])
        lot, limit = self._catalog.lots[number], int(row["limit_price_ticks"])
        return Twap(
            twap_id=int(row["twap_id"]),
            account=self._names.name_of(int(row["account_id"])),
            instrument=self._catalog.instrument_names[number],
            side=SIDE_TEXTS[row["side"]],
            qty=Decimal(to_text(row["qty_lots"], lot)),
            done=Decimal(to_text(row["done_lots"], lot)),
            start_ns=int(row["start_ns"]),
            end_ns=int(row["end_ns"]),
            interval_ns=int(row["interval_ns"]),
            price=Decimal(to_text(limit, self._catalog.ticks[number])) if limit else None,
            reduce_only=bool(row["flags"] & OrderFlag.REDUCE_ONLY),
        )


def entry_price(holding: Holding, atoms_per_tick_lot: int) -> int:
    """The average price of what is open in ten-thousandths of a tick, to the nearest; 0 without a position."""
    if not holding.pos_lots:
        return 0
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(holding.shown_entry_atoms) / (holding.pos_lots * atoms_per_tick_lot) / FINER
        return int(exact.to_integral_value())
