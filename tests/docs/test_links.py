"""Every link within the project leads somewhere."""

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    broken = []
    for line, target in links(path):
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            broken.append(f"{path.relative_to(ROOT)}:{line}: {target}")
    assert not broken, "\n".join(broken)


def test_a_broken_link_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    fenced = "```text\n[three](no.md)\n```\n`[four](no.md)`\n"
    page.write_text("# A head, here\n\n[one](#a-head-here) [two](else.md#x)\n" + fenced)
    assert anchors(page) == {"a-head-here"}
    assert list(links(page)) == [(3, "#a-head-here"), (3, "else.md#x")]
