"""The examples in the pages run, and print what the pages say they print.

The `python` blocks of a page are one program, run in a folder of its own. A `text` block right
behind one is what it prints, to the letter.
"""

import contextlib
import io

import pytest

from tests.docs.pages import ROOT, Block, blocks, pages


def programs() -> dict[str, list[Block]]:
    found = {str(path.relative_to(ROOT)): list(blocks(path)) for path in pages()}
    return {name: all_blocks for name, all_blocks in found.items() if any(b.language == "python" for b in all_blocks)}


def run(block: Block, names: dict[str, object]) -> str:
    """What the block prints. Its lines keep the page's numbers, so that a failure points there."""
    printed = io.StringIO()
    code = compile("\n" * (block.line - 1) + block.text, str(block.path), "exec")
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return printed.getvalue()


@pytest.mark.parametrize("page", programs())
def test_the_examples_print_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    everything = programs()[page]
    for block, behind in zip(everything, [*everything[1:], None], strict=True):
        if block.language == "python":
            printed = run(block, names)
            if behind is not None and behind.language == "text":
                assert printed == behind.text, block.where


def test_the_first_pages_have_examples():
    assert {"README.md", "docs/start.md"} <= programs().keys()
