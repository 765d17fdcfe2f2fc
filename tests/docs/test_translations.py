"""The README in other languages shows what the English one shows: the same sections, the same code."""

import pytest

from tests.docs.pages import ROOT, blocks

ENGLISH = ROOT / "README.md"
OTHERS = sorted(ROOT.glob("README.*.md"))


def headings(path) -> int:
    outside, inside = 0, False
    for line in path.read_text(encoding="utf-8").splitlines():
        inside ^= line.startswith("```")
        outside += line.startswith("#") and not inside
    return outside


def test_there_are_two():
    assert [path.name for path in OTHERS] == ["README.zh-Hans.md", "README.zh-Hant.md"]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_it_shows_the_same(path):
    assert [block.text for block in blocks(path)] == [block.text for block in blocks(ENGLISH)]
    assert headings(path) == headings(ENGLISH)
    assert all(other.name in path.read_text(encoding="utf-8") for other in (ENGLISH, *OTHERS) if other != path)
