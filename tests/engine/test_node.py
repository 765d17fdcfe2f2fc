"""What callers of a node may rely on."""

import time

import numpy as np
import pytest

from emporion.engine.clock import ManualClock
from emporion.engine.failures import CapacityTooSmall, NodeClosed, NodeStopped, ReadOnly
from emporion.engine.node import Node
from emporion.errors import BadValue, DiskFull, StorageFailed, VenueLocked
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Command, Event, Limit, Side, Tif
from emporion.schema.limits import BATCH_ROWS, CANCELS_PER_COMMAND, FIRST_ACCOUNT, SMALL, TINY
from emporion.schema.messages import COMMAND, GENESIS_ROWS, LEDGER_COMMAND
from emporion.sim.faults import UNLIMITED
from emporion.storage.segments import SEGMENT_BYTES_MIN
from tests.engine.stage import ACCOUNTS, new_disk, open_node, opening, orders

SECOND_NS = 1_000_000_000


@pytest.fixture(params=["memory", "disk"])
def node(request):
    with open_node(None if request.param == "memory" else new_disk()) as node:
        node.submit(opening())
        yield node


def test_a_new_venue_begins_with_genesis():
    node = open_node(new_disk(), limits={Limit.ACCOUNTS: 10})
    assert node.seq == 1
    assert node.commands()["kind"].tolist() == [Command.GENESIS, *[Command.DATA] * GENESIS_ROWS]
    assert node.machine.array["tables"]["limit"][0, Limit.ACCOUNTS] == 10


def test_an_answer_names_the_first_sequence_and_holds_the_events(node):
    seq = node.seq
    answer = node.submit(build.join(build.place(6, 1, Side.SELL, 5, 100), build.place(7, 1, Side.BUY, 5, 100)))
    assert answer.first_seq == seq + 1
    assert answer.events["kind"].tolist() == [Event.ACCEPTED, Event.ACCEPTED, Event.FILLED, Event.FILLED]
    assert answer.events["seq"].tolist() == [seq + 1, seq + 2, seq + 2, seq + 2]
    assert node.seq == seq + 2


def test_rows_of_any_family_are_taken(node):
    answer = node.submit(build.deposit(6, 1, 5).view(LEDGER_COMMAND))
    assert answer.events["kind"].tolist() == [Event.DEPOSITED]


def test_the_callers_rows_are_not_changed(node):
    rows = orders(np.random.default_rng(1), 5)
    before = rows.copy()
    node.submit(rows)
    assert np.array_equal(rows, before)


def test_several_submissions_get_their_own_answers(node):
    seq = node.seq
    crossing = build.join(build.place(6, 1, Side.SELL, 5, 100), build.place(7, 1, Side.BUY, 5, 100))
    answers = node.submit_many([crossing, np.zeros(0, COMMAND), build.open_account(), crossing])
    assert [answer.first_seq for answer in answers] == [seq + 1, seq + 3, seq + 3, seq + 4]
    assert [len(answer.events) for answer in answers] == [4, 0, 1, 4]
    assert node.submit_many([]) == []


def test_time_is_stamped_and_never_goes_back():
    clock = ManualClock(1_000)
    node = open_node(None, clock=clock)
    clock.advance(500)
    node.submit(build.open_account())
    clock.advance(-1_200)
    node.submit(build.place(6, 1, Side.BUY, 1, 1, display_lots=1))
    commands = node.commands()
    assert commands["ts_ns"][commands["kind"] != Command.DATA].tolist() == [1_000, 1_500, 1_500]
    assert commands["ts_ns"][-1] == 1  # The data row's first field: display_lots.


def test_time_does_not_go_back_over_a_restart():
    disk = new_disk()
    node = open_node(disk, clock=ManualClock(5_000))
    node.close()
    node = open_node(disk, clock=ManualClock(1_000))
    node.submit(build.open_account())
    assert node.commands()["ts_ns"][-1] == 5_000


# --- What is refused before it is journalled -------------------------------------------------------


