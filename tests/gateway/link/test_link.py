"""What a door may count on, whichever side of a socket the node is on."""

import asyncio

import numpy as np
import pytest

from emporion.access.buckets import Rate
from emporion.access.limits import Limits
from emporion.engine.failures import NodeClosed, NodeStopped
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue, DiskFull, Refused, StorageFailed
from emporion.gateway.link import EVENT_STRUCT, ORDER_VIEW_STRUCT, LocalLink, Ticket, TicketRefused
from emporion.gateway.link import questions as q
from emporion.schema import build
from emporion.schema.codes import Event, OrderStatus, Reject, Side, Stp, Tif
from tests.engine.stage import new_disk, open_node
from tests.gateway.link.stage import ANN, BOB, GOLD_USD, Doorman, local, nonce, open_venue, remote, run

NOW_NS = 1_700_000_000_000_000_000  # A ManualClock's.


@pytest.fixture(params=[local, remote], ids=["local", "remote"])
def linked(request):
    return request.param


def place(account=ANN, side=Side.BUY, qty=10, price=100, **more) -> bytes:
    return build.place(account, GOLD_USD, side, qty, price, **more).tobytes()


def signed(key="key", cost=1, time_ns=NOW_NS, **more) -> Ticket:
    return Ticket(key, more.get("nonce") or nonce(), time_ns, cost)


def test_an_order_is_answered_with_its_events_alone(linked):
    async def main():
        async with linked() as link:
            heard = []
            link.listen(lambda events, ts_ns: heard.append((events.copy(), ts_ns)))
            before = link.seq
            replies = await asyncio.gather(
                link.submit(place(price=99)),
                link.submit(place(BOB, Side.SELL, price=101)),
                link.submit(place(BOB, Side.SELL, 4, 99)),
            )
            assert [reply.first_seq for reply in replies] == [before + 1, before + 2, before + 3]
            assert [reply.events["kind"].tolist() for reply in replies] == [
                [Event.ACCEPTED], [Event.ACCEPTED], [Event.ACCEPTED, Event.FILLED, Event.FILLED],
            ]  # fmt: skip
            for reply in replies:
                assert set(reply.events["seq"].tolist()) == {reply.first_seq}
                assert reply.ts_ns == NOW_NS and reply.passed is None and len(reply.orders) == 0
            fields = EVENT_STRUCT.unpack(replies[0].events.tobytes())
            assert fields == tuple(replies[0].events[0].item())
            assert np.concatenate([events for events, _ in heard]).tobytes() == b"".join(
                reply.events.tobytes() for reply in replies
            )
            assert {ts_ns for _, ts_ns in heard} == {NOW_NS} and link.seq == before + 3

    run(main)


def test_events_are_heard_in_order_and_before_the_reply(linked):
    async def main():
        async with linked() as link:
            seqs = []
            link.listen(lambda events, ts_ns: seqs.extend(events["seq"].tolist()))

            async def one(number):
                reply = await link.submit(place(price=50 + number % 40))
                assert reply.first_seq in seqs

            await asyncio.gather(*(one(number) for number in range(300)))
            assert seqs == sorted(seqs) and len(seqs) == 300

    run(main)


def test_a_cancel_is_answered_with_the_order_as_it_stood(linked):
    async def main():
        async with linked() as link:
            entered = await link.submit(
                place(qty=10, price=100, cl_ord_id=b"mine", display_lots=2, tif=Tif.GTD, expire_ns=NOW_NS + 5)
            )
            await link.submit(place(BOB, Side.SELL, 4, 100))
            order_id = int(entered.events["order_id"][0])
            for rows in (build.cancel(BOB, order_id), build.cancel(ANN, order_id)):
                reply = await link.submit(rows.tobytes())
                [order] = reply.orders
                assert (order.order_id, order.account_id, order.instrument_id) == (order_id, ANN, GOLD_USD)
                assert (order.side, order.tif, order.price_ticks) == (Side.BUY, Tif.GTD, 100)
                assert (order.qty_lots, order.leaves_lots, order.display_lots) == (10, 6, 2)
                assert (order.expire_ns, order.entry_ns) == (NOW_NS + 5, NOW_NS)
                assert order.entry_seq == entered.first_seq
                assert build.cl_ord_id_of(order.cl_ord_id_hi, order.cl_ord_id_lo) == b"mine"
                assert ORDER_VIEW_STRUCT.unpack(reply.orders.tobytes()) == tuple(order.item())[:-1]
            assert reply.events["kind"].tolist() == [Event.CANCELED]
            assert (await link.submit(build.cancel(ANN, order_id).tobytes())).orders.shape == (0,)

    run(main)


