"""How analysis is compiled: kept on disk, under a name that changes with the source, and not in silence."""

import importlib.util
import subprocess
import sys

import pytest

from emporion.bubble import jit

SOURCE = """
from emporion.bubble.jit import entry

@entry()
def doubled(value):
    return value * 2.0
"""


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Imports a module with one compiled function, as a new process would."""
    monkeypatch.setattr(jit, "cache_folder", lambda module: tmp_path / "cache")
    monkeypatch.setattr(jit, "SAID_AFTER_S", 0.0)
    path = tmp_path / "some_analysis.py"
    path.write_text(SOURCE)

    def made():
        spec = importlib.util.spec_from_file_location("some_analysis", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.doubled

    return made


@pytest.mark.skipif(not jit.COMPILED, reason="uncompiled there is nothing to say")
def test_compiling_is_said_once_and_kept(make, capsys):
    assert make()(1.5) == 3.0
    said = capsys.readouterr()
    assert "emporion: compiled some_analysis.doubled in " in said.err and said.out == ""
    assert make()(2.5) == 5.0
    assert capsys.readouterr().err == "", "read from disk"


def test_the_name_changes_with_any_source_that_can_reach_it(tmp_path, monkeypatch):
    for name, text in (
        ("a", "from emporion.bubble.b import x\nfrom emporion.errors import BadValue"),
        ("b", "def x():\n    from emporion.bubble.c import y"),
        ("c", "y = 1"),
        ("d", "from emporion.bubble.a import z"),
    ):
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    jit.source_hash.cache_clear()
    before = {name: jit.source_hash(name) for name in "abcd"}
    (tmp_path / "c.py").write_text("y = 2")
    jit.source_hash.cache_clear()
    after = {name: jit.source_hash(name) for name in "abcd"}
    assert all(before[name] != after[name] for name in "abcd")
    (tmp_path / "d.py").write_text("")
    jit.source_hash.cache_clear()
    assert {name: jit.source_hash(name) for name in "abc"} == {name: after[name] for name in "abc"}
    jit.source_hash.cache_clear()


def test_the_library_stands_alone_and_is_loaded_when_asked_for():
    """`import emporion` is for venues and does not pay for analysis; analysis does not pay for a venue."""
    script = (
        "import sys, emporion\n"
        "assert not any(name.startswith('emporion.bubble') for name in sys.modules), 'loaded unasked'\n"
        "from emporion.bubble import bootstrap, files, follow, montecarlo, panel, stamps, tables\n"
        "others = ('emporion.kernel', 'emporion.venue', 'pandas', 'matplotlib')\n"
        "print([name for name in sys.modules if name.startswith(others)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
