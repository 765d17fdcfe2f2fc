"""`emporion user` and `emporion key`: who may come in, beside a served venue or not."""

import base64
import io
import os
import pty
import re
import subprocess
import sys
import time

import nacl.bindings as sodium
import pytest

import emporion
from emporion.access import totp
from emporion.access.access import Access
from emporion.access.passwords import Cost, Passwords
from emporion.schema.limits import SYSTEM_ACCOUNTS

PASSWORD = "correct horse battery"
NOW_NS = 1_790_000_000_000_000_000


@pytest.fixture
def typed(monkeypatch):
    """Standard input of the next command."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.fixture
def add_user(run, folder, typed):
    def act(login, *words, password=PASSWORD):
        typed(password + "\n")
        return run("user", "add", login, "--dir", folder, "--password-stdin", *words)

    return act


@pytest.fixture
def access(folder):
    with Access.open(folder, passwords=Passwords(Cost(1, 8192))) as opened:
        yield opened


@pytest.fixture
def ann(add_user):
    assert add_user("ann")[0] == 0
    return "ann"


def refused(outcome, text):
    code, out, err = outcome
    assert code == 1 and out == "" and err.startswith("emporion: ") and err.count("\n") == 1
    assert re.search(text, err), err


# --- Users ---


def test_a_user_gets_an_account_and_may_sign_in(add_user, folder, access):
    code, (line,), err = add_user("ann", "--operator")
    assert (code, err) == (0, "")
    assert line | {"created_ns": ""} == {
        "login": "ann", "account": "ann", "operator": True, "totp": False, "keys": 0, "demo": False, "created_ns": "",
    }  # fmt: skip
    with emporion.open(folder, capacity="tiny") as venue:
        account = venue.account("ann")
    _, session = access.people.sign_in("ann", PASSWORD, None, "127.0.0.1", NOW_NS)
    assert (session.account_id, session.account) == (account.account_id, "ann") and "operate" in session.scopes


def test_an_account_that_is_there_is_given_only_by_name(add_user, folder):
    refused(add_user("bob"), "there is an account 'bob' already: if it is to be this user's, add --account bob")
    code, (line,), _ = add_user("robert", "--account", "bob")
    assert (code, line["account"], line["operator"]) == (0, "bob", False)
    refused(add_user("eve", "--account", "bob"), "LOGIN_TAKEN: the account 'bob' is another user's")
    refused(add_user("eve", "--account", "fees"), "'fees' is the venue's own")
    with emporion.open(folder, capacity="tiny") as venue:
        venue.open_account("desk", master="bob")
    refused(add_user("eve", "--account", "desk"), "'desk' is a sub-account of 'bob'")


def test_an_account_may_have_another_name(add_user, folder):
    assert add_user("ann", "--account", "Ann & Co")[1][0]["account"] == "Ann & Co"
    with emporion.open(folder, capacity="tiny") as venue:
        assert venue.account("Ann & Co").master is None


def test_beside_a_served_venue_the_account_waits_for_the_first_sign_in(add_user, folder, access):
    with emporion.open(folder, capacity="tiny"):  # Holds the venue's lock, as serving does.
        code, (line,), err = add_user("ann")
        assert (code, line["account"]) == (0, None) and "opened when the user first signs in" in err
        refused(add_user("eve", "--account", "Eve"), "no account 'Eve', and the venue is being served")
        assert add_user("robert", "--account", "bob")[1][0]["account"] == "bob"
    assert access.users.find("eve") is None
    assert access.users.find("robert").account == "bob"


@pytest.mark.parametrize(
    ("login", "password", "problem"),
    [
        ("ann", "short", "BAD_PASSWORD"),
        ("ann", "", "BAD_PASSWORD"),
        ("a b", PASSWORD, "give 3 to 64 characters"),
    ],
)
def test_what_cannot_be_a_user_opens_no_account(add_user, folder, login, password, problem):
    refused(add_user(login, password=password), problem)
    with emporion.open(folder, capacity="tiny") as venue:
        assert [account.name for account in venue.accounts][SYSTEM_ACCOUNTS:] == ["bob"]


def test_a_login_that_is_taken_opens_no_account(add_user, ann, folder):
    refused(add_user("ANN", "--account", "second"), "LOGIN_TAKEN")
    with emporion.open(folder, capacity="tiny") as venue:
        assert "second" not in [account.name for account in venue.accounts]


def test_without_a_terminal_it_says_how_to_give_a_password(run, folder, typed):
    typed(PASSWORD + "\n")
    refused(run("user", "add", "ann", "--dir", folder), "--password-stdin")


@pytest.mark.parametrize("words", [("user", "list"), ("key", "list"), ("key", "revoke", "x")])
def test_a_folder_without_a_venue(run, tmp_path, words):
    refused(run(*words, "--dir", tmp_path), "there is no venue here")
    refused(run(*words, "--dir", tmp_path / "nowhere"), "there is no venue here")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_needed(capsys, run):
    with pytest.raises(SystemExit) as end:
        run("user", "list")
    assert end.value.code == 2 and "--dir" in capsys.readouterr().err


def test_users_are_listed(run, add_user, ann, folder):
    add_user("robert", "--account", "bob")
    run("key", "add", "ann", "--dir", folder)
    code, lines, _ = run("user", "list", "--dir", folder)
    assert code == 0
    assert [(line["login"], line["account"], line["keys"]) for line in lines] == [
        ("ann", "ann", 1),
        ("robert", "bob", 0),
    ]


def test_a_password_is_set_anew(run, ann, folder, typed, access):
    token, _ = access.people.sign_in("ann", PASSWORD, None, "127.0.0.1", NOW_NS)
    run("key", "add", "ann", "--dir", folder)
    typed("another good one\n")
    code, out, err = run("user", "password", "ann", "--dir", folder, "--password-stdin")
    assert (code, out) == (0, "") and "all sessions ended" in err and "1 API keys still work" in err
    access.people.sign_in("ann", "another good one", None, "127.0.0.1", NOW_NS)
    typed("another good one\n")
    refused(run("user", "password", "eve", "--dir", folder, "--password-stdin"), "NOT_FOUND: there is no user 'eve'")


def test_a_lost_second_factor(run, ann, folder, access):
    refused(run("user", "totp", "ann", "--off", "--dir", folder), "TOTP_OFF")
    offer = access.people.begin_totp(1, PASSWORD, "127.0.0.1", NOW_NS)
    secret = base64.b32decode(offer.secret + "=" * (-len(offer.secret) % 8))
    access.people.confirm_totp(1, PASSWORD, totp.code_at(secret, totp.step_of(NOW_NS)), "127.0.0.1", NOW_NS)
    assert run("user", "list", "--dir", folder)[1][0]["totp"]
    assert run("user", "totp", "ann", "--off", "--dir", folder)[0] == 0
    assert not access.users.get(1).totp


def test_operators_are_made_and_unmade(run, ann, folder, access):
    assert run("user", "operator", "ann", "--dir", folder)[0] == 0
    assert access.users.get(1).is_operator
    assert "no operator any more" in run("user", "operator", "ann", "--off", "--dir", folder)[2]
    assert not access.users.get(1).is_operator


def test_a_removed_user_is_out_and_the_account_stays(run, ann, folder, access):
    record, _ = access.keys.make(1, NOW_NS)
    code, _, err = run("user", "remove", "Ann", "--dir", folder)
    assert code == 0 and "the account 'ann' stays" in err
    assert access.users.find("ann") is None and access.keys.find(record.key_id) is None
    with emporion.open(folder, capacity="tiny") as venue:
        assert venue.account("ann")


def on_a_terminal(lines, *words):
    """Run a command on a terminal of its own and type lines when asked; exit code and all that was shown."""
    main, other = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "emporion.cli.main", *map(str, words)],
        stdin=other, stdout=other, stderr=other, start_new_session=True, close_fds=True,
    )  # fmt: skip
    os.close(other)
    shown, waiting = b"", list(lines)
    try:
        while True:
            try:
                part = os.read(main, 4096)
            except OSError:  # The terminal's other end is closed.
                break
            if not part:
                break
            shown += part
            if waiting and shown.rstrip().endswith(b":"):
                time.sleep(0.1)  # Until echo is off.
                os.write(main, waiting.pop(0).encode() + b"\n")
    finally:
        os.close(main)
    return process.wait(), shown.decode()


def test_a_password_is_asked_for_without_echo(folder, access):
    code, shown = on_a_terminal([PASSWORD, PASSWORD], "user", "add", "ann", "--dir", folder)
    assert code == 0 and "new password of ann: " in shown and PASSWORD not in shown
    access.people.sign_in("ann", PASSWORD, None, "127.0.0.1", NOW_NS)
    code, shown = on_a_terminal([PASSWORD, "something else"], "user", "password", "ann", "--dir", folder)
    assert code == 1 and "the two passwords differ" in shown and "something else" not in shown


# --- Keys ---


def test_a_key_is_shown_once(run, ann, folder, access):
    code, (shown,), err = run("key", "add", "ann", "--dir", folder, "--scopes", "read, trade", "--label", "bot")
    assert code == 0 and re.fullmatch("[0-9a-f]{64}", shown["secret"]) and shown["secret"] not in err
    assert "never again" in err and shown["key_id"] in err
    assert sodium.crypto_sign_seed_keypair(bytes.fromhex(shown["secret"]))[0].hex() == shown["public_key"]
    code, (line,), _ = run("key", "list", "--dir", folder)
    assert "secret" not in line and line == {name: value for name, value in shown.items() if name != "secret"}
    assert (line["scopes"], line["label"], line["login"]) == (["read", "trade"], "bot", "ann")


def test_all_that_a_key_may_be(run, ann, folder, access):
    with emporion.open(folder, capacity="tiny") as venue:
        desk = venue.open_account("desk", master="ann").account_id
    public_key = sodium.crypto_sign_keypair()[0].hex()
    code, (shown,), err = run(
        "key", "add", "ann", "--dir", folder, "--account", "desk", "--address", "10.0.0.0/8", "--address", "::1",
        "--expires", "90d", "--public-key", public_key.upper(), "--rate", "10000",
    )  # fmt: skip
    assert code == 0 and "secret" not in shown and err == ""
    assert (shown["public_key"], shown["rate"]) == (public_key, "10000:20000")
    record = access.keys.find(shown["key_id"])
    assert (record.bound_account_id, record.bound_account) == (desk, "desk")
    assert record.addresses == ("10.0.0.0/8", "::1/128")
    assert record.expires_ns - record.created_ns == 90 * 86_400 * 10**9


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2100-01-01", 4_102_444_800),
        ("2100-01-01T06:00:00+01:00", 4_102_462_800),
    ],
)
def test_a_key_ends_on_a_date(run, ann, folder, text, seconds):
    _, (shown,), _ = run("key", "add", "ann", "--dir", folder, "--expires", text)
    assert shown["expires_ns"] == f"{seconds}000000000"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("ann", "--scopes", "operate"), "SCOPE_MISSING: only an operator's key"),
        (("ann", "--scopes", "read,everything"), "'everything' given"),
        (("ann", "--address", "10.0.0.1/8"), "did you mean 10.0.0.0/8"),
        (("ann", "--expires", "soon"), "neither a duration such as 90d nor a date"),
        (("ann", "--expires", "2001-01-01"), "not later than now"),
        (("ann", "--expires", "9999-12-31"), "later than times can be written"),
        (("ann", "--expires", "999999d"), "later than times can be written"),
        (("ann", "--account", "bob"), "'bob' is neither ann's account, 'ann', nor a sub-account"),
        (("ann", "--account", "nobody"), "'nobody' is neither"),
        (("ann", "--rate", "0"), "rate"),
        (("eve",), "NOT_FOUND: there is no user 'eve'"),
    ],
)
def test_a_key_that_cannot_be(run, ann, folder, access, words, problem):
    refused(run("key", "add", *words, "--dir", folder), problem)
    assert access.keys.page() == []


@pytest.mark.parametrize("words", [("--rate", "fast"), ("--public-key", "12ab")])
def test_a_command_line_that_is_wrong(run, ann, folder, words, capsys):
    with pytest.raises(SystemExit) as end:
        run("key", "add", "ann", "--dir", folder, *words)
    assert end.value.code == 2 and words[1] in capsys.readouterr().err


def test_a_key_is_revoked_beside_a_served_venue(run, ann, folder, access):
    record, _ = access.keys.make(1, NOW_NS)
    with emporion.open(folder, capacity="tiny"):
        assert run("key", "revoke", record.key_id, "--dir", folder)[0] == 0
    time.sleep(0.05)
    assert access.keys.find(record.key_id) is None
    refused(run("key", "revoke", record.key_id, "--dir", folder), "NOT_FOUND")


@pytest.mark.parametrize("words", [("key", "list"), ("user", "list"), ("key", "add", "ann"), ("user", "remove", "ann")])
def test_what_needs_no_venue_loads_no_kernel(ann, folder, words):
    """Revoking a key should not wait for a compiler to be loaded."""
    code = (
        "import sys\nfrom emporion.cli.main import main\n"
        "assert main(sys.argv[1:]) == 0\nassert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, *words, "--dir", str(folder)], capture_output=True, check=True)


def test_keys_of_one_user(run, ann, add_user, folder, access):
    add_user("robert", "--account", "bob")
    for user_id in (1, 2, 1):
        access.keys.make(user_id, NOW_NS)
    assert [line["login"] for line in run("key", "list", "ann", "--dir", folder)[1]] == ["ann", "ann"]
    assert len(run("key", "list", "--dir", folder)[1]) == 3
    refused(run("key", "list", "eve", "--dir", folder), "NOT_FOUND")
