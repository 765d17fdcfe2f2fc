"""Run the suite in one or more modes, all of them even when one fails, and sum what they counted.

Usage: python scripts/run_tests.py check compiled pure bounds

The last line printed is `N passed, N failed, N skipped` over all modes; a step of `check` counts
as one test, and so does a mode that ended badly without naming a failed test (it crashed, took
too long, or covered too little).
"""

import argparse
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"
COVERAGE_FLOOR_PERCENT = 90  # Lines and branches of kernel/ together, as the uncompiled tests see them.


class Counts(NamedTuple):
    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True)
class Step:
    """One process. With `tests` it is pytest and counts what it ran, else it counts as one test."""

    arguments: tuple[str, ...]
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mode:
    steps: tuple[Step, ...]
    seconds_max: int
    environment: dict[str, str] = field(default_factory=dict)


def pytest(*tests: str, options: tuple[str, ...] = ()) -> Step:
    return Step(("-m", "pytest", "-q", *options), tests)


# One process compiles the kernel into the cache before several would do so at once.
COMPILE = Step(("scripts/compile_kernel.py",))
WORLDS = Step(("-m", "emporion.cli.main", "sim", "--worlds", "200", "--steps", "200"))
PARALLEL = ("--numprocesses=auto", "--maxprocesses=4")
COVERAGE = ("--cov", "--cov-report=term", f"--cov-fail-under={COVERAGE_FLOOR_PERCENT}")
MODES = {
    "check": Mode((Step(("-m", "ruff", "check", ".")), Step(("-m", "mypy",))), seconds_max=600),
    "compiled": Mode((COMPILE, pytest("tests", options=PARALLEL)), seconds_max=1_800),
    "pure": Mode(
        (pytest("tests/rules", "tests/props", "tests/docs/test_rules.py", options=(*PARALLEL, *COVERAGE)),),
        seconds_max=1_500,
        environment={"NUMBA_DISABLE_JIT": "1"},
    ),
    "bounds": Mode(
        (COMPILE, pytest("tests/rules", "tests/props", options=PARALLEL)),
        seconds_max=1_200,
        environment={"NUMBA_BOUNDSCHECK": "1"},
    ),
    "fuzz": Mode(
        (COMPILE, pytest("tests/contract", options=PARALLEL)),
        seconds_max=7_200,
        environment={"EMPORION_FUZZ_EXAMPLES": "150"},
    ),
    "sim": Mode((COMPILE, pytest("tests/props", "tests/sim", options=PARALLEL), WORLDS), seconds_max=3_600),
}


def read_report(path: Path) -> Counts:
    """What pytest counted, from the JUnit XML it wrote."""
    suites = ElementTree.parse(path).getroot().iter("testsuite")
    tests = failed = skipped = 0
    for suite in suites:
        tests += int(suite.get("tests", "0"))
        failed += int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
        skipped += int(suite.get("skipped", "0"))
    return Counts(max(tests - failed - skipped, 0), failed, skipped)


def run_process(command: list[str], environment: dict[str, str], seconds: float) -> bool:
    """Whether the command ended well in time. Too late, it is stopped with all it started."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        return process.wait(max(seconds, 1)) == 0
    except subprocess.TimeoutExpired:
        print(f"took longer than {seconds:.0f} s and was stopped: {' '.join(command)}", flush=True)
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run_step(name: str, step: Step, environment: dict[str, str], seconds: float) -> Counts:
    command = [sys.executable, *step.arguments]
    if not step.tests:
        return Counts(1, 0, 0) if run_process(command, environment, seconds) else Counts(0, 1, 0)
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    good = run_process([*command, f"--junit-xml={report}", *step.tests], environment, seconds)
    if not report.exists():
        return Counts(0, 1, 0)  # Whatever the exit code says: nobody knows what was run.
    counts = read_report(report)
    if not good and counts.failed == 0:
        return Counts(counts.passed, 1, counts.skipped)
    return counts


def run_mode(name: str) -> Counts:
    mode, total = MODES[name], Counts(0, 0, 0)
    deadline = time.monotonic() + mode.seconds_max
    environment = {**mode.environment, "EMPORION_TESTS": name}
    for step in mode.steps:
        counts = run_step(name, step, environment, deadline - time.monotonic())
        total = Counts(*(a + b for a, b in zip(total, counts, strict=True)))
        if step is COMPILE and counts.failed:
            break  # Nothing behind it can pass.
    return total


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modes", nargs="+", choices=tuple(MODES))
    REPORTS.mkdir(parents=True, exist_ok=True)
    lines, total = [], Counts(0, 0, 0)
    for name in parser.parse_args(arguments).modes:
        print(f"\n=== {name} ===", flush=True)
        begun = time.monotonic()
        counts = run_mode(name)
        total = Counts(*(a + b for a, b in zip(total, counts, strict=True)))
        lines.append(f"{name + ':':<10} {counts} in {time.monotonic() - begun:.0f} s")
    print("\n=== summary ===", *lines, total, sep="\n", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # So that `finally` ends what was begun.
    sys.exit(main())
