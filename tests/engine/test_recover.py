"""Snapshots save time and decide nothing; `verify` finds what recovery does not look for."""

import numpy as np
import pytest

from emporion.engine.verify import verify
from emporion.errors import JournalCorrupt
from emporion.schema import build
from emporion.schema.codes import Limit
from emporion.schema.limits import SMALL
from emporion.storage.segments import SEGMENT_BYTES_MIN, segments_of
from emporion.storage.snapshot import snapshot_names
from tests.engine.stage import new_disk, open_node, opening, orders


def lived(disk, groups=20, every=6, **options):
    """A node with some history and snapshots; returns it still open."""
    rng = np.random.default_rng(1)
    node = open_node(disk, segment_bytes=SEGMENT_BYTES_MIN, **options)
    node.submit(opening())
    for number in range(groups):
        node.submit(orders(rng, 60))
        if number % every == every - 1:
            node.snapshot()
    return node


@pytest.fixture
def disk():
    return new_disk()


def test_with_and_without_snapshots_it_comes_to_the_same(disk):
    node = lived(disk)
    node.submit(build.open_account())
    digest, seq = node.digest(), node.seq
    node.close()
    names = snapshot_names(disk)
    assert len(names) == 3
    while True:
        node = open_node(disk)
        assert (node.seq, node.digest()) == (seq, digest)
        node.close()
        if not names:
            break
        disk.remove(names.pop(0))


def test_damaged_snapshots_are_passed_over(disk):
    node = lived(disk)
    digest = node.digest()
    node.close()
    for name in snapshot_names(disk):
        disk.flip(name, 1000)
        with pytest.warns(RuntimeWarning, match=f"{name}.*passing over it"):
            node = open_node(disk)
        assert node.digest() == digest
        node.close()
        disk.remove(name)


def test_a_snapshot_spares_the_replay(disk):
    """Damage before it is not met on the way; `verify` meets it."""
    node = lived(disk)
    digest = node.digest()
    node.close()
    assert len(segments_of(disk)) > 1
    disk.flip(segments_of(disk)[0].name, 70)
    assert open_node(disk, read_only=True).digest() == digest
    with pytest.raises(JournalCorrupt):
        verify(None, disk=disk)


def test_a_snapshot_of_another_venue_is_passed_over(disk):
    node = lived(disk)
    digest = node.digest()
    node.close()
    other = new_disk()
    lived(other, groups=6, limits={Limit.ORDERS: 1_000}).close()
    name = snapshot_names(other)[0]
    for old in snapshot_names(disk):
        disk.remove(old)
    put(disk, name, other.read(name))
    with pytest.warns(RuntimeWarning, match="not of this journal"):
        node = open_node(disk)
    assert node.digest() == digest
    node.close()
    assert any(name in problem for problem in verify(None, disk=disk).problems)


def put(disk, name, data):
    fd = disk.open(name, create=True)
    disk.write_at(fd, bytes(data), 0)
    disk.fdatasync(fd)
    disk.close(fd)


def test_a_journal_that_ends_before_a_snapshot_is_damaged(disk):
    """The last batch has no later one to speak for it, but the snapshot does."""
    node = open_node(disk)
    node.submit(opening())
    node.idle()
    at = node.journal.position.offset
    node.submit(build.open_account())
    name = node.snapshot()
    disk.kill()
    disk.flip(segments_of(disk)[0].name, at + 70)
    with (
        pytest.warns(RuntimeWarning, match="journal is damaged there"),
        pytest.raises(JournalCorrupt, match=f"ends with command {node.seq - 1}, but {name} was taken"),
    ):
        open_node(disk)


def test_a_journal_that_is_gone_is_missed(disk):
    lived(disk).close()
    for segment in segments_of(disk):
        disk.remove(segment.name)
    with pytest.warns(RuntimeWarning), pytest.raises(JournalCorrupt):
        open_node(disk)


# --- verify --------------------------------------------------------------------------------------------


def test_a_sound_venue(disk):
    node = lived(disk)
    reached = []
    report = verify(None, disk=disk, progress=reached.append, audit_commands=200)
    assert report.is_sound
    assert report.seq == node.seq == reached[-1]
    assert report.digest == node.digest().hex()
    assert sorted(report.snapshots, reverse=True) == snapshot_names(disk)
    assert report.audits >= 3


def test_a_snapshot_that_is_not_what_a_replay_gives(disk):
    """Its checksum is right, its digest is that of its state, but the state came about in another way."""
    node = lived(disk)
    node.machine.array["accounts"]["fee_tier"][0, 3] = 5
    name = node.snapshot()
    node.close()
    report = verify(None, disk=disk)
    assert not report.is_sound
    assert [problem for problem in report.problems if name in problem and "another digest" in problem]


def test_a_damaged_snapshot_is_a_problem(disk):
    lived(disk).close()
    name = snapshot_names(disk)[1]
    disk.flip(name, 5)
    report = verify(None, disk=disk)
    assert len(report.problems) == 1 and name in report.problems[0]
    assert len(report.snapshots) == 2


def test_the_build_is_chosen_by_the_limits(disk):
    node = lived(disk, capacity=SMALL, limits={limit: 100 for limit in Limit if limit != Limit.CLIENT_IDS_PER_ACCOUNT})
    assert verify(None, disk=disk).is_sound
    node.submit(build.set_limit(Limit.ORDERS, SMALL.orders - 1))
    report = verify(None, disk=disk)
    assert report.is_sound
    assert report.digest == node.digest().hex()