def head_without_data():
    return build.place(6, 1, Side.BUY, 5, 100, display_lots=1)[:1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (head_without_data(), "row 0 announces 1 data rows, but only 0 rows follow"),
        (build.join(build.tick(), build.place(6, 1, Side.BUY, 9, 9, display_lots=1)[:1]), "row 1 announces 1 data"),
        (build.tick().view("u1"), "64-byte rows"),
        (np.array([], "i8"), "64-byte rows"),
        (build.set_limit(Limit.ORDERS, TINY.orders), "capacity 'tiny' holds 2047"),
        (build.genesis(capacity=SMALL), "capacity 'tiny' holds"),
    ],
)
def test_what_cannot_be_journalled_is_refused_and_leaves_no_trace(node, rows, message):
    seq, digest = node.seq, node.digest()
    with pytest.raises(BadValue, match=message):
        node.submit(rows)
    with pytest.raises(BadValue):
        node.submit_many([build.open_account(), rows])
    assert (node.seq, node.digest()) == (seq, digest)
    assert len(node.commands(seq + 1)) == 0


def test_nobody_can_forge_a_frame(node):
    rows = build.place(6, 1, Side.BUY, 5, 100, display_lots=1)
    for row in (0, 1):
        forged = rows.copy()
        forged["kind"][row] = Command.FRAME
        with pytest.raises(BadValue, match="FRAME"):
            node.submit(forged)


def test_a_limit_within_the_build_is_raised():
    node = open_node(None, limits={Limit.ORDERS: 10})
    assert node.submit(build.set_limit(Limit.ORDERS, TINY.orders - 1)).events["kind"].tolist() == [Event.LIMIT_SET]


@pytest.mark.parametrize("limits", [{Limit.ORDERS: 0}, {Limit.ACCOUNTS: 1}, {Limit.ORDERS: TINY.orders}])
def test_impossible_limits_of_a_new_venue_are_refused(limits):
    with pytest.raises(BadValue, match="limits"):
        open_node(new_disk(), limits=limits)


@pytest.mark.parametrize("with_snapshot", [False, True])
def test_a_build_too_small_refuses_to_start(with_snapshot):
    disk = new_disk()
    node = open_node(disk, capacity=SMALL)
    if with_snapshot:
        node.snapshot()
    node.close()
    with pytest.raises(CapacityTooSmall, match="capacity 'tiny' holds .* larger capacity"):
        open_node(disk)
    open_node(disk, capacity=SMALL).close()


def test_a_larger_build_takes_over():
    disk = new_disk()
    node = open_node(disk)
    node.submit(opening())
    digest = node.digest()
    node.snapshot()
    node.close()
    assert open_node(disk, capacity=SMALL).digest() == digest


# --- Batches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_how_a_stream_is_cut_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    rows = orders(rng, 700)
    digests, commands = set(), []
    starts = np.flatnonzero(rows["kind"] != Command.DATA)
    for share in (0.0, 0.02, 0.3):
        node = open_node(new_disk())
        node.submit(opening())
        cuts = starts[1:][rng.random(len(starts) - 1) < share]
        if share == 0.3:
            node.submit_many(np.split(rows, cuts))
        else:
            for part in np.split(rows, cuts):
                node.submit(part)
        digests.add(node.digest())
        commands.append(node.commands().tobytes())
    twin = Machine(TINY)
    twin.apply(node.commands())
    assert digests == {twin.digest()}
    assert len(set(commands)) == 1


def test_a_large_submission_is_cut_between_commands():
    """Frames of all sizes, over several groups; every head keeps its data rows."""
    node = open_node(disk := new_disk(), segment_bytes=16 * SEGMENT_BYTES_MIN)
    node.submit(opening())
    place = build.place(6, 1, Side.BUY, 10, 50, display_lots=1)
    rows = np.concatenate([np.repeat(build.tick(), 3), *[place] * (3 * BATCH_ROWS), build.tick()])
    seq = node.seq
    answer = node.submit(rows)
    assert node.seq == seq + 3 + 3 * BATCH_ROWS + 1
    assert len(np.unique(answer.events["seq"])) == 3 * BATCH_ROWS  # TICK says nothing.
    found = node.commands(seq + 1)
    found["ts_ns"][found["kind"] != Command.DATA] = 0
    assert np.array_equal(found, rows)
    digest = node.digest()
    disk.lose_power()
    assert open_node(disk).digest() == digest


# --- What the node does by itself ----------------------------------------------------------------------


