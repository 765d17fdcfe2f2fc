"""The C++ reference: compiled on the spot, kept in the user's cache, run as a program of its own."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emporion.bench.mixes import Mix, options
from emporion.errors import EmporionError
from emporion.schema.messages import COMMAND

SOURCES = ("reference.cpp", "draw.hpp", "engine.hpp", "client_ids.hpp", "rows.hpp")
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fwrapv")


class ReferenceFailed(EmporionError):
    """The C++ reference could not be compiled, or stopped."""


@dataclass(frozen=True)
class Drawn:
    """The rows of a mix: first those that build the books up, then those that are measured."""

    path: Path
    prefill: int
    resting: int
    levels: int

    def rows(self) -> np.ndarray:
        return np.fromfile(self.path, COMMAND)


@dataclass(frozen=True)
class Sums:
    """What two engines must agree on. Sums of hashes: see `kernel.sums`."""

    fills: int
    events: int
    trades_sum: int
    events_sum: int
    balances_sum: int


def find_compiler() -> str | None:
    """The C++ compiler named by CXX, else g++, else clang++; None where there is none."""
    for name in (os.environ.get("CXX"), "g++", "clang++"):
        if name and (found := shutil.which(name)):
            return found
    return None


def compiler_name(compiler: str) -> str:
    return subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


class Reference:
    """The compiled program. `build` it once, then `draw` mixes and `run` them."""

    def __init__(self, program: Path) -> None:
        self.program = program

    @staticmethod
    def build() -> "Reference":
        """Compiles, unless the same source was compiled here before. Raises ReferenceFailed."""
        compiler = find_compiler()
        if compiler is None:
            raise ReferenceFailed("no C++ compiler found: install g++, or name one in CXX")
        here = Path(__file__).parent
        digest = hashlib.blake2b(" ".join([compiler_name(compiler), *FLAGS, processor()]).encode(), digest_size=12)
        for name in SOURCES:
            digest.update((here / name).read_bytes())
        folder = cache_root() / f"reference-{digest.hexdigest()}"
        program = folder / "reference"
        if not program.exists():
            folder.mkdir(parents=True, exist_ok=True)
            aside = folder / f"reference.{os.getpid()}"
            command = [compiler, *FLAGS, "-o", str(aside), str(here / "reference.cpp")]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise ReferenceFailed(f"{' '.join(command)}:\n{done.stderr}")
            aside.rename(program)  # Whole or not at all, should two benches build at once.
        return Reference(program)

    def draw(self, mix: Mix, path: Path) -> Drawn:
        """Draws the commands of a mix into a file of rows."""
        figures = self._call("generate", *options(mix), f"out={path}")
        return Drawn(path, figures["prefill"], figures["resting"], figures["levels"])

    def run(self, mix: Mix, drawn: Drawn, runs: int = 1, ahead: bool = False) -> list[float]:
        """Seconds of each of `runs` runs over the measured commands, from fresh state each."""
        return self._call("run", *self._inputs(mix, drawn), f"runs={runs}", f"ahead={int(ahead)}", "check=0")["seconds"]

    def check(self, mix: Mix, drawn: Drawn, ahead: bool = False, events: Path | None = None) -> Sums:
        """One run, not timed, summed up; its events also go to a file when `events` names one."""
        more = [f"events={events}"] if events else []
        told = self._call("run", *self._inputs(mix, drawn), "runs=1", f"ahead={int(ahead)}", "check=1", *more)
        sums = (int(told[name], 16) for name in ("trades_sum", "events_sum", "balances_sum"))
        return Sums(told["fills"], told["events"], *sums)

    def _inputs(self, mix: Mix, drawn: Drawn) -> list[str]:
        return [*options(mix), f"in={drawn.path}", f"prefill={drawn.prefill}"]

    def _call(self, *arguments: str) -> dict:
        done = subprocess.run([str(self.program), *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise ReferenceFailed(f"{self.program.name} {arguments[0]}: exit {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)


def cache_root() -> Path:
    """EMPORION_CACHE, else the user's cache folder: the same as the compiled kernel's."""
    root = os.environ.get("EMPORION_CACHE")
    if root is None:
        root = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "emporion")
    return Path(root)


def processor() -> str:
    """The processor's name and features, for which -march=native compiles."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    wanted = ("model name", "flags")
    return "\n".join(next((line for line in lines if line.startswith(name)), "") for name in wanted)