def test_orders_that_one_group_brings_and_changes_are_seen_as_each_finds_them(linked):
    """Handed in within one tick, so they would be committed together."""

    async def main():
        async with linked() as link:
            a = await link.submit(place(qty=10, price=100))
            order_id = int(a.events["order_id"][0])
            replies = await asyncio.gather(
                link.submit(build.replace(ANN, order_id, 20, 90).tobytes()),
                link.submit(place(BOB, Side.SELL, 3, 90)),
                link.submit(place(ANN, Side.SELL, 2, 90, stp=Stp.DECREMENT)),
                link.submit(build.replace(ANN, order_id, 15, 0, b"renamed").tobytes()),
                link.submit(build.cancel_by_cl_ord_id(ANN, b"renamed").tobytes()),
                link.submit(place(price=80, cl_ord_id=b"brief")),
                link.submit(build.cancel_by_cl_ord_id(ANN, b"brief").tobytes()),
            )
            views = [[(o.price_ticks, o.qty_lots, o.leaves_lots) for o in reply.orders] for reply in replies]
            assert views == [[(100, 10, 10)], [], [], [(90, 18, 15)], [(90, 15, 12)], [], [(80, 10, 10)]]
            assert [reply.events["kind"][-1] for reply in replies] == [
                Event.REPLACED, Event.FILLED, Event.CANCELED, Event.REPLACED, Event.CANCELED, Event.ACCEPTED,
                Event.CANCELED,
            ]  # fmt: skip
            assert Event.DECREMENTED in replies[2].events["kind"]

    run(main)


def test_a_batch_is_one_submission(linked):
    async def main():
        async with linked() as link:
            rows = build.join(
                *(build.place(ANN, GOLD_USD, Side.BUY, 10, 50 + n, display_lots=n % 2) for n in range(40))
            )
            both = await asyncio.gather(link.submit(rows.tobytes(), None, 7), link.submit(place(), None, 9))
            assert both[1].first_seq == both[0].first_seq + 40
            assert both[0].events["kind"].tolist() == [Event.ACCEPTED] * 40
            ids = both[0].events["order_id"].tolist()
            reply = await link.submit(build.join(*(build.cancel(ANN, number) for number in ids)).tobytes())
            assert reply.orders["order_id"].tolist() == ids
            assert reply.orders["display_lots"].tolist() == [n % 2 for n in range(40)]

    run(main)


def test_a_mass_cancel_hears_of_all_it_cancels_however_long_it_takes(linked):
    async def main():
        async with linked() as link:
            rows = build.join(*(build.place(ANN, GOLD_USD, Side.BUY, 1, 10) for _ in range(600)))
            ids = set((await link.submit(rows.tobytes())).events["order_id"].tolist())
            other, mass, after = await asyncio.gather(
                link.submit(place(BOB, Side.BUY, 1, 10)),
                link.submit(build.mass_cancel(ANN).tobytes()),
                link.submit(place(BOB, Side.BUY, 1, 10)),
            )
            canceled = mass.events[mass.events["kind"] == Event.CANCELED]
            assert set(canceled["order_id"].tolist()) == ids and len(canceled) == 600
            for reply in (other, after):
                assert reply.events["kind"].tolist() == [Event.ACCEPTED]

    run(main)


