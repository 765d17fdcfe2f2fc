"""What the writers of reference pages share: source with its comments, and Markdown."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

NOTE = "<!-- Written by scripts/make_reference.py from {source}; `make reference` writes it again. -->"


class Source:
    """A module's declarations and the comments that stand beside and above them."""

    def __init__(self, module: ModuleType) -> None:
        assert module.__file__ is not None
        text = Path(module.__file__).read_text(encoding="utf-8")
        self.module, self.tree, self.lines = module, ast.parse(text), text.splitlines()
        self.comments = {
            token.start[0]: token.string.lstrip("# ").strip(" -")
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        }

    def beside(self, line: int) -> str:
        comment = self.comments.get(line, "")
        return "" if comment.startswith("fmt:") else comment

    def above(self, line: int) -> str:
        """The comment lines that touch this line from above; headings between rules are none."""
        found: list[str] = []
        while (line := line - 1) in self.comments and self.lines[line - 1].lstrip().startswith("#"):
            if "---" not in self.lines[line - 1]:
                found.insert(0, self.comments[line])
        return " ".join(found)

    def assignments(self) -> Iterator[tuple[str, ast.Assign]]:
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id, node


def text(comment: str) -> str:
    return comment.replace("|", "\\|").replace("<", "&lt;")


def table(heads: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def sentence(comment: str) -> str:
    return comment if not comment or comment[-1] in ".:?" else comment + "."


def page(title: str, source: str, about: str, sections: list[str]) -> str:
    return "\n\n".join([f"# {title}", NOTE.format(source=source), about, *sections]) + "\n"
