"""What counts the tests is tested: a run that breaks must never look like one that passed."""

from pathlib import Path

import pytest

from scripts import run_tests
from scripts.run_tests import Counts, Mode, Step

REPORT = """<?xml version="1.0"?><testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10">
</testsuite></testsuites>"""
TESTS = "def test_good(): pass\nimport pytest\n@pytest.mark.skip\ndef test_later(): pass\n"
BAD = "def test_bad(): assert False\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty project in which run_tests runs, with pytest free of this project's settings."""
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    monkeypatch.setattr(run_tests, "REPORTS", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    return tmp_path


def pytest_mode(*tests: str) -> Mode:
    return Mode((run_tests.pytest(*tests),), seconds_max=60)


def test_a_report_is_summed(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    assert run_tests.read_report(path) == Counts(passed=4, failed=3, skipped=3)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (TESTS, Counts(1, 0, 1)),
        (TESTS + BAD, Counts(1, 1, 1)),
        ("import nothing_of_the_sort\n", Counts(0, 1, 0)),  # Cannot be collected.
        ("", Counts(0, 1, 0)),  # Nothing was run: that is no success.
        (TESTS + "def test_end():\n    import os\n    os._exit(0)\n", Counts(0, 1, 0)),  # No report was written.
    ],
    ids=["good", "bad", "uncollected", "empty", "dead"],
)
def test_a_mode_counts(folder, monkeypatch, source, expected):
    (folder / "test_it.py").write_text(source)
    monkeypatch.setitem(run_tests.MODES, "compiled", pytest_mode("test_it.py"))
    assert run_tests.run_mode("compiled") == expected


def test_all_modes_run_and_the_last_line_sums_them(folder, monkeypatch, capsys):
    (folder / "test_it.py").write_text(TESTS)
    (folder / "test_bad.py").write_text(TESTS + BAD)
    monkeypatch.setitem(run_tests.MODES, "check", Mode((Step(("-c", "raise SystemExit(1)")),), seconds_max=60))
    monkeypatch.setitem(run_tests.MODES, "compiled", pytest_mode("test_bad.py"))
    monkeypatch.setitem(run_tests.MODES, "pure", pytest_mode("test_it.py"))
    assert run_tests.main(["check", "compiled", "pure"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" in ")[0] for line in lines[-4:-1]] == [
        "check:     0 passed, 1 failed, 0 skipped",
        "compiled:  1 passed, 1 failed, 1 skipped",
        "pure:      1 passed, 0 failed, 1 skipped",
    ]
    assert lines[-1] == "2 passed, 2 failed, 2 skipped"


def test_what_takes_too_long_is_stopped_and_fails(folder, monkeypatch):
    monkeypatch.setitem(run_tests.MODES, "sim", Mode((Step(("-c", "import time; time.sleep(60)")),), seconds_max=1))
    assert run_tests.run_mode("sim") == Counts(0, 1, 0)


def test_nothing_else_is_run_when_the_kernel_does_not_compile(folder, monkeypatch):
    broken = Step(("-c", "raise SystemExit(1)"))
    monkeypatch.setattr(run_tests, "COMPILE", broken)
    monkeypatch.setitem(run_tests.MODES, "bounds", Mode((broken, run_tests.pytest("test_it.py")), seconds_max=60))
    (folder / "test_it.py").write_text(TESTS)
    assert run_tests.run_mode("bounds") == Counts(0, 1, 0)


def test_each_mode_names_folders_of_this_project():
    named = {folder for mode in run_tests.MODES.values() for step in mode.steps for folder in step.tests}
    missing = {folder for folder in named if not (run_tests.ROOT / folder).exists()}
    assert not missing
