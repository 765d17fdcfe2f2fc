"""The names of accounts: the kernel knows numbers, people know names.

A name lives in `names.jsonl` in the venue's folder: one line an account, only ever appended to,
readable with any editor.

    {"account": 6, "name": "alice"}
    {"account": 7, "name": "bob"}

The line is written and synced *before* the command that opens the account, with the number that
account will get (numbers are given in sequence, and the folder has one writer). So the process
may die at any point:

- while the line is written: it is torn, is cut when the venue is next opened, and nothing was
  opened;
- after the line, before the account: the number does not exist yet. Opening the venue for writing
  appends a line that voids it, so an account opened later cannot inherit the name;
- after the account: the name is there, whether or not anyone was told.

The other order, account first, could lose a name; keeping names in the journal's rows would give
those rows fields with two meanings. The file is not part of the state hash: two venues that
differ in names alone are the same venue.
"""

import json
import os
from pathlib import Path

from emporion.errors import BadValue, EmporionError, StorageFailed
from emporion.schema.limits import CLEARING_ACCOUNT, FEE_ACCOUNT, INSURANCE_ACCOUNT, LENDING_ACCOUNT, OUTSIDE_ACCOUNT

FILE_NAME = "names.jsonl"
SYSTEM_NAMES = {
    OUTSIDE_ACCOUNT: "outside", FEE_ACCOUNT: "fees", CLEARING_ACCOUNT: "clearing", LENDING_ACCOUNT: "lending",
    INSURANCE_ACCOUNT: "insurance",
}  # fmt: skip
NAME_CHARS_MAX = 64


class NamesCorrupt(EmporionError):
    """A line before the last of the names file cannot be read: mend it by hand, it is text."""


class Names:
    """Names of accounts, both ways. `folder` None keeps them in memory only."""

    def __init__(self, folder: Path | None, accounts: int, read_only: bool = False) -> None:
        """Read the file. `accounts` is how many exist: a name for a higher number is void."""
        self._path = folder / FILE_NAME if folder is not None else None
        self._writable = not read_only
        self._name_of: dict[int, str] = dict(SYSTEM_NAMES)
        self._id_of = {name: account_id for account_id, name in SYSTEM_NAMES.items()}
        if self._path is not None:
            self._read()
        for account_id in [number for number in self._name_of if number > accounts and number not in SYSTEM_NAMES]:
            self.void(account_id)

    def name_of(self, account_id: int) -> str:
        """The account's name, or "#7" for one that was opened without a name."""
        return self._name_of.get(account_id, f"#{account_id}")

    def id_of(self, name: str) -> int:
        """The account's number; BadValue says which names there are."""
        if name in self._id_of:
            return self._id_of[name]
        known = ", ".join(sorted(self._id_of)[:20])
        raise BadValue(f"no account is named {name!r}; open it with open_account. Known: {known}")

    def __contains__(self, name: object) -> bool:
        return name in self._id_of

    def assign(self, account_id: int, name: str) -> None:
        """Give the account that is about to be opened its name, durably. BadValue if it is taken or no name."""
        if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable():
            raise BadValue(f"account name {name!r}: give 1 to {NAME_CHARS_MAX} printable characters")
        if name.startswith("#"):
            raise BadValue(f"account name {name!r}: names do not begin with #, which marks accounts without one")
        if name in self._id_of:
            raise BadValue(f"account name {name!r} is taken by account {self._id_of[name]}; account({name!r}) finds it")
        self._append({"account": account_id, "name": name})
        self._set(account_id, name)

    def void(self, account_id: int) -> None:
        """The account was not opened after all: its name is free again."""
        self._append({"account": account_id, "name": None})
        self._set(account_id, None)

    def copy(self) -> "Names":
        """The same names in memory, for a fork."""
        twin = Names(None, 0)
        twin._name_of, twin._id_of = dict(self._name_of), dict(self._id_of)
        return twin

    def _set(self, account_id: int, name: str | None) -> None:
        """Later lines of one number take the place of earlier ones."""
        old = self._name_of.pop(account_id, None)
        if old is not None:
            del self._id_of[old]
        if name is not None:
            self._name_of[account_id], self._id_of[name] = name, account_id

    def _read(self) -> None:
        assert self._path is not None
        if not self._path.exists():
            return
        raw = self._path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                entry = json.loads(line)
                self._set(int(entry["account"]), entry["name"])
            except (ValueError, KeyError, TypeError) as error:
                raise NamesCorrupt(f"{self._path}: line {number}: {error}; mend the line by hand") from None
        if len(whole) < len(raw) and self._writable:  # Torn: its account was never opened.
            with open(self._path, "r+b") as file:
                file.truncate(len(whole))
                os.fsync(file.fileno())

    def _append(self, entry: dict) -> None:
        if self._path is None or not self._writable:
            return
        is_new = not self._path.exists()
        size = 0 if is_new else self._path.stat().st_size
        try:
            with open(self._path, "ab") as file:
                file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if not is_new:  # Half a line must not stay in front of the next.
                os.truncate(self._path, size)
            else:
                self._path.unlink(missing_ok=True)
            raise StorageFailed(f"{self._path}: {error}; the account was not opened") from error
        if is_new:  # The folder must remember the file, too.
            descriptor = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