def test_a_mass_cancel_is_finished_by_continue(node):
    count = 3 * CANCELS_PER_COMMAND
    for _ in range(count // 64):
        node.submit(np.repeat(build.place(6, 1, Side.BUY, 1, 10), 64))
    answer = node.submit(build.mass_cancel(6))
    assert (answer.events["kind"] == Event.CANCELED).sum() == count
    assert not node.machine.pending()
    assert Command.CONTINUE in node.commands(answer.first_seq)["kind"]


def test_what_is_due_is_done_when_idle():
    clock = ManualClock()
    node = open_node(new_disk(), clock=clock)
    node.submit(opening())
    node.submit(build.place(6, 1, Side.BUY, 1, 10, tif=Tif.GTD, expire_ns=clock.now_ns() + SECOND_NS))
    heard = []
    node.listen(lambda events: heard.extend(events["kind"].tolist()))
    assert node.idle() == clock.now_ns() + SECOND_NS
    clock.advance(SECOND_NS)
    assert heard == []
    assert node.idle() == 0
    assert heard == [Event.EXPIRED]
    assert node.commands()["kind"][-1] == Command.TICK


def test_what_came_due_while_closed_is_done_first():
    disk, clock = new_disk(), ManualClock()
    node = open_node(disk, clock=clock)
    node.submit(opening())
    node.submit(build.place(6, 1, Side.BUY, 1, 10, tif=Tif.GTD, expire_ns=clock.now_ns() + SECOND_NS))
    node.close()
    clock.advance(2 * SECOND_NS)
    node = open_node(disk, clock=clock)
    assert node.commands()["kind"][-1] == Command.TICK
    assert node.machine.array["tables"]["live"][0, Limit.ORDERS] == 0


def test_work_left_by_a_crash_is_gone_on_with():
    """The mass cancel was durable, its CONTINUE not."""
    disk = new_disk()
    node = open_node(disk)
    node.submit(opening())
    node.submit(np.repeat(build.place(6, 1, Side.BUY, 1, 10), 600))
    disk.power_for = 3  # The mass cancel is written and synced, the spare segment gets its zeroes.
    with pytest.raises(StorageFailed):
        node.submit(build.mass_cancel(6))
    assert node.machine.pending()
    disk.lose_power()
    node = open_node(disk)
    assert not node.machine.pending()
    assert node.machine.array["tables"]["live"][0, Limit.ORDERS] == 0


def test_every_event_is_heard_in_order(node):
    heard = []
    node.listen(lambda events: heard.append(events))
    answers = [node.submit(orders(np.random.default_rng(seed), 20)) for seed in range(3)]
    assert np.array_equal(np.concatenate(heard), np.concatenate([answer.events for answer in answers]))


# --- Failing -----------------------------------------------------------------------------------------


def test_a_kernel_that_fails_stops_the_node_and_the_journal_is_kept():
    disk = new_disk()
    node = open_node(disk)
    node.submit(opening())
    node.machine.array["tables"]["high_water"][0, Limit.ACCOUNTS] = 1 << 20  # The next account has no row.
    with pytest.raises(NodeStopped, match="the journal is sound"):
        node.submit(build.open_account())
    for act in (lambda: node.submit(build.tick()), node.digest, node.snapshot, node.idle):
        with pytest.raises(NodeStopped):
            act()
    node.close()
    node = open_node(disk)  # The state was at fault here, not the kernel: the same command now goes well.
    assert node.commands()["kind"][-1] == Command.OPEN_ACCOUNT
    assert node.submit(build.open_account()).events["account_id"].tolist() == [len(ACCOUNTS) + FIRST_ACCOUNT + 1]


def test_a_failed_sync_stops_the_node_and_nothing_of_it_is_answered():
    disk = new_disk()
    node = open_node(disk)
    node.submit(opening())
    seq, digest = node.seq, node.digest()
    disk.error_rate = 1.0
    with pytest.raises(StorageFailed):
        node.submit(build.open_account())
    disk.error_rate = 0.0
    assert (node.seq, node.digest()) == (seq, digest)
    for act in (lambda: node.submit(build.tick()), node.snapshot, node.idle, node.flush):
        with pytest.raises(StorageFailed):
            act()
    node.close()
    assert open_node(disk).seq >= seq


def test_a_full_disk_refuses_entry_and_takes_cancels():
    disk = new_disk()
    node = open_node(disk, segment_bytes=SEGMENT_BYTES_MIN)
    node.submit(opening())
    disk.space = 0
    taken = 0
    with pytest.raises(DiskFull, match="order entry is refused"):
        for _ in range(10_000):
            node.submit(build.place(6, 1, Side.BUY, 1, 10))
            taken += 1
    seq = node.seq
    with pytest.raises(DiskFull):
        node.submit_many([build.cancel(6, 1), build.deposit(6, 1, 1)])  # One is entry: none is taken.
    assert node.seq == seq
    answer = node.submit(build.mass_cancel(6))
    assert (answer.events["kind"] == Event.CANCELED).sum() == taken
    digest = node.digest()
    disk.lose_power()
    assert open_node(disk).digest() == digest
    disk.space = UNLIMITED


# --- Opening and closing -------------------------------------------------------------------------------


def test_one_writer_and_any_number_of_readers():
    disk = new_disk()
    node = open_node(disk)
    node.submit(opening())
    with pytest.raises(VenueLocked):
        open_node(disk)
    reader = open_node(disk, read_only=True)
    digest = reader.digest()
    assert digest == node.digest()
    node.submit(build.open_account())
    assert reader.digest() == digest  # It does not follow.
    assert np.array_equal(reader.commands(), node.commands())  # But may read on.
    for act in (lambda: reader.submit(build.tick()), reader.snapshot, reader.idle, reader.flush):
        with pytest.raises(ReadOnly):
            act()
    reader.close()
    node.submit(build.open_account())
    node.close()
    open_node(disk).close()


def test_a_reader_cuts_and_writes_nothing():
    disk = new_disk(4)
    node = open_node(disk, sync="async")
    node.submit(opening())
    node.flush()
    node.submit(orders(np.random.default_rng(1), 50))
    disk.lose_power()
    before = {name: disk.read(name).tobytes() for name in disk.list()}
    open_node(disk, read_only=True)
    assert {name: disk.read(name).tobytes() for name in disk.list()} == before


def test_nothing_to_look_at(tmp_path):
    with pytest.raises(BadValue, match="no venue here"):
        Node.open(tmp_path / "none", read_only=True)
    with pytest.raises(BadValue, match="no venue here"):
        Node.open(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_node_says_so(node):
    digest = node.digest()
    node.close()
    node.close()
    with pytest.raises(NodeClosed):
        node.submit(build.tick())
    assert node.digest() == digest  # It may still be looked at.


@pytest.mark.parametrize(("folder", "sync"), [(None, "always"), ("venue", "memory")])
def test_sync_modes_that_are_none(folder, sync, tmp_path):
    with pytest.raises(BadValue, match="sync"):
        Node.open(folder and tmp_path / folder, sync=sync)


def test_async_says_that_it_is_not_durable_and_loses_only_the_end():
    disk, clock = new_disk(2), ManualClock()
    node = open_node(disk, clock=clock, sync="async")
    assert not node.submit(opening()).durable
    clock.advance(60_000_000)  # More than the bound: the next submission syncs.
    node.submit(build.open_account())
    seq, digest = node.seq, node.digest()
    node.submit(orders(np.random.default_rng(1), 30))
    disk.lose_power()
    node = open_node(disk, clock=clock)
    assert node.seq >= seq
    twin = Machine(TINY)
    places = np.flatnonzero(node.commands()["kind"] != Command.DATA)
    twin.apply(node.commands()[: places[seq]] if len(places) > seq else node.commands())
    assert twin.digest() == digest


def test_async_on_a_real_disk_becomes_durable_by_itself(tmp_path):
    with Node.open(tmp_path, capacity=TINY, sync="async", segment_bytes=SEGMENT_BYTES_MIN) as node:
        node.submit(build.open_account())
        deadline = time.monotonic() + 5
        while node.journal.durable_seq < node.seq and time.monotonic() < deadline:
            time.sleep(0.01)
        assert node.journal.durable_seq == node.seq


def test_a_long_journal_leaves_a_snapshot_when_closed(tmp_path):
    with Node.open(tmp_path, capacity=TINY, segment_bytes=1 << 22) as node:
        node.submit(np.repeat(build.tick(), 50_001))
        digest = node.digest()
    assert list(tmp_path.glob("snapshot-*.state"))
    with Node.open(tmp_path, capacity=TINY) as node:
        assert node.digest() == digest
