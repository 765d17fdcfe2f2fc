"""Reading the project's Markdown: its pages, their fenced blocks and their links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Block:
    """One fenced block. `line` is that of its first line of text."""

    path: Path
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(path: Path) -> Iterator[Block]:
    lines = path.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        if fence := re.fullmatch(r"(`{3,})(\w*)\s*", lines[at]):
            end = at + 1
            while end < len(lines) and lines[end] != fence[1]:
                end += 1
            assert end < len(lines), f"{path.relative_to(ROOT)}:{at + 1}: this block is never closed"
            yield Block(path, at + 2, fence[2], "\n".join(lines[at + 1 : end]) + "\n")
            at = end
        at += 1


def prose(path: Path) -> str:
    """The page without its fenced blocks and inline code, line numbers kept."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^(`{3,}).*?^\1", lambda m: "\n" * m[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def links(path: Path) -> Iterator[tuple[int, str]]:
    """Line and target of each link and image that stays within the project."""
    for number, line in enumerate(prose(path).splitlines(), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if not re.match(r"[a-z]+:", target):
                yield number, target


def anchors(path: Path) -> set[str]:
    """What `#name` may point at: the headings, spelled as Markdown viewers do."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}
