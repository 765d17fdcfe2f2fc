"""The history's files: written over any crash, made again when they are gone, and equal each time."""

import errno
import hashlib
import logging
import shutil

import numpy as np
import pytest

from emporion.engine.clock import ManualClock
from emporion.engine.node import Node
from emporion.history import feed as feeding
from emporion.history import replay
from emporion.history.feed import Feed
from emporion.history.folder import ASIDE, MANIFEST, Folder
from emporion.history.parquet import read
from emporion.history.store import HistoryStore
from emporion.schema import build
from emporion.schema.limits import FIRST_ACCOUNT, TINY
from emporion.storage.disk import Disk
from tests.history.obvious import ENTRY, Obvious, array
from tests.history.stage import FEWER, GENESIS_ROWS, draw, feed, live

BLOCK_ROWS, TAIL_ROWS = 64, 30


def made(folder, settle=True, **options) -> dict[str, str]:
    """The history of the journal in a folder, brought up to date: a hash of each file."""
    history = Feed(folder, block_rows=BLOCK_ROWS, tail_rows=TAIL_ROWS, **options)
    history.catch_up(Disk(folder, create=False), TINY)
    if settle:
        history.settle()
    history.close()
    return hashes(folder)


def hashes(folder) -> dict[str, str]:
    inside = folder / feeding.FOLDER_NAME
    paths = [path for path in inside.rglob("*") if path.is_file()]
    return {str(path.relative_to(inside)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture
def small_pieces(monkeypatch):
    """So that a replay writes often."""
    monkeypatch.setattr(replay, "PIECE_ROWS", 25)


class PowerCut(BaseException):
    """Nothing in the code catches it."""


class CrashingFolder(Folder):
    """Dies in the middle of one of its steps."""

    steps_left = 0

    def write(self, name, data):
        self._step(lambda: self._leave(name, bytes(data)[: len(data) // 2]))
        self._step(lambda: self._leave(name, data))
        path = super().write(name, data)
        self._step(lambda: None)
        return path

    def remove(self, paths):
        for path in sorted(paths):
            super().remove({path})
            self._step(lambda: None)

    def _leave(self, name, data):
        aside = (self.path / name).with_name((self.path / name).name + ASIDE)
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(data)

    def _step(self, last):
        self.steps_left -= 1
        if self.steps_left < 0:
            last()
            raise PowerCut


@pytest.mark.parametrize("seed", range(6 // FEWER))
def test_a_crash_at_any_step_loses_nothing(seed, tmp_path, monkeypatch, small_pieces):
    rng = np.random.default_rng(seed)
    stretches = draw(seed, 200)
    live(stretches, tmp_path).close()
    whole = made(tmp_path)
    shutil.rmtree(tmp_path / feeding.FOLDER_NAME)
    crashes = 0
    while True:
        with monkeypatch.context() as patch:
            patch.setattr(feeding, "Folder", CrashingFolder)
            patch.setattr(CrashingFolder, "steps_left", int(rng.integers(0, 10 + 5 * crashes)))
            try:
                # The counter is the object's own once it has been counted down.
                made(tmp_path, settle=False)
                break
            except PowerCut:
                crashes += 1
        assert Folder(tmp_path / feeding.FOLDER_NAME).manifest().seq <= 10**6
    assert crashes > 3
    assert made(tmp_path) == whole


@pytest.mark.parametrize("seed", range(6 // FEWER))
def test_lived_with_or_made_again_the_files_are_the_same(seed, tmp_path):
    stretches = draw(seed)
    clock = ManualClock(int(stretches[0]["ts_ns"][0]))
    pieces = [stretches[0][GENESIS_ROWS:], *stretches[1:]]
    for half in (pieces[: len(pieces) // 2], pieces[len(pieces) // 2 :]):
        with Node.open(tmp_path, capacity=TINY, clock=clock) as node:
            store = HistoryStore(Feed(tmp_path, block_rows=BLOCK_ROWS, tail_rows=TAIL_ROWS))
            store.attach(node)
            feed(node, clock, half)
            while store.is_behind:
                pass
            store.close()
            assert Folder(tmp_path / feeding.FOLDER_NAME).manifest().seq == node.seq
    lived = made(tmp_path)
    shutil.rmtree(tmp_path / feeding.FOLDER_NAME)
    again = made(tmp_path)
    assert again == lived
    assert len(again) >= 10


def test_rows_on_disk_are_those_of_the_journal(tmp_path, small_pieces):
    live(draw(3), tmp_path).close()
    made(tmp_path, settle=False)
    with Node.open(tmp_path, capacity=TINY, read_only=True) as node:
        obvious = Obvious(node.commands())
    manifest = Folder(tmp_path / feeding.FOLDER_NAME).manifest()
    movements = np.concatenate([read(part.path, "movements") for part in manifest.parts["movements"]])
    want = [row for row in obvious.entries if row["kind"] <= 2]
    assert movements.tolist() == array(want, ENTRY).tolist()
    assert sorted(hashes(tmp_path)) == sorted(
        [MANIFEST, *(p[len(str(tmp_path / "history")) + 1 :] for p in manifest.files())]
    )


def test_a_clean_end_leaves_nothing_to_read_again(tmp_path, monkeypatch):
    with live(draw(0), tmp_path) as node, HistoryStore.open(tmp_path) as store:
        clock = node.clock
        store.attach(node)
        while store.is_behind:
            pass
    with Node.open(tmp_path, capacity=TINY, clock=clock) as node, HistoryStore.open(tmp_path) as store:
        monkeypatch.setattr(feeding, "Replay", None)
        assert store.seq == node.seq
        store.attach(node)
        node.submit(build.deposit(6, 1, 5))
        while store.is_behind:
            pass
        assert store.ledger(6, limit=1)["amount_atoms"].tolist() == [5]


@pytest.mark.parametrize(
    "damage", ["other venue", "journal ends before", "manifest torn", "part gone", "other version"]
)
def test_what_does_not_fit_the_journal_is_made_again(damage, tmp_path, caplog):
    folder, other = tmp_path / "venue", tmp_path / "other"
    stretches = draw(0)
    live(stretches, folder).close()
    want = made(folder)
    inside = folder / feeding.FOLDER_NAME
    if damage == "other venue":
        live(draw(1), other).close()
        made(other)
        shutil.rmtree(inside)
        shutil.copytree(other / feeding.FOLDER_NAME, inside)
    elif damage == "journal ends before":
        live([*stretches, draw(3)[1]], other).close()
        made(other)
        shutil.rmtree(inside)
        shutil.copytree(other / feeding.FOLDER_NAME, inside)
    elif damage == "manifest torn":
        (inside / MANIFEST).write_bytes((inside / MANIFEST).read_bytes()[:-20])
    elif damage == "part gone":
        next((inside / "fills").iterdir()).unlink()
    else:
        text = (inside / MANIFEST).read_text()
        (inside / MANIFEST).write_text(text.replace('"format": 1', '"format": 0'))
    with caplog.at_level(logging.ERROR):
        assert made(folder) == want


def test_a_full_disk_costs_nothing_but_patience(tmp_path, monkeypatch, caplog):
    """Questions are answered from memory meanwhile, and all is written when there is room again."""
    monkeypatch.setattr(feeding, "RETRY_S", 0.01)
    monkeypatch.setattr(feeding, "NAP_S", 0.01)
    full = [True]

    def write(self, name, data, _write=Folder.write):
        if full[0] and name.startswith("fills"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return _write(self, name, data)

    monkeypatch.setattr(Folder, "write", write)
    stretches = draw(0)
    with live(stretches[:8], tmp_path) as node:
        store = HistoryStore(Feed(tmp_path, block_rows=BLOCK_ROWS, tail_rows=TAIL_ROWS))
        store.attach(node)
        feed(node, node.clock, stretches[8:])
        while store.is_behind or not caplog.records:
            pass
        obvious = Obvious(node.commands())
        want = len([fill for fill in obvious.fills if fill["account_id"] == FIRST_ACCOUNT])
        assert len(store.fills(FIRST_ACCOUNT, limit=10_000)) == want > 0
        full[0] = False
        store.close()
        assert "No space left on device; it is tried again" in caplog.text
        assert Folder(tmp_path / feeding.FOLDER_NAME).manifest().seq == node.seq
    lived = made(tmp_path)
    shutil.rmtree(tmp_path / feeding.FOLDER_NAME)
    assert made(tmp_path) == lived


def test_memory_is_bounded_while_the_disk_takes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(feeding, "RETRY_S", 0.01)
    monkeypatch.setattr(feeding, "NAP_S", 0.01)
    monkeypatch.setattr(feeding, "TAIL_ROWS_MAX", 40)
    monkeypatch.setattr(replay, "PIECE_ROWS", 25)
    full = [True]

    def write(self, name, data, _write=Folder.write):
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return _write(self, name, data)

    monkeypatch.setattr(Folder, "write", write)
    with live(draw(0), tmp_path) as node:
        store = HistoryStore(Feed(tmp_path, block_rows=BLOCK_ROWS, tail_rows=TAIL_ROWS))
        store.attach(node)
        reached = store.seq
        assert reached < node.seq and store.is_behind
        full[0] = False
        while store.is_behind:
            pass
        assert store.seq == node.seq
        store.close()


def test_looking_on_changes_nothing_in_the_folder(tmp_path, small_pieces):
    with live(draw(2), tmp_path) as node:
        made(tmp_path, settle=False)
        before = hashes(tmp_path)
        feed(node, node.clock, draw(4)[1:3])
        history = Feed(tmp_path, read_only=True)
        history.catch_up(Disk(tmp_path, create=False), TINY)
        view = history.view()
        assert view.seq == node.seq and view.manifest.seq == node.seq
        assert hashes(tmp_path) == before
        history.close()
        assert hashes(tmp_path) == before
