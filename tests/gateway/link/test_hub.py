"""Several gateways at one node, and those that misbehave."""

import asyncio
import os
import socket
import stat

import msgspec
import pytest

from emporion.access.buckets import Rate
from emporion.access.limits import Limits
from emporion.errors import EmporionError
from emporion.gateway.link import LinkBusy, LinkLost, RemoteLink, TicketRefused, gather
from emporion.gateway.link import hub as hubs
from emporion.gateway.link import questions as q
from emporion.gateway.link import remote as remotes
from emporion.gateway.link.frames import HEAD, PROTOCOL, Kind, frame
from emporion.schema import build
from emporion.schema.codes import Event
from emporion.version import VERSION
from tests.gateway.link.stage import ANN, GOLD_USD, Doorman, hub_of, local, nonce, remote_to, run, until
from tests.gateway.link.test_link import place, signed


def hello(protocol=PROTOCOL, version=VERSION) -> bytes:
    return frame(Kind.HELLO, 0, msgspec.msgpack.encode(q.Hello(protocol, version)))


async def open_raw(hub):
    return await asyncio.open_unix_connection(str(hub.path))


async def is_cut_off(reader) -> bool:
    async with asyncio.timeout(10):
        try:
            while await reader.read(1 << 16):
                pass
        except ConnectionError:
            pass
    return True


def test_several_gateways_share_nonces_and_limits():
    async def main():
        doorman = Doorman(Limits(key=Rate(1, 6)))
        async with local(doorman=doorman) as link, hub_of(link) as hub, remote_to(hub) as a, remote_to(hub) as b:
            assert link.gateways == 2 and (await link.ask(q.VenueState())).gateways == 2
            ticket = signed()
            await a.submit(place(), ticket)
            for other in (a, b, link):
                with pytest.raises(TicketRefused, match="REPLAYED"):
                    await other.submit(place(), ticket)
            left = [(await each.submit(place(), signed())).passed.remaining for each in (a, b, link, a, b)]
            assert left == [4, 3, 2, 1, 0]
            for each in (a, b, link):
                with pytest.raises(TicketRefused, match="RATE_LIMITED"):
                    await each.admit(signed())

    run(main)


def test_all_gateways_hear_all_events_in_order():
    async def main():
        async with local() as link, hub_of(link) as hub, remote_to(hub) as a, remote_to(hub) as b:
            heard = {"a": [], "b": [], "own": []}
            for name, each in (("a", a), ("b", b), ("own", link)):
                each.listen(lambda events, ts_ns, name=name: heard[name].append((events.tobytes(), ts_ns)))
            await asyncio.gather(*(each.submit(place(price=n + 1)) for n in range(50) for each in (a, b, link)))
            await until(lambda: a.seq == b.seq == link.seq)
            assert heard["a"] == heard["b"] == heard["own"]
            assert sum(len(events) for events, _ in heard["a"]) == 150 * 64

    run(main)


def test_many_requests_are_one_write_and_one_commit():
    async def main():
        async with local() as link, hub_of(link) as hub, remote_to(hub) as far:
            batches = []
            link.node.listen(lambda events: batches.append(len(events)))
            await asyncio.gather(*(far.submit(place()) for _ in range(500)))
            assert sum(batches) == 500 and len(batches) < 20

    run(main)


def test_the_socket_is_for_its_user_alone():
    async def main():
        async with local() as link, hub_of(link) as hub:
            mode = hub.path.stat().st_mode
            assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
            left, right = socket.socketpair()
            with left, right:
                assert hubs._is_our_user(left)
        assert not hub.path.exists()

    run(main)


def test_another_user_is_refused(monkeypatch):
    async def main():
        async with local() as link, hub_of(link) as hub:
            monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
            reader, writer = await open_raw(hub)
            assert await is_cut_off(reader)
            writer.close()

    run(main)


def test_a_stale_socket_is_replaced():
    async def main():
        async with local() as link, hub_of(link) as hub:
            second = hubs.Hub(link, hub.path)
            await second.start()
            async with remote_to(second) as far:
                await far.submit(place())
            await second.close()

    run(main)


