"""A name is neither lost nor given to another account, whenever the process dies."""

import pytest

import emporion
from emporion.errors import BadValue, Refused, StorageFailed
from emporion.venue.names import FILE_NAME, Names, NamesCorrupt


def test_names_survive(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        alice = venue.open_account("alice")
        venue.open_account("alice/bot", master=alice)
    with emporion.open(tmp_path, capacity="tiny") as venue:
        assert venue.account("alice") == alice
        assert venue.account("alice/bot").master == "alice"
    lines = (tmp_path / FILE_NAME).read_text().splitlines()
    assert lines == ['{"account": 6, "name": "alice"}', '{"account": 7, "name": "alice/bot"}']


def test_a_torn_line_is_cut(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        venue.open_account("alice")
    with open(tmp_path / FILE_NAME, "ab") as file:
        file.write(b'{"account": 7, "na')
    with emporion.open(tmp_path, capacity="tiny") as venue:
        bob = venue.open_account("bob")
        assert (bob.account_id, venue.account("alice").account_id) == (7, 6)
    assert len(Names(tmp_path, 7)._name_of) == 7


def test_a_name_whose_account_was_never_opened_is_void(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        venue.open_account("alice")
        venue._names.assign(7, "carol")  # And here the process dies.
    with emporion.open(tmp_path, capacity="tiny") as venue:
        venue.node.submit(_open_account())  # Account 7, opened through a door that knows no names.
        assert venue.account(7).name == "#7"
    with emporion.open(tmp_path, capacity="tiny") as venue:
        assert venue.account(7).name == "#7", "carol's name must not come back with the account"
        assert venue.account("#7").account_id == 7
        assert venue.open_account("carol").account_id == 8


def test_an_account_that_was_opened_keeps_its_name_though_nobody_was_told(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        venue._names.assign(6, "alice")
        venue.node.submit(_open_account())  # Durable; and here the process dies.
    with emporion.open(tmp_path, capacity="tiny") as venue:
        assert venue.account("alice").account_id == 6


def test_a_refused_opening_frees_the_name(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        with pytest.raises(Refused):
            venue.open_account("alice", tier=99)
        with pytest.raises(BadValue, match="no account is named 'alice'"):
            venue.account("alice")
        assert venue.open_account("alice").account_id == 6


def test_a_closed_venue_does_not_touch_the_names(tmp_path):
    venue = emporion.open(tmp_path, capacity="tiny")
    venue.close()
    with pytest.raises(emporion.EmporionError, match="closed"):
        venue.open_account("alice")
    assert not (tmp_path / FILE_NAME).exists()


def test_looking_writes_nothing(tmp_path):
    emporion.open(tmp_path, capacity="tiny").close()
    (tmp_path / FILE_NAME).write_bytes(b'{"account": 9, "name": "ghost"}\n{"acc')
    before = (tmp_path / FILE_NAME).read_bytes()
    with emporion.open(tmp_path, capacity="tiny", read_only=True) as venue:
        assert venue.accounts[-1].name == "insurance"
        with pytest.raises(emporion.EmporionError, match="read_only"):
            venue.open_account("alice")
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("line", ["nonsense", '{"account": 6}', '{"account": "x", "name": "y"}', "[1]"])
def test_damage_in_the_middle_is_told(tmp_path, line):
    (tmp_path / FILE_NAME).write_text(line + '\n{"account": 7, "name": "bob"}\n')
    with pytest.raises(NamesCorrupt, match="line 1"):
        Names(tmp_path, 10)


@pytest.mark.parametrize("name", ["", "#7", "a\nb", "x" * 65, 7, "outside", "fees", "lending"])
def test_some_names_are_none(market, name):
    with pytest.raises(BadValue, match="account name"):
        market.open_account(name)


def test_a_name_is_given_once(market):
    with pytest.raises(BadValue, match="taken by account 6"):
        market.open_account("alice")


def test_half_a_line_does_not_stay_when_the_disk_fails(tmp_path, monkeypatch):
    names = Names(tmp_path, 10)
    names.assign(6, "alice")
    before = (tmp_path / FILE_NAME).read_bytes()

    def fail(descriptor):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("emporion.venue.names.os.fsync", fail)
        with pytest.raises(StorageFailed, match="was not opened"):
            names.assign(4, "bob")
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert "bob" not in names


def _open_account():
    from emporion.schema import build

    return build.open_account()
