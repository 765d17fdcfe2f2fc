"""The pages of docs/reference say what the schema says now."""

from pathlib import Path

import pytest

from scripts import make_reference


def test_the_reference_is_current():
    old = [path.name for path in make_reference.stale()]
    assert not old, f"not current: {old}; run `make reference`"


def test_each_code_and_each_field_has_its_line():
    made = {path.stem: text for path, text in make_reference.pages().items()}
    assert "| 52 | `INSUFFICIENT_FUNDS` |" in made["codes"]
    assert "| 56 | `kind` | uint8 |" in made["commands"]
    assert "| 8 | `order_id` | int64 |" in made["events"]


@pytest.mark.parametrize("name", ["commands", "codes"])
def test_a_page_that_is_not_current_is_noticed(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_reference, "ROOT", tmp_path)
    monkeypatch.setattr(make_reference, "PAGES", tmp_path)
    assert make_reference.main([]) == 0
    assert make_reference.stale() == []
    path: Path = tmp_path / f"{name}.md"
    path.write_text(path.read_text().replace("ORDER", "ORDRE").replace("PLACE", "PALCE"))
    assert make_reference.stale() == [path]
    assert make_reference.main(["--check"]) == 1
    assert path.name in capsys.readouterr().err
