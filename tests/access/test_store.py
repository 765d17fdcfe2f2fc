"""The file: nobody else's to read, open in several processes, whole after a crash, and without a secret in it."""

import base64
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from emporion.access import totp
from emporion.access.access import Access
from emporion.access.denied import AccessDenied
from emporion.access.passwords import Passwords
from emporion.access.store import FILE_NAME, POLL_SECONDS, AccessStore, AccessStoreFailed

from .conftest import CHEAP, HOME, NOW_NS, PASSWORD

PROLOGUE = f"""
import sys
from pathlib import Path
from emporion.access.access import Access
from emporion.access.denied import AccessDenied
from emporion.access.passwords import Cost, Passwords
access = Access.open(Path(sys.argv[1]), passwords=Passwords(Cost(1, 8192)))
NOW_NS = {NOW_NS}
def say(*words):
    print(*words, flush=True)
"""


class Other:
    """Another process that has the database open, and what it says line by line."""

    def __init__(self, folder, program, *words):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROLOGUE + program, str(folder), *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def hear(self):
        return self.process.stdout.readline().strip()

    def tell(self, line=""):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *caught):
        self.process.kill()
        self.process.communicate()


def test_only_the_owner_may_read_it(tmp_path, ann_signs_in):
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        ann_signs_in(access)
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {FILE_NAME: 0o600, FILE_NAME + "-wal": 0o600, FILE_NAME + "-shm": 0o600}


def test_a_file_that_others_may_read_is_closed_to_them(tmp_path):
    AccessStore.open(tmp_path).close()
    (tmp_path / FILE_NAME).chmod(0o644)
    AccessStore.open(tmp_path).close()
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.fixture
def ann_signs_in():
    def act(access):
        """Ann has everything one may have; what of it nobody may ever read in the file."""
        user = access.people.sign_up("ann", PASSWORD, NOW_NS)
        offer = access.people.begin_totp(user.user_id, PASSWORD, HOME, NOW_NS)
        secret = totp_secret(offer)
        access.people.confirm_totp(user.user_id, PASSWORD, totp.code_at(secret, totp.step_of(NOW_NS)), HOME, NOW_NS)
        code = totp.code_at(secret, totp.step_of(NOW_NS) + 1)
        token, _ = access.people.sign_in("ann", PASSWORD, code, HOME, NOW_NS)
        _, seed = access.keys.make(user.user_id, NOW_NS)
        with pytest.raises(AccessDenied, match="WRONG_PASSWORD"):  # A password where the login belongs.
            access.people.sign_in("my-other-password", "x", None, HOME, NOW_NS)
        return user, [
            PASSWORD.encode(), PASSWORD.upper().encode(), b"my-other-password", secret, offer.secret.encode(),
            token.encode(), seed.encode(), bytes.fromhex(seed),
        ]  # fmt: skip

    return act


def totp_secret(offer):
    return base64.b32decode(offer.secret + "=" * (-len(offer.secret) % 8))


def test_no_secret_is_in_the_file(tmp_path, ann_signs_in):
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        _, secrets = ann_signs_in(access)
        during = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        written = b"".join(during.values())
        assert b"ann" in written and len(during) == 3  # It is the right file, and the log is looked at, too.
        assert [secret for secret in secrets if secret in written] == []
    after = (tmp_path / FILE_NAME).read_bytes()
    assert b"ann" in after and [secret for secret in secrets if secret in after] == []


def test_what_was_removed_is_gone_from_the_file(tmp_path, ann_signs_in):
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        user, _ = ann_signs_in(access)
        kept = access.users.kept(user.user_id)
    assert kept.password.encode() in (tmp_path / FILE_NAME).read_bytes()
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        access.users.remove(user.user_id)
    raw = (tmp_path / FILE_NAME).read_bytes()
    assert kept.password.encode() not in raw and kept.totp.encode() not in raw


def test_what_is_no_access_database_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(AccessStoreFailed, match="is not an access database"):
        AccessStore.open(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"something else entirely, and long enough to be looked at" * 100)
    with pytest.raises(AccessStoreFailed):
        AccessStore.open(tmp_path)


