"""Looking into a folder, sound or not, in use or not."""

import json

import numpy as np
import pytest

import emporion
from emporion.cli.main import main
from emporion.engine.clock import ManualClock
from emporion.schema import build


def test_the_journal(folder, run):
    code, lines, err = run("inspect", "journal", folder)
    assert (code, err) == (0, "")
    assert [line["seq"] for line in lines] == list(range(1, 9))
    assert [line["kind"] for line in lines][-2:] == ["deposit", "place"]
    place = lines[-1]
    assert place["cl_ord_id"] == "étude" and place["side"] == "sell" and place["price_ticks"] == 6_000_000
    assert place["account_id"] == 6 and "order_id" not in place, "fields without a meaning are left out"
    assert lines[3]["name"] == "BTC/USDC" and lines[3]["atoms_per_tick_lot"] == 1
    with emporion.open(folder, capacity="tiny", read_only=True) as venue:
        assert [line["ts_ns"] for line in lines] == [line["ts_ns"] for line in venue.journal()]


@pytest.mark.parametrize(("first", "last", "seqs"), [(3, 5, [3, 4, 5]), (8, 99, [8]), (9, 10, []), (1, 1, [1])])
def test_a_part_of_the_journal(folder, run, first, last, seqs):
    code, lines, _ = run("inspect", "journal", folder, "--from-seq", first, "--to-seq", last)
    assert code == 0 and [line["seq"] for line in lines] == seqs


def test_the_commands_of_a_request(folder, run):
    start_ns = 1_800_000_000_000_000_000
    clock = ManualClock(start_ns)
    rows = build.place(6, 1, 2, 9, 7_000_000, display_lots=3)
    rows["request_tag"][0] = 0xC0DE
    with emporion.open(folder, capacity="tiny", clock=clock) as venue:
        venue.submit(np.concatenate([rows, rows]))
        venue.deposit("bob", "BTC", "1")
        clock.advance(3_600_000_000_000)
        venue.submit(rows)  # The tag has come round again.
    code, lines, _ = run("inspect", "journal", folder, "--request", f"{start_ns // 1_000_000 - 20:012x}C0DE")
    assert code == 0 and [(line["seq"], line["request_tag"]) for line in lines] == [(9, "c0de"), (10, "c0de")]
    assert run("inspect", "journal", folder, "--request", f"{start_ns // 1_000_000:012x}c0df")[1] == ""
    for bad in ("c0de", "x" * 16, "0" * 17):
        with pytest.raises(SystemExit):
            run("inspect", "journal", folder, "--request", bad)


def test_a_journal_that_is_being_written(folder, run):
    with emporion.open(folder, capacity="tiny") as venue:
        venue.deposit("bob", "BTC", "1")
        assert run("inspect", "journal", folder)[1][-1]["kind"] == "deposit"
        main(["inspect", "state", str(folder)])


def test_the_state(folder, capsys):
    assert main(["inspect", "state", str(folder)]) == 0
    state = json.loads(capsys.readouterr().out)
    assert state["seq"] == 8 and state["tables"]["orders"] == {"live": 1, "limit": 2_047}
    assert state["assets"][1] == {"name": "BTC", "asset_class": "coin", "decimals": 8, "supply": "2"}
    (listed,) = state["instruments"]
    assert listed["best_ask"] == "60000" and listed["best_bid"] is None and listed["status"] == "open"
    with emporion.open(folder, capacity="tiny") as venue:
        assert venue.digest() == state["digest"]


def test_a_table(folder, run):
    code, rows, _ = run("inspect", "state", folder, "--table", "orders")
    assert code == 0 and len(rows) == 1
    assert rows[0]["leaves_lots"] == 5_000 and rows[0]["price_ticks"] == 6_000_000


def test_the_snapshots(folder, run):
    code, lines, err = run("inspect", "snapshot", folder)
    assert (code, err) == (0, "")
    assert lines[-1]["seq"] == 7 and lines[-1]["capacity"] == "tiny" and lines[-1]["limits"]["accounts"] == 255


def test_a_damaged_snapshot_is_told(folder, run):
    path = sorted(folder.glob("snapshot-*.state"))[-1]
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    code, out, err = run("inspect", "snapshot", folder)
    assert (code, out, err.count("\n")) == (3, "", 1) and err.startswith(f"emporion: {path}")


@pytest.mark.parametrize("what", ["journal", "snapshot", "state"])
def test_what_is_no_venue(tmp_path, run, what):
    code, out, err = run("inspect", what, tmp_path / "none")
    assert (code, out, err) == (1, "", f"emporion: {tmp_path / 'none'}: there is no such folder\n")
    code, out, err = run("inspect", what, tmp_path)
    assert (code, out) == (1, "") and "this is no venue" in err
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"


@pytest.mark.parametrize("words", [["--from-seq", "0"], ["--to-seq", "x"]])
def test_a_sequence_that_is_none(folder, words, capsys):
    with pytest.raises(SystemExit) as end:
        main(["inspect", "journal", str(folder), *words])
    assert end.value.code == 2 and "no sequence number" in capsys.readouterr().err