def test_the_tag_is_in_every_head_row_of_the_journal(linked):
    async def main():
        venue = open_venue()
        async with linked(venue) as link:
            rows = build.join(build.place(ANN, GOLD_USD, Side.BUY, 9, 10, display_lots=3), build.cancel(ANN, 5))
            reply = await link.submit(rows.tobytes(), tag=0xBEEF)
            await link.ask(q.Act("deposit", {"account": "#6", "asset": "USD", "amount": "1.25"}, tag=0x1234))
            kept = venue.node.commands(reply.first_seq)
            assert [row["request_tag"] for row in kept if row["kind"] < 200] == [0xBEEF, 0xBEEF, 0x1234]
            assert kept[1].tobytes()[:56] == rows[1].tobytes()[:56]  # Data rows have no tag.
            texts = [line["fields"].get("request_tag") for line in venue.journal(reply.first_seq)]
            assert texts == ["beef", "beef", "1234"]
        venue.close()

    run(main)


def test_tickets_are_used_once_and_counted(linked):
    async def main():
        doorman = Doorman(Limits(key=Rate(10, 5)))
        async with linked(None, doorman=doorman) as link:
            first = signed(cost=2)
            reply = await link.submit(place(), first)
            assert (reply.passed.limit, reply.passed.remaining) == (5, 3)
            with pytest.raises(TicketRefused) as replayed:
                await link.submit(place(), first)
            assert replayed.value.code == "REPLAYED" and replayed.value.retry_after_ms == 0
            with pytest.raises(TicketRefused) as stale:
                await link.submit(place(), signed(time_ns=NOW_NS - 3_600_000_000_000))
            assert stale.value.code == "STALE_TIME"
            assert (await link.admit(signed())).remaining == 2
            await link.ask(q.Fees(), signed())
            seq = link.seq
            with pytest.raises(TicketRefused) as limited:
                await link.submit(place(), signed(cost=5))
            assert limited.value.code == "RATE_LIMITED" and limited.value.retry_after_ms > 0
            assert limited.value.passed.remaining == 1
            assert link.seq == seq == reply.first_seq  # Nothing of what was refused was sent.
            assert (await link.admit(signed("another"))).remaining == 4

    run(main)


@pytest.mark.parametrize(
    "rows",
    [b"", b"x" * 63, b"x" * 65, build.place(ANN, GOLD_USD, 1, 9, 10, display_lots=3).tobytes()[:64], b"\xc9" * 128],
    ids=["nothing", "short", "long", "data missing", "frame"],
)
def test_what_is_no_command_spoils_nothing_for_others(linked, rows):
    async def main():
        async with linked() as link:
            good, bad, also_good = await asyncio.gather(
                link.submit(place()), link.submit(rows), link.submit(place()), return_exceptions=True
            )
            assert isinstance(bad, BadValue)
            assert [good.events["kind"].tolist(), also_good.events["kind"].tolist()] == [[Event.ACCEPTED]] * 2

    run(main)


def test_a_full_disk_refuses_entry_and_takes_cancels(linked):
    async def main():
        disk = new_disk()
        venue = open_venue(open_node(disk))
        async with linked(venue) as link:
            order_id = int((await link.submit(place())).events["order_id"][0])
            disk.space = 0
            for rows in (place(price=1) * 200, place(price=1)):  # Until not even one more fits.
                with pytest.raises(DiskFull):
                    while True:
                        await link.submit(rows)
            entry, cancel = await asyncio.gather(
                link.submit(place()), link.submit(build.cancel(ANN, order_id).tobytes()), return_exceptions=True
            )
            assert isinstance(entry, DiskFull) and cancel.events["kind"].tolist() == [Event.CANCELED]
            assert cancel.orders["order_id"].tolist() == [order_id]
        venue.close()

    run(main)


