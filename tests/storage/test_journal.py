"""What was durable is read back; a torn tail is cut; damage is named with its file and byte."""

import zlib

import numpy as np
import pytest

from emporion.errors import DiskFull, JournalCorrupt, StorageFailed
from emporion.schema import messages
from emporion.schema.codes import Command
from emporion.schema.limits import ROW_BYTES
from emporion.sim.faults import UNLIMITED
from emporion.storage import frames
from emporion.storage.disk import Disk
from emporion.storage.journal import commands_of
from emporion.storage.reader import JournalReader, JournalVersion
from emporion.storage.segments import SEGMENT_BYTES_MIN, segment_name, segments_of
from tests.storage.journals import append, draw_rows, new_disk, open_journal, stamped

ROWS_A_SEGMENT = SEGMENT_BYTES_MIN // ROW_BYTES


def write_some(disk, seed, groups=40):
    """A journal over several segments, closed as a node closes it; what it holds."""
    rng = np.random.default_rng(seed)
    journal, _ = open_journal(disk)
    written = []
    for _ in range(groups):
        rows = draw_rows(rng, int(rng.integers(1, 90)))
        append(journal, rows)
        written.append(stamped(rows))
        if rng.random() < 0.2:
            journal.cover()
    journal.cover()
    journal.close()
    return np.concatenate(written)


def test_commands_come_back_as_they_were_written():
    disk = new_disk()
    written = write_some(disk, seed=1)
    assert len(segments_of(disk)) > 2
    for _ in range(3):
        journal, found = open_journal(disk)
        assert np.array_equal(found, written)
        append(journal, more := draw_rows(np.random.default_rng(2), 5))
        written = np.concatenate([written, stamped(more)])
        assert np.array_equal(journal.commands(), written)
        journal.close()


def test_commands_from_a_sequence_on():
    disk = new_disk()
    journal, _ = open_journal(disk)
    rows = stamped(draw_rows(np.random.default_rng(3), 100))
    append(journal, rows)
    heads = np.flatnonzero(rows["kind"] != Command.DATA)
    for seq in (1, 2, 50, 100):
        assert np.array_equal(journal.commands(seq), rows[heads[seq - 1] :])
    assert len(journal.commands(101)) == 0


def test_what_is_new_is_read_without_the_rest(monkeypatch):
    """Asked again and again for its end, a journal of any length is not read from its beginning."""
    disk, rng = new_disk(), np.random.default_rng(4)
    written = write_some(disk, seed=4)
    journal, _ = open_journal(disk)
    assert np.array_equal(journal.commands(), written)
    checked, chain_of = [], frames.chain_of
    ends, check_rest = [], JournalReader._check_rest
    monkeypatch.setattr(JournalReader, "_check_rest", lambda *given: ends.append(1) or check_rest(*given))
    monkeypatch.setattr(frames, "chain_of", lambda *given: checked.append(1) or chain_of(*given))
    for _ in range(60):  # Over several segments more.
        before, segment = journal.next_seq, journal.position.segment
        append(journal, rows := draw_rows(rng, int(rng.integers(1, 90))))
        written = np.concatenate([written, stamped(rows)])
        checked.clear()
        ends.clear()
        assert np.array_equal(journal.commands(before), stamped(rows))
        assert len(checked) <= 3
        assert len(ends) == (journal.position.segment != segment)  # Of a segment that is full, and no other.
    assert np.array_equal(journal.commands(), written)
    heads = np.flatnonzero(written["kind"] != Command.DATA)
    for seq in rng.integers(1, len(heads), 20).tolist():
        assert np.array_equal(journal.commands(seq), written[heads[seq - 1] :])


def test_the_files_are_plain_rows_of_constant_size():
    disk = new_disk()
    written = write_some(disk, seed=4)
    rows = np.concatenate([disk.read(s.name).view(messages.COMMAND) for s in segments_of(disk)])
    assert {s.size for s in segments_of(disk)} == {SEGMENT_BYTES_MIN}
    told_apart = rows[(rows["kind"] != Command.FRAME) & (rows["kind"] != 0)]
    assert np.array_equal(told_apart, written)


