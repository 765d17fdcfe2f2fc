"""Many threads, one node: everybody gets their own answer, and few syncs serve many."""

import threading
import time
from concurrent.futures import wait

import numpy as np
import pytest

from emporion.engine.clock import SystemClock
from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue, DiskFull, StorageFailed
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Event, Limit, Tif
from emporion.schema.limits import TINY
from emporion.storage.segments import SEGMENT_BYTES_MIN
from tests.engine.stage import ACCOUNTS, new_disk, open_node, opening, orders

SECOND_NS = 1_000_000_000


@pytest.fixture
def disk():
    return new_disk()


@pytest.fixture
def sequencer(disk):
    node = open_node(disk, clock=SystemClock())
    node.submit(opening())
    sequencer = Sequencer(node)
    yield sequencer
    sequencer.close()
    node.close()


def test_every_caller_gets_their_own_answer(sequencer, disk):
    syncs = disk.syncs
    answers = {}

    def trade(account):
        rng = np.random.default_rng(account)
        futures = [sequencer.submit(orders(rng, int(rng.integers(1, 5)))) for _ in range(100)]
        answers[account] = [future.result(timeout=30) for future in futures]

    threads = [threading.Thread(target=trade, args=(account,)) for account in ACCOUNTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    node = sequencer.node
    for account in ACCOUNTS:
        seqs = [answer.first_seq for answer in answers[account]]
        assert seqs == sorted(seqs)  # One caller's commands keep their order.
    everything = sorted((answer for each in answers.values() for answer in each), key=lambda answer: answer.first_seq)
    for answer, following in zip(everything, everything[1:], strict=False):
        assert (answer.events["seq"] >= answer.first_seq).all()
        assert (answer.events["seq"] < following.first_seq).all()
    twin = Machine(TINY)
    twin.apply(node.commands())
    assert twin.digest() == node.digest()
    assert disk.syncs - syncs < 400  # 400 submissions.


def test_what_is_wrong_concerns_its_sender_only(sequencer):
    good = [sequencer.submit(build.open_account()) for _ in range(5)]
    bad = sequencer.submit(build.place(6, 1, 1, 5, 100, display_lots=1)[:1])
    worse = sequencer.submit("rows")
    good += [sequencer.submit(build.open_account()) for _ in range(5)]
    wait([*good, bad, worse], timeout=30)
    assert all(future.result().events["kind"].tolist() == [Event.ACCOUNT_OPENED] for future in good)
    assert isinstance(bad.exception(), BadValue)
    assert isinstance(worse.exception(), BadValue)
    assert sequencer.node.seq == len({future.result().first_seq for future in good}) + sequencer.node.seq - 10


def test_a_full_disk_refuses_those_who_enter(tmp_path):
    disk = new_disk()
    node = open_node(disk, segment_bytes=SEGMENT_BYTES_MIN)
    node.submit(opening())
    disk.space = 0
    with pytest.raises(DiskFull):
        while True:
            node.submit(build.place(6, 1, 1, 1, 10))
    sequencer = Sequencer(node)
    futures = [sequencer.submit(rows) for rows in [build.place(6, 1, 1, 1, 10), build.mass_cancel(6)] * 5]
    wait(futures, timeout=30)
    sequencer.close()
    assert all(isinstance(future.exception(), DiskFull) for future in futures[::2])
    assert all(future.result().events["kind"][0] == Event.MASS_CANCELED for future in futures[1::2])


def test_a_node_that_stops_tells_everybody(sequencer, disk):
    disk.error_rate = 1.0
    futures = [sequencer.submit(build.open_account()) for _ in range(5)]
    wait(futures, timeout=30)
    assert all(isinstance(future.exception(), StorageFailed) for future in futures)
    assert isinstance(sequencer.submit(build.open_account()).exception(timeout=30), StorageFailed)


def test_an_idle_node_covers_its_last_answer_and_does_what_is_due(sequencer):
    node = sequencer.node
    due = node.clock.now_ns() + SECOND_NS // 5
    sequencer.submit(build.place(6, 1, 1, 1, 10, tif=Tif.GTD, expire_ns=due)).result(timeout=30)
    offset = node.journal.position.offset
    until = time.monotonic() + 10
    while node.machine.array["tables"]["live"][0, Limit.ORDERS] and time.monotonic() < until:
        time.sleep(0.02)
    assert node.clock.now_ns() >= due
    assert node.machine.array["tables"]["live"][0, Limit.ORDERS] == 0
    assert node.journal.position.offset > offset


def test_closing_finishes_what_is_queued(disk):
    node = open_node(disk)
    sequencer = Sequencer(node)
    futures = [sequencer.submit(build.open_account()) for _ in range(50)]
    sequencer.close()
    sequencer.close()
    assert all(future.done() for future in futures)
    assert node.seq == 51
    with pytest.raises(BadValue, match="closed"):
        sequencer.submit(build.tick())
    node.submit(build.tick())  # The node stays open.


def test_a_cancelled_future_is_not_submitted(tmp_path):
    with Node.open(tmp_path, capacity=TINY, segment_bytes=SEGMENT_BYTES_MIN) as node:
        sequencer = Sequencer(node)
        with node._lock:  # The thread cannot go on meanwhile.
            sequencer.submit(build.open_account())
            time.sleep(0.05)
            assert sequencer.submit(build.open_account()).cancel()
        sequencer.close()
        assert node.seq == 2
