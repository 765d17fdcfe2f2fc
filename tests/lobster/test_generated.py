"""An artificial day of the recorder's format, through the whole venue: every book agrees.

The day comes from a book of its own in plain Python (`sim.lobster_day`), so agreement means that
the venue's matching, cancels and replaces do what an independent book does.
"""

import json
from dataclasses import replace as changed

import pytest

import emporion
from emporion.cli.main import main
from emporion.engine.clock import ManualClock
from emporion.errors import BadValue
from emporion.services import lobster, lobster_files
from emporion.services.lobster_files import Kind, Message
from emporion.sim.lobster_day import lobster_day

ROWS = 400


def written(folder, seed, levels, rows=ROWS):
    """A day on disk, and the paths of its files."""
    paths = folder / "message.csv", folder / "orderbook.csv"
    lobster_day(seed, rows, levels).write(*paths)
    return paths


def run(day, levels=None):
    clock = ManualClock(day.messages[0].time_ns)
    with emporion.open(capacity="tiny", clock=clock) as venue:
        result = lobster.replay(venue, day, levels, clock=clock)
        assert venue.node.machine.audit() == []
        executed = [message.size for message in day.messages[1:] if message.kind == Kind.EXECUTE]
        assert result.executions == len(executed)
        if result.is_consistent:
            assert venue.instrument(lobster.INSTRUMENT).traded == sum(executed)
        return result


@pytest.mark.parametrize("levels", [1, 3, 10])
@pytest.mark.parametrize("seed", range(4))
def test_every_book_agrees(tmp_path, seed, levels):
    day = lobster_files.read(*written(tmp_path, seed, levels))
    result = run(day)
    assert result.first_mismatch is None
    assert result.is_consistent and result.mismatches_per_level == [0] * levels
    assert result.rows == ROWS and result.levels_compared > ROWS * levels
    assert result.executions_wrong == result.executions_out_of_turn == 0
    assert result.executions_named > 0.3 * result.executions > 10
    assert result.executions == result.executions_named + result.executions_adopted + result.executions_mixed
    kinds = [message.kind for message in day.messages[1:]]
    assert result.executions == kinds.count(Kind.EXECUTE) and result.hidden == kinds.count(Kind.EXECUTE_HIDDEN)


def test_days_hold_every_kind_of_message():
    kinds = {message[1] for seed in range(4) for message in lobster_day(seed, ROWS, 3).messages}
    assert kinds == {Kind.ADD, Kind.PARTIAL_CANCEL, Kind.DELETE, Kind.EXECUTE, Kind.EXECUTE_HIDDEN, Kind.HALT}


def test_the_same_files_give_the_same_venue(tmp_path):
    day = lobster_files.read(*written(tmp_path, 1, 3, rows=150))
    first, second = run(day), run(day)
    assert first.digest == second.digest
    assert changed(first, seconds=0) == changed(second, seconds=0)


def tampered(day, row, **fields):
    messages = list(day.messages)
    messages[row] = messages[row]._replace(**fields)
    return changed(day, messages=messages)


def first_row(day, kind, wanted=lambda message: True):
    return next(row for row, m in enumerate(day.messages) if row > 60 and m.kind == kind and wanted(m))


def test_a_wrong_size_is_found(tmp_path):
    day = lobster_files.read(*written(tmp_path, 2, 5))
    row = first_row(day, Kind.ADD)
    result = run(tampered(day, row, size=day.messages[row].size + 1))
    assert not result.is_consistent and result.first_mismatch["row"] == row + 1
    assert sum(result.mismatches_per_level) >= 1
    assert "published" in result.first_mismatch["problems"][0]


def test_a_wrong_book_is_found_once(tmp_path):
    day = lobster_files.read(*written(tmp_path, 2, 5))
    day.bids[100, 0, 1] += 7
    result = run(day)
    assert result.first_mismatch["row"] == 101 and "bid level 1" in result.first_mismatch["problems"][0]
    assert result.inconsistent_rows == 2, "the row that is wrong, and the next, which differs from it"