@pytest.mark.parametrize("seed", range(60))
def test_a_torn_group_is_cut_and_what_was_synced_stays(seed):
    rng = np.random.default_rng(seed)
    disk = new_disk(seed)
    journal, _ = open_journal(disk)
    safe = []
    for _ in range(int(rng.integers(1, 12))):
        append(journal, rows := draw_rows(rng, int(rng.integers(1, 120))))
        safe.append(stamped(rows))
    loose = []
    for _ in range(int(rng.integers(1, 4))):
        append(journal, rows := draw_rows(rng, int(rng.integers(1, 60))), sync=False)
        loose.append(stamped(rows))
    disk.lose_power()
    journal, found = open_journal(disk)
    safe, everything = np.concatenate(safe), np.concatenate(safe + loose)
    assert np.array_equal(found[: len(safe)], safe)
    assert np.array_equal(found, everything[: len(found)])
    # What was cut does not come back, and writing goes on where it ended.
    append(journal, rows := draw_rows(rng, 3))
    disk.lose_power()
    _, again = open_journal(disk)
    assert np.array_equal(again, np.concatenate([found, stamped(rows)]))


@pytest.mark.parametrize("seed", range(40))
def test_any_flipped_byte_is_found_or_harmless(seed):
    """After a close every command is covered: a flip is reported, or was in what holds no command."""
    rng = np.random.default_rng(seed)
    disk = new_disk()
    written = write_some(disk, seed=seed % 4, groups=12)
    used = [
        (s.name, offset)
        for s in segments_of(disk)
        for offset in np.flatnonzero(disk.read(s.name).reshape(-1, ROW_BYTES).any(axis=1)) * ROW_BYTES
    ]
    for _ in range(8):
        name, offset = used[int(rng.integers(len(used)))]
        offset = int(offset) + int(rng.integers(ROW_BYTES))
        if rng.random() < 0.2:
            offset = int(rng.integers(SEGMENT_BYTES_MIN))
        mask = 1 << int(rng.integers(8))
        disk.flip(name, offset, mask)
        try:
            found = commands_of(JournalReader(disk))
        except (JournalCorrupt, JournalVersion) as error:
            if isinstance(error, JournalCorrupt):
                assert error.path.startswith("faulty/journal-")
                assert error.path != disk.path(name) or error.offset <= offset
        else:
            assert np.array_equal(found, written)
        disk.flip(name, offset, mask)


def test_damage_is_named_with_file_and_byte():
    disk = new_disk()
    journal, _ = open_journal(disk)
    append(journal, draw_rows(np.random.default_rng(1), 1))
    at = journal.position.offset
    append(journal, draw_rows(np.random.default_rng(2), 10))
    append(journal, draw_rows(np.random.default_rng(3), 1))
    disk.flip(segment_name(1), at + 3 * ROW_BYTES)
    with pytest.raises(JournalCorrupt, match=f"byte {at}: checksum is .* says that it was durable") as caught:
        commands_of(JournalReader(disk))
    assert (caught.value.path, caught.value.offset) == (disk.path(segment_name(1)), at)


def test_damage_to_the_last_batch_is_found_once_an_idle_node_has_covered_it():
    for covered in (False, True):
        disk = new_disk()
        journal, _ = open_journal(disk)
        append(journal, first := draw_rows(np.random.default_rng(1), 4))
        at = journal.position.offset
        append(journal, draw_rows(np.random.default_rng(2), 4))
        if covered:
            journal.cover()
        disk.flip(segment_name(1), at + ROW_BYTES)
        if covered:
            with pytest.raises(JournalCorrupt):
                commands_of(JournalReader(disk))
        else:  # Nothing tells it from a torn tail.
            assert np.array_equal(commands_of(JournalReader(disk)), stamped(first))


def test_damage_to_an_empty_frame_does_not_cut_what_follows():
    disk = new_disk()
    journal, _ = open_journal(disk)
    append(journal, draw_rows(np.random.default_rng(1), 4))
    at = journal.position.offset
    journal.cover()
    append(journal, draw_rows(np.random.default_rng(2), 4))
    disk.flip(segment_name(1), at)
    with pytest.raises(JournalCorrupt):
        commands_of(JournalReader(disk))


