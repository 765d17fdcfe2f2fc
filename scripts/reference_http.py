"""The reference page of the HTTP door, from gateway/messages.py and the routes of gateway/rest.py."""

import ast
import re
from pathlib import Path

from emporion.gateway import messages, rest
from scripts.reference_source import Source, page, table, text

ABOUT = """\
What `emporion serve` answers: a read-only view of one venue. Commands come in through the
[Python API](../start.md); the door holds no rules. Prices, quantities and times are text, so that no reader rounds
them; sequence numbers are below 2^53. Errors are problem details (RFC 9457) that say what to do."""
ANSWERS = {  # Route: what is answered, and its words.
    "/healthz": ("[Health](#health)", "Ready to answer, and how far the venue is."),
    "/v1/instruments": ("list of [Instrument](#instrument)", "Everything listed."),
    "/v1/listings": ("list of [Listing](#listing)", "How everything listed trades now."),
    "/v1/book/{name}": ("[Book](#book)", "The best levels of one instrument; the name may hold a slash."),
    "/v1/trades/{name}": ("list of [Trade](#trade)", "The latest trades of one instrument, oldest first."),
    "/v1/stream": ("WebSocket", "[Hello](#hello), then what changes; [Watch](#watch) shows one instrument in full."),
}


def routes() -> set[str]:
    """The paths that the gateway's source names."""
    folder = Path(rest.__file__ or "").parent
    found = set()
    for name in ("rest.py", "stream.py"):
        found |= set(re.findall(r'web\.(?:get|post)\("([^"]+)"', (folder / name).read_text(encoding="utf-8")))
    return {re.sub(r"\{(\w+):[^}]*\}", r"{\1}", path) for path in found}


def struct_section(source: Source, node: ast.ClassDef) -> str:
    cells: list[tuple[object, ...]] = []
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            kind = ast.unparse(item.annotation).replace("|", "or")
            cells.append((f"`{item.target.id}`", f"`{kind}`", text(source.beside(item.lineno))))
    tag = [
        f"`{field}` is `{value}`."
        for keywords in [{keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}]
        if (value := keywords.get("tag")) and (field := keywords.get("tag_field"))
    ]
    about = [text(" ".join((ast.get_docstring(node) or "").split()))]
    return "\n\n".join([f"## {node.name}", *filter(None, about), *tag, table(("field", "type", "meaning"), cells)])


def http_page() -> str:
    assert routes() == set(ANSWERS), f"say what these answer: {sorted(routes() ^ set(ANSWERS))}"
    source = Source(messages)
    structs = [node for node in source.tree.body if isinstance(node, ast.ClassDef)]
    cells: list[tuple[object, ...]] = [(f"`GET {path}`", *answer) for path, answer in ANSWERS.items()]
    requests = "\n\n".join(["## Requests", table(("request", "answer", "what it is"), cells)])
    sections = [requests, *(struct_section(source, node) for node in structs)]
    return page("HTTP and WebSocket", "gateway/messages.py", ABOUT, sections)