def test_a_message_left_out_is_found(tmp_path):
    day = lobster_files.read(*written(tmp_path, 3, 5))
    row = first_row(day, Kind.EXECUTE)
    result = run(tampered(day, row, kind=Kind.EXECUTE_HIDDEN))
    assert result.first_mismatch["row"] == row + 1


def test_an_execution_out_of_turn_is_counted():
    """Two orders in view at one price, and the file lets the younger one go first."""
    ask, bid = [10_100, 50], [10_000, 10]
    steps = [
        (Message(1, Kind.ADD, 1, 10, 10_000, 1), 10),
        (Message(2, Kind.ADD, 2, 20, 10_000, 1), 30),
        (Message(3, Kind.ADD, 3, 20, 10_000, 1), 50),
        (Message(4, Kind.EXECUTE, 1, 10, 10_000, 1), 40),
        (Message(5, Kind.EXECUTE, 3, 20, 10_000, 1), 20),
        (Message(6, Kind.EXECUTE, 2, 20, 10_000, 1), 0),
    ]
    rows = [([ask], [[bid[0], size]] if size else [[lobster_files.NO_BID, 0]]) for _, size in steps]
    np = pytest.importorskip("numpy")
    day = lobster_files.LobsterDay(
        [message for message, _ in steps], np.array([asks for asks, _ in rows]), np.array([bids for _, bids in rows])
    )
    result = run(day)
    assert result.is_consistent and result.executions_out_of_turn == 1
    assert (result.executions_named, result.executions_adopted) == (2, 1)


def test_a_file_that_breaks_off_is_read_to_there(tmp_path):
    messages, books = written(tmp_path, 1, 2, rows=50)
    books.write_text(books.read_text()[:-12])
    assert len(lobster_files.read(messages, books).messages) == 49
    assert len(lobster_files.read(messages, books, rows=20).messages) == 20


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("34200.1,1,5,100,10000", "5 columns"),
        ("34200.1,9,5,100,10000,1", "type 9"),
        ("-1,1,5,100,10000,1", "seconds after midnight"),
        ("34200.1,1,5,0,10000,1", "make no order"),
        ("34200.1,1,5,100,10000,2", "make no order"),
        ("34200.1,1,x,100,10000,1", "invalid literal"),
    ],
)
def test_a_message_that_is_none_is_named_by_its_line(tmp_path, line, problem):
    messages, books = written(tmp_path, 1, 2, rows=10)
    lines = messages.read_text().splitlines()
    lines[6] = line
    messages.write_text("\n".join(lines))
    with pytest.raises(BadValue, match=f"line 7: .*{problem}"):
        lobster_files.read(messages, books)


def test_the_command(tmp_path, capsys):
    messages, books = written(tmp_path, 5, 4, rows=120)
    words = ["replay", "lobster", str(messages), str(books), "--levels", "2", "--folder", str(tmp_path / "venue")]
    assert main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["inconsistent_rows"] == 0 and printed["levels"] == 2 and printed["rows"] == 120
    with emporion.open(tmp_path / "venue", read_only=True) as venue:
        assert venue.digest() == printed["digest"] and venue.instruments == (lobster.INSTRUMENT,)
    assert main(words) == 1 and "already has" in capsys.readouterr().err


def test_the_command_says_what_differs(tmp_path, capsys):
    messages, books = written(tmp_path, 5, 4, rows=120)
    rows = books.read_text().splitlines()
    cells = rows[70].split(",")
    cells[1] = str(int(cells[1]) + 1)
    rows[70] = ",".join(cells)
    books.write_text("\n".join(rows))
    assert main(["replay", "lobster", str(messages), str(books)]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["first_mismatch"]["row"] == 71 and printed["mismatches_per_level"][0] >= 1


def test_the_command_on_what_is_not_there(tmp_path, capsys):
    assert main(["replay", "lobster", str(tmp_path / "a"), str(tmp_path / "b")]) == 1
    assert capsys.readouterr().err == f"emporion: {tmp_path / 'a'}: No such file or directory\n"
    messages, books = written(tmp_path, 1, 2, rows=10)
    assert main(["replay", "lobster", str(messages), str(books), "--levels", "3"]) == 1
    assert "has 2" in capsys.readouterr().err
