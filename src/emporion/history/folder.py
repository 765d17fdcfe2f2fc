"""The history's folder: parts of tables, and a manifest that says which of them count and how far they go.

    history/manifest.json
    history/fills/00000000000000000001-00000000000000123456.parquet     first and last sequence in it
    history/open/00000000000000123456.parquet                           orders open after that sequence

Every file is written aside, synced and renamed, the manifest last, so a crash at any point leaves what the
manifest before says, whole. Files that no manifest names are removed by the next writer.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from emporion.schema.messages import RULES_VERSION

FORMAT = 2  # Of tables and files. A folder of another is made again.
MANIFEST, ASIDE, SUFFIX = "manifest.json", ".aside", ".parquet"


@dataclass(frozen=True)
class Part:
    """One file of a table: a stretch of its rows. Its name follows from what is in it."""

    path: str  # In full.
    rows: int
    first_seq: int
    first_n: int
    last_seq: int
    last_n: int


Parts = tuple[Part, ...]


@dataclass(frozen=True)
class Manifest:
    """What counts."""

    seq: int = 0  # The last command whose rows are on disk,
    ts_ns: int = 0  # the venue's time then,
    command: str = ""  # and a digest of its head row, by which a journal shows that it is the one.
    open_seq: int = 0  # The orders open after this command are on disk; never above `seq`.
    open_ts_ns: int = 0
    open_path: str = ""  # Where; "" for nowhere: begin with the first command.
    parts: dict[str, Parts] = field(default_factory=dict)  # By table, oldest first.

    def files(self) -> set[str]:
        """Every file that it names."""
        own = {self.open_path} if self.open_path else set()
        return own | {part.path for parts in self.parts.values() for part in parts}


class Folder:
    """The files of one history. Methods may raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def manifest(self) -> Manifest:
        """The manifest; an empty one where there is none, or none of this version that is whole."""
        try:
            read = json.loads(self._full(MANIFEST).read_bytes())
            if read.pop("format") != FORMAT or read.pop("rules") != RULES_VERSION:
                return Manifest()
            parts = {
                table: tuple(Part(**(part | {"path": str(self._full(part["path"]))})) for part in listed)
                for table, listed in read.pop("parts").items()
            }
            open_path = read.pop("open_path")
            found = Manifest(**read, open_path=str(self._full(open_path)) if open_path else "", parts=parts)
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return Manifest()
        return found if all(os.path.exists(path) for path in found.files()) else Manifest()

    def write(self, name: str, data: bytes | memoryview) -> str:
        """A file, durable under its name when this returns; its full path."""
        target = self._full(name)
        aside = target.with_name(target.name + ASIDE)
        if not target.parent.is_dir():
            self._make(target.parent)
        try:
            with open(aside, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                os.unlink(aside)  # It may be what filled the disk.
            raise
        os.rename(aside, target)
        self._sync(target.parent)
        return str(target)

    def commit(self, manifest: Manifest) -> None:
        """Let this manifest count from now on."""
        plain = asdict(manifest)
        for parts in plain["parts"].values():
            for part in parts:
                part["path"] = self._name(part["path"])
        plain["open_path"] = self._name(manifest.open_path) if manifest.open_path else ""
        text = json.dumps({"format": FORMAT, "rules": RULES_VERSION} | plain, indent=1)
        self.write(MANIFEST, text.encode() + b"\n")

    def remove(self, paths: set[str]) -> None:
        """Take files away that no manifest names any more. One that is gone already is no trouble."""
        for path in paths:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def strays(self, manifest: Manifest) -> set[str]:
        """Files of ours that the manifest does not name: left by a crash."""
        if not self.path.is_dir():
            return set()
        found = {str(path) for path in self.path.glob(f"*/*{SUFFIX}")}
        return (found - manifest.files()) | {str(path) for path in self.path.glob(f"**/*{ASIDE}")}

    def _full(self, name: str) -> Path:
        return self.path / name

    def _name(self, path: str) -> str:
        """Relative where the file is ours, so that a folder can be moved."""
        return os.path.relpath(path, self.path) if Path(path).is_relative_to(self.path) else path

    def _make(self, path: Path) -> None:
        missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._sync(folder.parent)

    def _sync(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def part_name(table: str, first_seq: int, first_n: int, last_seq: int) -> str:
    """Where a part lies in the folder. One that begins in the midst of a command's rows says so."""
    within = f"-{first_n}" if first_n else ""
    return f"{table}/{first_seq:020d}-{last_seq:020d}{within}{SUFFIX}"


def open_name(seq: int) -> str:
    """Where the open orders after a command lie in the folder."""
    return f"open/{seq:020d}{SUFFIX}"