def test_a_newer_database_is_left_alone(tmp_path):
    AccessStore.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(AccessStoreFailed, match="of version 99"):
        AccessStore.open(tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(AccessStoreFailed, match="nowhere"):
        AccessStore.open(tmp_path / "nowhere")


def test_a_venue_in_memory_leaves_nothing():
    with Access.open(None, passwords=Passwords(CHEAP)) as access:
        access.people.sign_up("ann", PASSWORD, NOW_NS)
        folder = access.store.path.parent
        assert folder.is_dir()
        with AccessStore(access.store.path) as beside:  # Another process may open it.
            assert beside.row("SELECT login FROM users")["login"] == "ann"
    assert not folder.exists()


def test_several_processes_begin_at_once(tmp_path):
    program = (
        "say(access.people.sign_up(f'user-{sys.argv[2]}', 'correct horse battery', NOW_NS).user_id)\naccess.close()"
    )
    others = [Other(tmp_path, program, number) for number in range(4)]
    try:
        assert sorted(int(other.hear()) for other in others) == [1, 2, 3, 4]
    finally:
        for other in others:
            other.__exit__()


def test_a_login_is_given_once(tmp_path):
    program = (
        "say('ready'); input()\n"
        "try:\n    say(access.people.sign_up('ann', 'correct horse battery', NOW_NS).login)\n"
        "except AccessDenied as error:\n    say(error.code)\n"
    )
    others = [Other(tmp_path, program) for _ in range(3)]
    try:
        assert [other.hear() for other in others] == ["ready"] * 3
        for other in others:
            other.tell()
        assert sorted(other.hear() for other in others) == ["LOGIN_TAKEN", "LOGIN_TAKEN", "ann"]
    finally:
        for other in others:
            other.__exit__()


WATCH = """
import time
key_id, token = sys.argv[2:4]
assert access.keys.find(key_id) and access.sessions.find(token, NOW_NS)
say("ready"); input()
def is_out():
    try:
        access.sessions.find(token, NOW_NS)
        return False
    except AccessDenied:
        return access.keys.find(key_id) is None
asked = 0
while not is_out():
    asked += 1
say(time.monotonic_ns(), asked)
"""


def test_a_revocation_is_heard_by_other_processes(access, tmp_path, ann):
    """CLOCK_MONOTONIC is the machine's, so two processes may compare it."""
    record, _ = access.keys.make(ann.user_id, NOW_NS)
    token, _ = access.people.sign_in("ann", PASSWORD, None, HOME, NOW_NS)
    with Other(tmp_path, WATCH, record.key_id, token) as other:
        assert other.hear() == "ready"
        other.tell()
        time.sleep(0.2)  # It asks all the while, from memory.
        access.keys.revoke(record.key_id)
        access.sessions.end(token)
        done_ns = time.monotonic_ns()
        heard_ns, asked = map(int, other.hear().split())
    assert asked > 1_000
    assert heard_ns - done_ns < (POLL_SECONDS + 1) * 1e9  # The second is for a busy machine.


def test_reading_from_memory_costs_no_question(access, ann):
    record, _ = access.keys.make(ann.user_id, NOW_NS)
    access.keys.find(record.key_id)
    asked = []
    access.store._reader.set_trace_callback(asked.append)
    ends = time.monotonic() + 3 * POLL_SECONDS
    found = 0
    while time.monotonic() < ends:
        assert access.keys.find(record.key_id).public_key == record.public_key
        found += 1
    access.store._reader.set_trace_callback(None)
    assert found > 100 and len(asked) <= 5 and set(asked) == {"PRAGMA data_version"}


CHURN = """
import itertools
for number in itertools.count():
    user = access.people.sign_up(f"user-{number}", "correct horse battery", NOW_NS)
    token, _ = access.people.sign_in(user.login, "correct horse battery", None, f"10.0.{number % 256}.1", NOW_NS)
    record, _ = access.keys.make(user.user_id, NOW_NS)
    say(user.login, token, record.key_id)
    if number % 2:
        access.users.remove(user.user_id)
        say("removed", user.login)
"""


@pytest.mark.parametrize("after_lines", [1, 8, 25])
def test_killed_between_writes(tmp_path, after_lines):
    """What was answered is there; what was removed is gone whole; the file is sound."""
    with Other(tmp_path, CHURN) as other:
        lines = [other.hear().split() for _ in range(after_lines)]
        os.kill(other.process.pid, signal.SIGKILL)
        rest = other.process.stdout.read().splitlines()
        other.process.wait()
    lines += [line.split() for line in rest]
    removed = {line[1] for line in lines if line[0] == "removed"}
    made = [line for line in lines if line[0] != "removed"]
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as access:
        assert access.store.row("PRAGMA integrity_check")[0] == "ok"
        assert access.store.rows("PRAGMA foreign_key_check") == []
        for login, token, key_id in made:
            maybe = login == made[-1][0]  # Its removal may have been in hand.
            if login in removed:
                assert access.users.find(login) is None and access.keys.find(key_id) is None
            elif not maybe:
                assert access.sessions.find(token, NOW_NS).login == login
                assert access.keys.find(key_id).login == login
        if access.users.find(made[-1][0]) is None:
            assert access.keys.find(made[-1][2]) is None


def test_a_block_that_raises_changes_nothing(access, ann):
    before, revision = access.users.kept(ann.user_id), access.store.revision()
    with pytest.raises(ZeroDivisionError), access.store.write() as sql:
        sql.execute("UPDATE users SET password = NULL")
        raise ZeroDivisionError
    time.sleep(POLL_SECONDS)
    assert access.users.kept(ann.user_id) == before and access.store.revision() == revision


def test_a_full_disk_is_said(access, ann):
    access.store._writer.execute("PRAGMA max_page_count = 1")  # As full as it is now.
    with pytest.raises(AccessStoreFailed, match="full"):
        for _ in range(100):
            access.keys.make(ann.user_id, NOW_NS, label="x" * 64)
    access.store._writer.execute("PRAGMA max_page_count = 4294967294")
    assert access.users.find("ann") == ann
    access.keys.make(ann.user_id, NOW_NS)


def test_threads_share_one_database(access, ann):
    """Readers on one thread, changes on others: whoever is told of a key finds it, and no longer once it is revoked."""
    problems, made = [], queue.SimpleQueue()

    def make():
        for _ in range(30):
            record, _ = access.keys.make(ann.user_id, NOW_NS)
            if access.keys.find(record.key_id) != record:
                problems.append("made, and not found")
            made.put(record.key_id)

    def revoke():
        for _ in range(30):
            key_id = made.get()
            if access.keys.find(key_id) is None:
                problems.append("told of, and not found")
            access.keys.revoke(key_id)
            if access.keys.find(key_id) is not None:
                problems.append("revoked, and found")

    threads = [threading.Thread(target=act) for act in (make, revoke, make, revoke)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        access.keys.find("a" * 16)
        access.keys.used("a" * 16, NOW_NS)
    for thread in threads:
        thread.join()
    assert problems == [] and access.keys.count(ann.user_id) == 0


def test_the_path_is_the_venues(access, tmp_path):
    assert access.store.path == Path(tmp_path) / FILE_NAME
