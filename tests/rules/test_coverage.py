"""The scripts leave nothing out: every reason, every event and every numbered rule is in one of them."""

import ast
import re
from pathlib import Path

from emporion.schema.codes import Event, Reject

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "docs" / "rules"
SOURCES = [path.read_text() for path in sorted(HERE.glob("test_*.py")) if path != Path(__file__)]


def test_every_reason_is_expected_somewhere():
    words = {word for source in SOURCES for word in re.findall(r"\b[A-Z][A-Z_]+\b", source)}
    assert {reason.name for reason in Reject} - {"NONE"} - words == set()


def test_every_event_is_expected_somewhere():
    words = {word for source in SOURCES for word in re.findall(r"\b[a-z_]+\b", source)}
    words |= {word.lower() for source in SOURCES for word in re.findall(r"Event\.(\w+)", source)}
    assert {event.name.lower() for event in Event} - words == set()


def test_every_numbered_rule_is_named_by_a_test():
    stated = {rule for page in RULES.glob("*.md") for rule in re.findall(r"^\*\*([A-Z]-\d+)", page.read_text(), re.M)}
    named = {
        rule
        for source in SOURCES
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for rule in re.findall(r"\b[A-Z]-\d+", ast.get_docstring(node) or "")
    }
    assert stated and stated - named == set()
    assert named - stated == set()
