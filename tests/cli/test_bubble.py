"""`emporion bubble`: from a CSV file to a report, JSON and a picture, and what it says of files that are wrong."""

import json
import sys
from datetime import date, timedelta

import numpy as np
import pytest

from emporion.cli.main import main

SMALL = ("--replications", 99, "--picture", "none", "--no-lppls")


def prices(growth: float, count: int = 140, calm: int = 100, seed: int = 7) -> list[float]:
    """A walk that grows by itself after a calm beginning."""
    noise = np.random.default_rng(seed).normal(0.0, 1.0, count)
    made = [100.0]
    for at in range(1, count):
        made.append(made[-1] + (growth * max(made[-1] - 90.0, 20.0) if at >= calm else 0.0) + float(noise[at]))
    return made


def write(path, values, header="Date,Close", begin=date(2001, 1, 1)):
    lines = [header] + [f"{begin + timedelta(days=at)},{value}" for at, value in enumerate(values)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def bubble(tmp_path, capsys, monkeypatch):
    """Run the command in an empty folder: exit code, report, trouble."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = main(["bubble", *map(str, words)])
        out, err = capsys.readouterr()
        said = [line for line in err.splitlines(True) if not line.startswith(("emporion: compil", "emporion: loading"))]
        return code, out, "".join(said)

    return call


def test_a_price_that_feeds_on_itself_is_found_and_when(bubble, tmp_path):
    code, out, err = bubble(write(tmp_path / "wild.csv", prices(0.06)), *SMALL)
    assert (code, err) == (0, ""), err
    assert "Explosive now?  Yes, since 2001-0" in out and "goes on" in out
    found = json.loads((tmp_path / "wild.bubble.json").read_text())
    assert found["now"]["is_explosive"] and found["statistics"]["gsadf"]["p"] <= 0.05
    since = found["now"]["since"]
    assert since == found["episodes"][-1]["start_date"] and "2001-04-11" < since < "2001-05-20"
    path = found["path"]
    assert len(path["date"]) == len(path["bsadf"]) == len(path["line"]) == len(path["price"])
    assert path["date"][-1] == "2001-05-20" and path["price"][-1] == found["series"]["last"]
    assert found["evidence"]["limits"], "what the method cannot say is part of every answer"


def test_critical_times_and_how_often_chance_gives_them(bubble, tmp_path):
    """A curve of the very shape, with little chance in it."""
    days = np.arange(200.0)
    ahead = 203.0 - days
    logs = 7.0 - 0.2 * ahead**0.5 * (1.0 - 0.05 * np.cos(8.0 * np.log(ahead)))
    noise = np.random.default_rng(3).normal(0.0, 0.002, days.size)
    file = write(tmp_path / "curve.csv", np.exp(logs + noise))
    few = ("--replications", 19, "--level", 0.9, "--lppls-replications", 19, "--picture", "none")
    code, out, err = bubble(file, *few)
    assert (code, err) == (0, "") and "Critical time" in out
    found = json.loads((tmp_path / "curve.bubble.json").read_text())["critical_time"]
    assert found["direction"] == "up" and found["confidence"] > 0.5 and found["p"] == 0.05
    assert found["low"] <= "2001-07-23" <= found["high"], "day 203"
    assert len(found["times"]) == round(found["confidence"] * found["windows"])


def test_a_walk_is_no_bubble_and_the_same_command_says_the_same(bubble, tmp_path):
    file = write(tmp_path / "calm.csv", prices(0.0))
    first, second = bubble(file, *SMALL), bubble(file, *SMALL, "--threads", 1)
    assert first == second
    assert "Explosive now?  No" in first[1] and "none of 5 observations or more" in first[1]


def test_the_last_price_of_each_week_of_a_stretch(bubble, tmp_path):
    file = write(tmp_path / "long.csv", prices(0.0, count=700, calm=700))
    code, _, err = bubble(
        file, *SMALL, "--frequency", "week", "--from", "2001-02-01", "--to", "2002-08-11", "--output", "w"
    )
    found = json.loads((tmp_path / "w.bubble.json").read_text())
    assert (code, err) == (0, "")
    assert found["series"]["begin"] == "2001-02-04", "a Sunday"
    assert found["series"]["end"] == "2002-08-11" and found["series"]["observations"] == 80


@pytest.mark.parametrize("kind, begin", [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture_is_the_same_each_time(bubble, tmp_path, kind, begin):
    pytest.importorskip("matplotlib")
    file, words = (
        write(tmp_path / "p.csv", prices(0.06)),
        ("--replications", 19, "--level", 0.9, "--no-lppls", "--picture", kind),
    )
    made = []
    for _ in range(2):
        code, _, err = bubble(file, *words)
        assert (code, err) == (0, "")
        made.append((tmp_path / f"p.bubble.{kind}").read_bytes())
    assert made[0] == made[1] and made[0].startswith(begin)


def test_a_folder_is_a_table_the_same_from_any_number_of_processes(bubble, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    write(folder / "wild.csv", prices(0.06))
    write(folder / "calm.csv", prices(0.0))
    write(folder / "flat.csv", [5.0] * 50)
    write(folder / "words.csv", [*prices(0.0), "a lot"])
    first, second = (bubble(folder, *SMALL, "--processes", n, "--output", "all") for n in (1, 2))
    assert first == second and (first[0], first[2]) == (0, ""), first
    calm, wild = first[1].splitlines()[1:3]
    assert calm.split()[0] == "calm" and " no " in calm and wild.split()[0] == "wild" and " yes " in wild
    assert "not studied: 2" in first[1] and "flat: all values are 5" in first[1] and "line 142: 'a lot'" in first[1]
    rows = json.loads((tmp_path / "all.bubbles.json").read_text())
    assert [row["name"] for row in rows] == ["calm", "flat", "wild", "words"]
    assert bubble(folder / "wild.csv", *SMALL, "--seed", rows[2]["seed"])[0] == 0
    alone = json.loads((tmp_path / "wild.bubble.json").read_text())
    assert (alone["statistics"]["gsadf"]["p"], alone["now"]["p"]) == (rows[2]["p"], rows[2]["p_now"])
    code, out, err = bubble(folder / "wild.csv", tmp_path / "many" / "wild.csv", *SMALL)
    assert code == 1 and "two files are called wild" in err


def test_without_matplotlib_it_says_so_before_it_works(bubble, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "emporion.cli.bubble_picture", raising=False)
    monkeypatch.delattr("emporion.cli.bubble_picture", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = bubble(write(tmp_path / "p.csv", prices(0.06)))
    assert code == 1 and not out and "pip install 'emporion[bubble]'" in err and not list(tmp_path.glob("*.json"))


def wrong(values, **how):
    return lambda path: write(path, values, **how)


@pytest.mark.parametrize(
    "make, words, says",
    [
        (wrong([5.0] * 50), (), "constant"),
        (wrong(prices(0.0)[:4]), (), "too few"),
        (wrong([*prices(0.0), ""]), (), "missing (NaN)"),
        (wrong([*prices(0.0), "a lot"]), (), "line 142: 'a lot' is no number"),
        (wrong([*prices(0.0), -1.0]), ("--log",), "prices must be above zero"),
        (wrong(prices(0.0), header="Date,What"), ("--column", "Close"), "no column 'Close'"),
        (wrong(prices(0.0)), ("--from", "2020-01-01"), "no date in that stretch"),
        (wrong(prices(0.0)), ("--replications", 5), "at least 19"),
        (wrong(prices(0.0)), ("--convention", "pointwise", "--horizon", 5), "--horizon goes with"),
        (wrong(prices(0.0)), ("--level", 95), "a share between 0 and 1"),
        (wrong(prices(0.0)), ("--processes", 2), "go with several files"),
        (lambda path: path.parent, (), "a folder without a file"),
        (wrong(prices(0.0)), ("--output", "nowhere/x"), "there is no folder"),
        (lambda path: path, (), "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(bubble, tmp_path, make, words, says):
    code, out, err = bubble(make(tmp_path / "wrong.csv"), *SMALL, *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert says in err


def test_dates_that_do_not_rise(bubble, tmp_path):
    values = prices(0.0)
    for name, dates, says in (
        ("twice", ["2001-01-01", "2001-01-02", "2001-01-02"], "stands twice"),
        ("backwards", ["2001-01-03", "2001-01-02", "2001-01-01"], "run backwards"),
        ("mixed", ["2001-01-01", "2001-01-02T00:00+00:00", "2001-01-03"], "has a time zone"),
    ):
        rows = "".join(f"{day},{value}\n" for day, value in zip(dates, values, strict=False))
        (tmp_path / f"{name}.csv").write_text("Date,Close\n" + rows)
        code, _, err = bubble(tmp_path / f"{name}.csv", *SMALL)
        assert code == 1 and says in err
