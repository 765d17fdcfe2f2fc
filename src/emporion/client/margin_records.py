"""Contracts and margin from the wire as the records of the in-process API."""

from emporion.client.records import exact, exact_or_none
from emporion.venue import margin_things as things
from emporion.wire import contracts, margin


def contract(said: contracts.Contract) -> things.Contract:
    return things.Contract(
        instrument=said.instrument,
        kind=said.kind,
        settle=said.settle,
        mark=exact_or_none(said.mark),
        index=exact_or_none(said.index),
        priced_ns=_ns(said.priced_ns),
        open_interest=exact(said.open_interest),
        open_interest_max=exact(said.open_interest_max),
        position_max=exact(said.position_max),
        funding_rate=exact_or_none(said.funding_rate),
        funding_next=exact_or_none(said.funding_next),
        funding_interval_ns=_ns(said.funding_interval_ns),
        next_due_ns=_ns(said.next_due_ns),
        expiry_ns=_ns(said.expiry_ns),
        strike=exact_or_none(said.strike),
        daily_price=exact_or_none(said.daily_price),
        final_price=exact_or_none(said.final_price),
        question=said.question,
        outcome=said.outcome_number,
    )


def question(said: contracts.Question) -> things.Question:
    instruments = [each.instrument for each in said.outcomes]
    payouts = [exact(each.payout) for each in said.outcomes if each.payout is not None]
    if len(instruments) == 1:  # A yes or no is shown as its YES.
        instruments.append(None)
        payouts += [1 - each for each in payouts]
    return things.Question(
        question_id=said.question_id,
        name=said.name,
        status=said.status,
        outcomes=len(instruments),
        instruments=tuple(instruments),
        payouts=tuple(payouts) or None,
        challenge_ns=int(said.challenge_ns),
        due_ns=_ns(said.due_ns),
        group_id=said.group_id,
    )


def position(said: margin.Position) -> things.Position:
    return things.Position(
        account=said.account,
        instrument=said.instrument,
        qty=exact(said.qty),
        entry=exact_or_none(said.entry),
        mark=exact_or_none(said.mark),
        value=exact(said.value),
        unrealized=exact(said.unrealized),
        unposted=exact(said.unposted),
        liquidation=exact_or_none(said.liquidation),
        buy_open=exact(said.buy_open),
        sell_open=exact(said.sell_open),
    )


def summary(said: margin.MarginSummary) -> things.MarginSummary:
    return things.MarginSummary(
        account=said.account,
        mode=said.mode,
        stage=said.stage,
        equity=exact(said.equity),
        initial=exact(said.initial),
        maintenance=exact(said.maintenance),
        order_risk=exact(said.order_risk),
        required=exact(said.required),
        gross=exact(said.gross),
        leverage_max=said.leverage_max,
        loans=tuple(things.Loan(each.asset, exact(each.amount), exact(each.rate)) for each in said.borrowed),
    )


def explanation(said: margin.Explanation) -> things.Explanation:
    return things.Explanation(
        summary=summary(said.summary),
        collateral=tuple(map(_part, said.collateral)),
        groups=tuple(
            things.MarginGroup(
                group_id=each.group_id,
                name=each.group,
                kind=each.kind,
                scenario=each.scenario,
                title=each.scenario_title,
                loss=exact(each.loss),
                held_loss=exact(each.held_loss),
                maintenance=exact(each.maintenance),
                is_short_minimum=each.is_short_minimum,
                scenarios=tuple(map(exact, each.scenarios)),
                parts=tuple(map(_part, each.parts)),
            )
            for each in said.groups
        ),
        addons=tuple((each.name, exact(each.value)) for each in said.addons),
    )


def twap(said: margin.Twap) -> things.Twap:
    return things.Twap(
        twap_id=said.twap_id,
        account=said.account,
        instrument=said.instrument,
        side=said.side,
        qty=exact(said.qty),
        done=exact(said.done),
        start_ns=int(said.start_ns),
        end_ns=int(said.end_ns),
        interval_ns=int(said.interval_ns),
        price=exact_or_none(said.price),
        reduce_only=said.reduce_only,
    )


def _part(said: margin.MarginPart) -> things.MarginPart:
    return things.MarginPart(said.name, said.is_order, exact(said.qty), exact(said.value))


def _ns(text: str | None) -> int | None:
    return int(text) if text is not None else None
