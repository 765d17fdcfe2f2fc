"""The worked examples of the rules: each `play` block of docs/rules is a script that must hold."""

import re

import pytest

from emporion.sim.script import play
from tests.docs.pages import ROOT, Block, blocks

RULES = sorted((ROOT / "docs" / "rules").glob("[a-z]*.md"))
EXAMPLES = [block for path in RULES for block in blocks(path) if block.language == "play"]


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.where)
def test_the_example_holds(block: Block):
    play(block.text)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_each_page_of_rules_has_an_example(path):
    assert any(block.path == path for block in EXAMPLES)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_are_numbered_in_order(path):
    """Code and tests point at these numbers, so none is given twice or left out."""
    rules = re.findall(r"^\*\*([A-Z])-(\d+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [int(number) for _, number in rules] == list(range(1, len(rules) + 1))
    assert len({letter for letter, _ in rules}) == 1
