"""docs/reference/vega-criteria.md: each criterion once, and the tests that it names are there and name it."""

import ast
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "vega-criteria.md"
SPECS = Path(os.environ.get("EMPORION_DATA") or ROOT.parent / "shared" / "data") / "margin" / "vega_specs"
FAMILIES = ("0002-STTL", "0003-MTMK", "0009-MRKP", "0012-NP-LIPE", "0012-POSR", "0026-AUCT", "0053-PERP")


def rows() -> list[tuple[set[str], set[str]]]:
    """Codes and tests of each line of the tables."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| (\d{4}-[A-Z-]+)-(.*?) \|(.*)", line):
            tests = set(re.findall(r"`(test_\w+)`", match[3]))
            found.append((numbers(match[1], match[2]), tests))
    return found


def numbers(family: str, text: str) -> set[str]:
    """Codes behind "001 to 003, 024": all between, also where the specification left some out."""
    codes = set()
    for part in text.split(", "):
        first, _, last = part.partition(" to ")
        codes |= {f"{family}-{number:03}" for number in range(int(first), int(last or first) + 1)}
    return codes


def functions() -> dict[str, str]:
    """Tests of the rules by name, with what they say they hold us to."""
    found = {}
    for path in (ROOT / "tests" / "rules").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[node.name] = ast.get_docstring(node) or ""
    return found


def test_each_criterion_has_one_line():
    counted = Counter(code for codes, _ in rows() for code in codes)
    assert len(rows()) > 50
    assert [code for code, count in counted.items() if count > 1] == []


def test_the_tests_it_names_are_there():
    known = functions()
    assert [name for _, tests in rows() for name in tests if name not in known] == []


def test_criteria_that_tests_name_stand_beside_them():
    for name, about in functions().items():
        mentioned = set(re.findall(r"\d{4}-[A-Z]+(?:-[A-Z]+)?-\d{3}", about))
        for code in mentioned:
            assert any(code in codes and name in tests for codes, tests in rows()), f"{code} is not beside {name}"


@pytest.mark.skipif(not SPECS.exists(), reason=f"the specifications are not there: {SPECS}")
def test_no_criterion_of_these_families_is_left_out():
    published = set()
    for path in SPECS.glob("*.md"):
        published |= set(re.findall(r'name="(\d{4}-[A-Z-]+-\d{3}) *"', path.read_text(encoding="utf-8")))
    relevant = {code for code in published if code.rpartition("-")[0] in FAMILIES}
    assert len(relevant) > 200
    assert relevant - {code for codes, _ in rows() for code in codes} == set()