def test_a_failed_disk_stops_everything(linked):
    async def main():
        disk = new_disk()
        venue = open_venue(open_node(disk))
        async with linked(venue) as link:
            disk.sync_errors = 1
            outcomes = await asyncio.gather(*(link.submit(place()) for _ in range(3)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {StorageFailed}
            for question in (q.Fees(), q.VenueState(), q.Act("account", {"account": 6})):
                with pytest.raises((StorageFailed, NodeStopped)):
                    await link.ask(question)
        venue.close()

    run(main)


def test_a_closed_sequencer_says_so(linked):
    async def main():
        venue = open_venue()
        sequencer = Sequencer(venue.node)
        async with linked(venue, sequencer=sequencer) as link:
            sequencer.close()
            with pytest.raises(NodeClosed):
                await link.submit(place())
        venue.close()

    run(main)


def test_acts_are_methods_of_the_venue(linked):
    async def main():
        async with linked() as link:

            async def act(name, /, **args):
                return (await link.ask(q.Act(name, args))).result

            assert (await act("list_asset", name="OIL", decimals=3))["supply"] == "0"
            listed = await act("list_instrument", name="OIL/USD", tick="0.01", lot="1")
            assert (listed["tick"], listed["status"]) == ("0.01", "open")
            assert (await act("set_status", name="OIL/USD", status="halted"))["status"] == "halted"
            opened = await act("open_account", name="carol", master="#6")
            assert (opened["name"], opened["master"]) == ("carol", "#6")
            await act("deposit", account="carol", asset="USD", amount="7.50")
            hold = await act("withdraw", account="carol", asset="USD", amount="2.5")
            assert (hold["amount"], hold["kind"]) == ("2.5", "withdrawal")
            assert await act("settle", hold=hold["hold_id"]) == {}
            await link.submit(place())
            assert len((await act("mass_cancel", account="#6"))["order_ids"]) == 1
            with pytest.raises(Refused) as refused:
                await act("transfer", account="carol", to="#6", asset="USD", amount="100")
            assert refused.value.reason is Reject.INSUFFICIENT_FUNDS
            assert "carol" in str(refused.value) and refused.value.event.kind == Event.REJECTED
            for name, args in [
                ("place", {}), ("close", {}), ("_send", {}), ("deposit", {"amount": "1"}), ("hold", {"hold_id": 1}),
                ("open_account", {"name": "carol"}),
            ]:  # fmt: skip
                with pytest.raises(BadValue):
                    await act(name, **args)

    run(main)


def test_questions_about_the_present(linked):
    async def main():
        async with linked(None, titles={"GOLD/USD": "Gold"}, simulation=True) as link:
            a = await link.submit(place(price=100, qty=8, cl_ord_id=b"a"))
            b = await link.submit(place(BOB, Side.SELL, 5, 103, cl_ord_id=b"b"))
            c = await link.submit(place(price=100, qty=2))
            ids = [int(reply.events["order_id"][0]) for reply in (a, b, c)]

            listings = await link.ask(q.Listings())
            assert listings.instruments["instrument_id"].tolist() == [0, 1]
            assert [(name.account_id, name.name) for name in listings.accounts][:3] == [
                (1, "outside"), (2, "fees"), (3, "clearing"),
            ]  # fmt: skip
            assert (listings.titles, listings.simulation, listings.seq) == ({"GOLD/USD": "Gold"}, True, link.seq)
            assert [name.account_id for name in (await link.ask(q.Listings(7))).accounts] == [8, 9]

            [book] = (await link.ask(q.Books([GOLD_USD]))).books
            assert [tuple(level.item()) for level in book.bids] == [(100, 10, 2)]
            assert [tuple(level.item()) for level in book.asks] == [(103, 5, 1)]

            async def orders(**asked):
                return (await link.ask(q.OpenOrders(**asked))).orders["order_id"].tolist()

            assert await orders() == ids
            assert await orders(account_id=ANN) == [ids[0], ids[2]]
            assert await orders(limit=1) == ids[:1]
            assert await orders(after_entry_seq=a.first_seq) == ids[1:]
            assert await orders(instrument_id=2) == []

            found = await link.ask(q.FindOrder(order_id=ids[1]))
            assert found.order["leaves_lots"].tolist() == [5] and found.order_id == ids[1]
            hi, lo = build.halves(b"a")
            assert (await link.ask(q.FindOrder(0, ANN, hi, lo))).order["order_id"].tolist() == [ids[0]]
            await link.submit(build.cancel(ANN, ids[0]).tobytes())
            ended = await link.ask(q.FindOrder(0, ANN, hi, lo))
            assert (len(ended.order), ended.order_id, ended.status) == (0, ids[0], OrderStatus.CANCELED)
            assert (await link.ask(q.FindOrder(0, BOB, hi, lo))).order_id == 0
            assert (await link.ask(q.FindOrder(order_id=ids[0]))).order_id == 0
            assert len((await link.ask(q.FindOrder(order_id=ids[1], account_id=ANN))).order) == 0

            balances = (await link.ask(q.Balances(ANN))).balances
            assert balances["asset_id"].tolist() == [1, 2]
            assert (balances["free_atoms"] + balances["order_held_atoms"]).tolist() == [10**12] * 2
            assert len((await link.ask(q.Balances(99))).balances) == 0

            await link.submit(build.set_deadman(BOB, 10**9).tobytes())
            accounts = (await link.ask(q.Accounts(after=5, limit=2))).accounts
            assert [(each.account_id, each.deadman_ns) for each in accounts] == [(6, 0), (7, NOW_NS + 10**9)]
            assert [each.account_id for each in (await link.ask(q.Accounts(master_id=8))).accounts] == [8]

            for amount in (5, 6):
                await link.submit(build.withdraw(ANN, 2, amount).tobytes())
            holds = (await link.ask(q.Holds(ANN))).holds
            assert holds["amount_atoms"].tolist() == [5, 6]
            rest = q.Holds(after_ts_ns=int(holds["ts_ns"][0]), after_hold_id=int(holds["hold_id"][0]))
            assert (await link.ask(rest)).holds["amount_atoms"].tolist() == [6]
            assert len((await link.ask(q.Fees())).fees) == 128

            state = await link.ask(q.VenueState())
            assert (state.seq, len(state.digest)) == (link.seq, 64)
            assert {use.name: use.used for use in state.tables}["orders"] == 2
            assert state.commands_per_second > 0
            for bad in (q.Books([2]), q.Books([1], 0), q.OpenOrders(limit=0), q.HistoryTrades(1)):
                with pytest.raises(BadValue):
                    await link.ask(bad)

    run(main)


def test_names_of_many_accounts_come_in_pages_and_arrive_as_one_answer(linked, monkeypatch):
    monkeypatch.setattr(q, "NAMES_PAGE", 3)

    async def main():
        async with linked() as link:
            for missing in range(4):
                accounts = (await link.ask(q.Listings())).accounts
                assert [each.account_id for each in accounts] == list(range(1, 10 + missing))
                assert [each.account_id for each in (await link.ask(q.Listings(8))).accounts] == list(
                    range(9, 10 + missing)
                )
                await link.ask(q.Act("open_account", {"name": f"late-{missing}"}))

    run(main)


def test_a_loop_that_is_gone_is_no_trouble_to_the_node():
    """A link whose event loop was closed without it, as in a notebook."""
    venue = open_venue()
    sequencer = Sequencer(venue.node)

    async def begin():
        await LocalLink(venue, sequencer).start()

    run(begin)
    for _ in range(3):
        assert len(sequencer.submit(build.place(ANN, GOLD_USD, 1, 1, 10)).result(timeout=30).events) == 1

    async def again():
        async with local(venue, sequencer=sequencer) as link:
            assert len((await link.submit(place())).events) == 1

    run(again)
    sequencer.close()
    venue.close()


def test_who_gives_up_waiting_changes_nothing_for_others(linked):
    async def main():
        async with linked() as link:
            given_up = asyncio.create_task(link.submit(place()))
            kept = asyncio.create_task(link.submit(place()))
            await asyncio.sleep(0)
            given_up.cancel()
            assert (await kept).events["kind"].tolist() == [Event.ACCEPTED]
            assert len((await link.ask(q.OpenOrders(ANN))).orders) == 2  # What was handed in stands.

    run(main)


def test_a_listener_that_fails_holds_nobody_up(linked):
    async def main():
        problems = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context["exception"]))
        async with linked() as link:
            heard = []
            link.listen(lambda events, ts_ns: 1 / 0)
            link.listen(lambda events, ts_ns: heard.append(events))
            await link.submit(place())
            assert len(heard) == 1 and isinstance(problems.pop(), ZeroDivisionError)

    run(main)
