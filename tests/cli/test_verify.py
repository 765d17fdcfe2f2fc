"""`emporion verify` finds what is wrong, and says sound only of what is."""

import json

import numpy as np
import pytest

import emporion
from emporion.cli.main import main
from emporion.schema.limits import ROW_BYTES
from emporion.storage import snapshot


def verify(folder, capsys):
    code = main(["verify", str(folder)])
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else None, err


def test_a_sound_venue(folder, capsys):
    code, report, err = verify(folder, capsys)
    assert (code, err) == (0, "") and report["sound"] and report["seq"] == 8
    assert len(report["snapshots_checked"]) == 1 and report["audits"] >= 1 and report["problems"] == []
    with emporion.open(folder, capacity="tiny") as venue:
        assert venue.digest() == report["digest"]


def test_a_snapshot_of_another_version_is_no_fault(folder, capsys, monkeypatch):
    """It is passed over, here and when the venue is opened, and everything is replayed."""
    monkeypatch.setattr(snapshot, "STATE_VERSION", snapshot.STATE_VERSION + 1)
    code, report, err = verify(folder, capsys)
    assert (code, err) == (0, "") and report["sound"] and report["seq"] == 8
    assert report["snapshots_checked"] == [] and len(report["snapshots_of_other_versions"]) == 1
    with (
        pytest.warns(RuntimeWarning, match="layout .* passing over it"),
        emporion.open(folder, capacity="tiny") as venue,
    ):
        assert venue.digest() == report["digest"]


def test_a_changed_command_is_found(folder, capsys):
    path = next(path for path in sorted(folder.iterdir()) if path.stat().st_size > 4_096 and "snap" not in path.name)
    raw = np.fromfile(path, np.uint8)
    raw[ROW_BYTES * 6 + 40] ^= 1  # In the middle of what was acknowledged.
    raw.tofile(path)
    code, report, err = verify(folder, capsys)
    assert code == 3 and report is None and err.startswith(f"emporion: {path}: byte ") and err.count("\n") == 1


def test_what_is_no_venue(tmp_path, capsys):
    code, report, err = verify(tmp_path, capsys)
    assert code == 1 and report is None and "this is no venue" in err


def test_a_world_from_a_seed(capsys):
    assert main(["sim", "--seed", "4", "--steps", "5", "--worlds", "2"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["seed"], second["seed"]) == (4, 5) and first["seq"] > 0
    assert main(["sim", "--seed", "5", "--steps", "5"]) == 0
    assert json.loads(capsys.readouterr().out) == second, "the seed is the whole reproduction"


def test_a_broken_promise_names_its_seed(capsys, monkeypatch):
    def broken(seed, steps):
        raise AssertionError("an answer was lost")

    monkeypatch.setattr("emporion.sim.world.run", broken)
    assert main(["sim", "--seed", "9"]) == 1
    assert capsys.readouterr().err == "emporion: world 9 broke a promise: an answer was lost\n"