@pytest.mark.parametrize("size", [0, 64, 4096, SEGMENT_BYTES_MIN // 2, SEGMENT_BYTES_MIN - 64])
@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_file_cut_short_is_found(size, which):
    disk = new_disk()
    write_some(disk, seed=1)
    disk.cut(segments_of(disk)[which].name, size)
    with pytest.raises(JournalCorrupt, match="cut short|differ in size"):
        commands_of(JournalReader(disk))


def test_a_single_segment_cut_to_half_is_found():
    """Half a segment has a size that segments may have; the first frame says that this one had not."""
    disk = new_disk()
    journal, _ = open_journal(disk, segment_bytes=4 * SEGMENT_BYTES_MIN)
    append(journal, draw_rows(np.random.default_rng(1), 4))
    disk.cut(segment_name(1), SEGMENT_BYTES_MIN)
    with pytest.raises(JournalCorrupt, match=f"written with {4 * SEGMENT_BYTES_MIN} bytes"):
        commands_of(JournalReader(disk))


@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_segment_is_found(which):
    disk = new_disk()
    write_some(disk, seed=1)
    disk.remove(segments_of(disk)[which].name)
    with pytest.raises(JournalCorrupt, match="missing|next segment is"):
        commands_of(JournalReader(disk))


def test_a_segment_of_another_journal_is_found():
    disk, other = new_disk(), new_disk()
    write_some(disk, seed=1)
    write_some(other, seed=2)
    name = segments_of(disk)[1].name
    put(disk, name, other.read(segments_of(other)[1].name))
    with pytest.raises(JournalCorrupt, match="does not continue the chain"):
        commands_of(JournalReader(disk))


def put(disk, name, data):
    fd = disk.open(name)
    disk.write_at(fd, bytes(data), 0)
    disk.fdatasync(fd)
    disk.close(fd)


def test_a_file_with_no_name_of_ours_is_found():
    disk = new_disk()
    write_some(disk, seed=1)
    disk.close(disk.open("journal-copy.rows", create=True))
    with pytest.raises(JournalCorrupt, match="journal-copy.rows: byte 0: no segment of a journal has such a name"):
        JournalReader(disk)


def test_commands_taken_out_with_their_frame_are_missed():
    """Every checksum fits; only the chain tells."""
    disk = new_disk()
    journal, _ = open_journal(disk)
    ends = []
    for seed in range(3):
        append(journal, draw_rows(np.random.default_rng(seed), 2))
        ends.append(journal.position.offset)
    whole = bytes(disk.read(segment_name(1)))
    cut = whole[: ends[0]] + whole[ends[1] :] + bytes(ends[1] - ends[0])
    put(disk, segment_name(1), cut)
    with pytest.raises(JournalCorrupt, match="chain"):
        commands_of(JournalReader(disk))


def test_a_later_format_is_told_apart_from_damage():
    disk = new_disk()
    journal, _ = open_journal(disk)
    append(journal, draw_rows(np.random.default_rng(1), 2))
    block = memoryview(bytearray(disk.read(segment_name(1))[: journal.position.offset]))
    block[57] += 1
    block[frames.CRC_AT : frames.CRC_AT + 4] = bytes(4)
    block[frames.CRC_AT : frames.CRC_AT + 4] = zlib.crc32(block).to_bytes(4, "little")
    put(disk, segment_name(1), block)
    with pytest.raises(JournalVersion, match=f"format {messages.FORMAT_VERSION + 1}"):
        commands_of(JournalReader(disk))


# --- Failing disks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["write_at", "fdatasync"])
def test_a_failed_write_ends_the_journal(operation):
    disk = new_disk()
    journal, _ = open_journal(disk)
    append(journal, safe := draw_rows(np.random.default_rng(1), 2))
    disk.error_rate = 1.0
    with pytest.raises(StorageFailed, match="injected"):
        append(journal, draw_rows(np.random.default_rng(2), 2))
    disk.error_rate = 0.0
    for act in (journal.cover, journal.flush, lambda: append(journal, draw_rows(np.random.default_rng(2), 2))):
        with pytest.raises(StorageFailed):
            act()
    disk.kill()
    _, found = open_journal(disk)
    assert np.array_equal(found[: len(safe)], stamped(safe))


@pytest.mark.parametrize("seed", range(20))
def test_what_a_failed_sync_left_in_the_cache_is_written_again(seed):
    """After a failed fdatasync the system shows bytes that are not on the disk, and says no more about it."""
    disk = new_disk(seed)
    journal, _ = open_journal(disk)
    append(journal, draw_rows(np.random.default_rng(1), 2))
    for number in range(2, 6):
        append(journal, draw_rows(np.random.default_rng(number), 20), sync=False)
    disk.sync_errors = 1
    with pytest.raises(StorageFailed):
        journal.flush()
    disk.kill()
    _, found = open_journal(disk)  # It reads them, so it answers for them.
    disk.lose_power()
    _, again = open_journal(disk)
    assert np.array_equal(found, again)


@pytest.mark.parametrize("seed", range(20))
def test_a_cut_that_did_not_reach_the_disk_is_made_again(seed):
    """The system shows zeroes where the torn tail still stands on the disk, to come back some day."""
    disk = new_disk(seed)
    journal, _ = open_journal(disk)
    append(journal, draw_rows(np.random.default_rng(1), 2))
    append(journal, draw_rows(np.random.default_rng(2), 100), sync=False)
    disk.lose_power()
    disk.sync_errors = 1
    with pytest.raises(StorageFailed):
        open_journal(disk)
    disk.kill()
    journal, found = open_journal(disk)
    append(journal, rows := draw_rows(np.random.default_rng(3), 1))
    end = journal.position.offset
    disk.lose_power()
    assert not disk.read(segment_name(1))[end:].any()
    assert np.array_equal(open_journal(disk)[1], np.concatenate([found, stamped(rows)]))


def test_a_full_disk_refuses_entry_while_cancels_still_fit():
    disk = new_disk()
    journal, _ = open_journal(disk)
    rng = np.random.default_rng(1)
    append(journal, draw_rows(rng, 1))  # Now there is a spare segment.
    disk.space = 0
    written = entries = 0
    with pytest.raises(DiskFull, match="order entry is refused while cancels still fit"):
        while True:
            journal.check_room(10 * ROW_BYTES, entry=True)
            append(journal, rows := draw_rows(rng, 5))
            entries += 1
    assert journal.position.segment > 1  # The spare was used, then the reserve kept.
    with pytest.raises(DiskFull, match="the reserve is used up"):
        while True:
            journal.check_room(10 * ROW_BYTES, entry=False)
            append(journal, rows)
            written += 1
    assert written * len(rows) * ROW_BYTES > SEGMENT_BYTES_MIN // 8
    disk.space = UNLIMITED
    append(journal, rows)  # Room was made: it goes on.
    seq = journal.next_seq
    disk.lose_power()
    assert open_journal(disk)[0].next_seq == seq


def test_a_new_journal_on_a_full_disk_says_so():
    disk = new_disk()
    disk.space = 100
    with pytest.raises(DiskFull, match="no room for a segment"):
        open_journal(disk)
    disk.space = UNLIMITED
    open_journal(disk)


def test_segments_are_powers_of_two():
    with pytest.raises(ValueError, match="power of two"):
        open_journal(new_disk(), segment_bytes=100_000)


def test_an_existing_journal_keeps_its_segment_size():
    disk = new_disk()
    journal, _ = open_journal(disk, segment_bytes=2 * SEGMENT_BYTES_MIN)
    append(journal, draw_rows(np.random.default_rng(1), 2))
    assert open_journal(disk)[0].segment_bytes == 2 * SEGMENT_BYTES_MIN


def test_a_reader_beside_a_writer_takes_no_fresh_frames_for_damage(tmp_path, monkeypatch):
    """The writer puts down several frames between the reader's last look at a place and the look behind it."""
    disk = Disk(tmp_path)
    rng = np.random.default_rng(5)
    journal, _ = open_journal(disk)
    before = [draw_rows(rng, 3) for _ in range(4)]
    for rows in before:
        append(journal, rows)
    look = JournalReader._frame

    def look_and_be_overtaken(reader, segment, block, at, index):
        frame = look(reader, segment, block, at, index)
        if frame is None:
            for _ in range(3):
                append(journal, draw_rows(rng, 3))
            journal.cover()
        return frame

    monkeypatch.setattr(JournalReader, "_frame", look_and_be_overtaken)
    reader = JournalReader(disk)
    assert np.array_equal(commands_of(reader), np.concatenate([stamped(rows) for rows in before]))
    assert reader.torn_end == reader.end.offset
    journal.close()
