"""The command line's manners: one line of trouble, on stderr, and exit codes that mean something."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from emporion import __version__
from emporion.cli import main as cli
from emporion.errors import BadValue, JournalCorrupt


def emporion(*words):
    return subprocess.run([sys.executable, "-m", "emporion.cli.main", *words], capture_output=True, text=True)


def test_help_names_every_command_and_imports_none():
    code = (
        "import sys\nfrom emporion.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert 'numpy' not in sys.modules and 'numba' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name, (_, text) in cli.COMMANDS.items():
        assert name in done.stdout and text in done.stdout


def test_the_package_is_a_program():
    """Where the script is not on the path."""
    done = subprocess.run([sys.executable, "-m", "emporion", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[0]) == (0, "emporion"), done.stderr


def test_version_and_usage():
    assert emporion("--version").stdout == f"emporion {__version__}\n"
    wrong = emporion("frobnicate")
    assert wrong.returncode == 2 and "invalid choice: 'frobnicate'" in wrong.stderr and not wrong.stdout
    assert emporion().returncode == 0


@pytest.mark.parametrize("name", ["inspect", "verify", "replay", "sim", "bubble"])
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0 and f"usage: emporion {name}" in capsys.readouterr().out


class Failing:
    """A command whose run raises."""

    def __init__(self, error):
        self.error = error

    def add_parser(self, subparsers):
        subparsers.add_parser("inspect")

    def run(self, args):
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (BadValue("no such thing"), 1, "emporion: no such thing\n"),
        (JournalCorrupt("j", 64, "c"), 3, "emporion: j: byte 64: c; restore this file from a replica or a backup\n"),
        (FileNotFoundError(2, "No such file or directory", "x"), 1, "emporion: x: No such file or directory\n"),
        (KeyboardInterrupt(), 130, "emporion: interrupted\n"),
    ],
)
def test_trouble_is_one_line(error, code, line, capsys, monkeypatch):
    monkeypatch.setattr(cli, "_module", lambda name: Failing(error))
    assert cli.main(["inspect"]) == code
    assert capsys.readouterr().err == line


def test_a_bug_is_not_hidden(monkeypatch):
    monkeypatch.setattr(cli, "_module", lambda name: Failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["inspect"])


def test_a_command_that_is_not_there(capsys, monkeypatch):
    monkeypatch.setitem(cli.COMMANDS, "inspect", ("emporion.cli.nowhere", ""))
    assert cli.main(["inspect"]) == 1
    assert capsys.readouterr().err == "emporion: the command 'inspect' is not part of this installation\n"


def test_a_package_that_is_not_there(capsys, monkeypatch, tmp_path):
    (tmp_path / "needy.py").write_text("import surely_not_installed\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(cli.COMMANDS, "inspect", ("needy", ""))
    assert cli.main(["inspect"]) == 1
    assert "needs the package 'surely_not_installed'; pip install" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough(folder):
    shell = f"{sys.executable} -m emporion.cli.main inspect journal {folder} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("\n") == 1 and done.stderr == ""


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