@pytest.mark.parametrize(
    "sent",
    [
        frame(Kind.SUBMIT, 1, b""),
        hello() + HEAD.pack(5 << 20, Kind.SUBMIT, 1),
        hello() + frame(Kind.SUBMIT, 1, b"\1"),
        hello() + frame(Kind.SUBMIT, 1, bytes(14)),
        hello() + frame(Kind.ASK, 1, bytes(14) + b"\xc1"),
        hello() + frame(Kind.ASK, 1, bytes(14) + msgspec.msgpack.encode({"type": "Nothing"})),
        hello() + frame(Kind.REPLY, 1, b""),
        hello() + hello(),
        frame(Kind.HELLO, 0, b"\xc1"),
        hello(version="0.0.0"),
        hello(protocol=2),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=[
        "no hello", "oversized", "short ticket", "no tag", "no MessagePack", "unknown question", "an answer", "twice",
        "bad hello", "other version", "other protocol", "HTTP",
    ],
)  # fmt: skip
def test_who_breaks_the_protocol_is_cut_off_and_others_go_on(sent):
    async def main():
        async with local() as link, hub_of(link) as hub, remote_to(hub) as far:
            reader, writer = await open_raw(hub)
            writer.write(sent)
            assert await is_cut_off(reader)
            writer.close()
            assert (await far.submit(place())).events["kind"].tolist() == [Event.ACCEPTED]
            await until(lambda: link.gateways == 1)

    run(main)


def test_a_gateway_of_another_version_is_told_why(monkeypatch):
    async def main():
        async with local() as link, hub_of(link) as hub:
            monkeypatch.setattr(remotes, "VERSION", "9.9.9")
            far = RemoteLink(hub.path)
            with pytest.raises(EmporionError, match=r"9\.9\.9: restart both"):
                await far.start()
            await far.close()

    run(main)


def test_a_gateway_that_does_not_read_is_cut_off_and_others_are_not():
    async def main():
        async with local() as link, hub_of(link, unread_bytes_max=1 << 20) as hub, remote_to(hub) as far:
            heard = []
            far.listen(lambda events, ts_ns: heard.append(len(events)))
            reader, writer = await open_raw(hub)
            reader._limit = 1  # Its buffer pauses the transport at once.
            writer.write(hello())
            await until(lambda: link.gateways == 2)
            batch = build.join(*(build.mass_cancel(ANN) for _ in range(4_000))).tobytes()
            for _ in range(40):
                await link.submit(batch)
                if link.gateways == 1:
                    break
            assert link.gateways == 1
            assert await is_cut_off(reader)
            writer.close()
            await until(lambda: far.seq == link.seq)
            assert far.connected

    run(main)


def test_a_link_that_was_cut_connects_again_and_says_that_it_missed_something():
    async def main():
        async with local() as link, hub_of(link) as hub, remote_to(hub) as far:
            gaps = []
            far.on_gap(lambda: gaps.append(far.seq))
            [connection] = hub.connections
            aside = hub.path.rename(hub.path.with_suffix(".aside"))  # Nobody connects again before something happened.
            connection.abort()
            await link.submit(place())
            aside.rename(hub.path)
            await until(lambda: far.connected and far.seq == link.seq)
            assert gaps == [link.seq]
            assert (await far.submit(place())).first_seq == link.seq
            await until(lambda: far.seq == link.seq)
            [connection], before = hub.connections, link.seq
            connection.abort()
            with pytest.raises(LinkLost):
                await far.submit(place())
            await until(lambda: connection not in hub.connections and len(hub.connections) == 1 and far.connected)
            await until(lambda: far.seq == link.seq)
            assert len(gaps) == 1 + (link.seq > before)  # Of that submission, if it was taken.

    run(main)


def test_what_is_under_way_when_the_link_breaks_is_lost_and_may_be_sent_again():
    async def main():
        async with local() as link, hub_of(link) as hub, remote_to(hub) as far:
            lost = [asyncio.create_task(far.submit(place(cl_ord_id=b"n%d" % n))) for n in range(20)]
            await asyncio.sleep(0)
            [connection] = hub.connections
            await asyncio.sleep(0.001)
            connection.abort()
            outcomes = await asyncio.gather(*lost, return_exceptions=True)
            assert all(isinstance(each, LinkLost) or len(each.events) for each in outcomes)
            await until(lambda: connection not in hub.connections and len(hub.connections) == 1 and far.connected)
            again = await asyncio.gather(*(far.submit(place(cl_ord_id=b"n%d" % n)) for n in range(20)))
            kinds = {int(reply.events["kind"][0]) for reply in again}
            assert kinds <= {Event.ACCEPTED, Event.REJECTED}
            assert len((await far.ask(q.OpenOrders(ANN))).orders) == 20

    run(main)


def test_nobody_home_is_a_lost_link():
    async def main():
        async with local() as link, hub_of(link) as hub:
            path = hub.path
        far = RemoteLink(path)
        with pytest.raises(LinkLost):
            await far.start()
        with pytest.raises(LinkLost):
            await far.submit(place())
        await far.close()

    run(main)


def test_queues_are_bounded(monkeypatch):
    monkeypatch.setattr(gather, "WAITING_ROWS_MAX", 50)
    monkeypatch.setattr(hubs, "QUESTIONS_MAX", 3)
    monkeypatch.setattr(remotes, "UNDER_WAY_MAX", 90)

    async def main():
        async with local() as link, hub_of(link) as hub, remote_to(hub) as far:
            outcomes = await asyncio.gather(*(far.submit(place()) for _ in range(80)), return_exceptions=True)
            assert sum(isinstance(each, LinkBusy) for each in outcomes) == 30
            assert len((await far.ask(q.OpenOrders(ANN))).orders) == 50  # And room again.
            asked = await asyncio.gather(*(far.ask(q.Fees()) for _ in range(10)), return_exceptions=True)
            assert 0 < sum(isinstance(each, LinkBusy) for each in asked) <= 7
            many = await asyncio.gather(*(far.admit(signed(nonce=nonce())) for _ in range(100)), return_exceptions=True)
            assert sum(isinstance(each, LinkBusy) for each in many) == 10
            assert len((await far.submit(place())).events) == 1

    run(main)


def test_orders_of_before_have_their_times_from_the_journal(tmp_path):
    from emporion.engine.clock import ManualClock
    from emporion.engine.entry_times import EntryTimes
    from emporion.engine.node import Node
    from emporion.schema.limits import TINY
    from tests.engine.stage import opening

    clock = ManualClock()
    with Node.open(tmp_path, capacity=TINY, clock=clock, segment_bytes=1 << 20) as node:
        node.submit(opening())
        for n in range(5):
            clock.advance(1_000)
            node.submit(build.join(*(build.place(ANN, GOLD_USD, 1, 1, 10 + n) for _ in range(3))))
    with Node.open(tmp_path, capacity=TINY, clock=clock) as node:
        times = EntryTimes(node)
        orders = node.machine.array["orders"][0]
        assert times.read_back(node.files) == 15 and times.read_back(node.files) == 0
        slots = orders["order_id"].nonzero()[0]
        expected = [1_700_000_000_000_000_000 + 1_000 * (int(orders["price_ticks"][slot]) - 9) for slot in slots]
        assert times.by_slot[slots].tolist() == expected
