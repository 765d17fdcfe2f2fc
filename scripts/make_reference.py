"""Write docs/reference from the source: what each row, code and bound is, in the words of its source.

Offsets and types are asked of NumPy, meanings are the comments beside the declarations, so the
pages cannot say anything else than the code. tests/docs fails when they are not current.

Usage: python -m scripts.make_reference [--check]
"""

import argparse
import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path

import numpy as np

from emporion.schema import codes, limits, margin_state, messages, state
from scripts.reference_cli import cli_page
from scripts.reference_http import http_page, stream_page
from scripts.reference_source import Source, page, sentence, table, text

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"


@dataclass(frozen=True)
class RowType:
    name: str
    about: str
    dtype: np.dtype
    meanings: dict[str, str]


def field_tuples(call: ast.Call) -> Iterator[tuple[str, int]]:
    """Name and last line of each ("name", type) argument of a call of `row`."""
    for argument in call.args:
        if isinstance(argument, ast.Tuple) and isinstance(argument.elts[0], ast.Constant):
            yield str(argument.elts[0].value), argument.end_lineno or argument.lineno


def row_types(source: Source) -> Iterator[RowType]:
    for name, node in source.assignments():
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "row":
            about = " ".join(filter(None, (source.beside(node.lineno), source.above(node.lineno))))
            meanings = {field: source.beside(line) for field, line in field_tuples(node.value)}
            yield RowType(name, about, getattr(source.module, name), meanings)


MESSAGES, CODES, LIMITS = Source(messages), Source(codes), Source(limits)
STATE, MARGIN_STATE = Source(state), Source(margin_state)
ROWS = {row.name: row for source in (MESSAGES, STATE, MARGIN_STATE) for row in row_types(source)}
SCALARS = {"i": "int", "u": "uint"}


def type_name(dtype: np.dtype) -> str:
    base, count = dtype.base, int(np.prod(dtype.shape))
    if base.names is None:
        name = f"{SCALARS[base.kind]}{8 * base.itemsize}"
    else:
        name = next(row.name for row in ROWS.values() if row.dtype == base)
        name = f"[{name}](#{name.lower()})"
    return f"{name} x {count}" if dtype.shape else name


def row_section(row: RowType) -> str:
    assert row.dtype.fields is not None
    cells: list[tuple[object, ...]] = []
    for name, field in row.dtype.fields.items():
        meaning = row.meanings.get(name, "") or ("Zero." if name.startswith("reserved") else "")
        cells.append((field[1], f"`{name}`", type_name(field[0]), text(meaning)))
    about = [sentence(text(row.about))] if row.about else []
    size = f"{row.dtype.itemsize} bytes."
    return "\n\n".join([f"## {row.name}", *about, size, table(("offset", "field", "type", "meaning"), cells)])


def commands_page() -> str:
    rows = [row for row in ROWS.values() if row.name.endswith("_COMMAND")]
    data = [ROWS[name] for name in ("ORDER_EXTRA", "ASSET_TERMS", "INSTRUMENT_TERMS", "INSTRUMENT_BOUNDS")]
    about = (
        "What is asked of the venue. A command is a head row and `data_rows` data rows after it, 64 bytes each, in\n"
        "little endian. Its kind ([Command](codes.md#command)) stands at offset 56 and says which family of rows it\n"
        "is; fields that families share stand at the same offsets. What each command does is in the\n"
        "[rules](../rules/README.md)."
    )
    families = [row_section(row) for row in (*rows, *data, ROWS["GENESIS_LIMITS"], ROWS["FRAME"])]
    return page("Rows of the journal", "schema/messages.py", about, families)


def events_page() -> str:
    about = (
        "What the venue answers, to one command any number of them, and what feeds and history are made of. Which\n"
        "fields an event fills, the [rules](../rules/README.md) say; those they do not mention are 0. Kinds are\n"
        "[Event](codes.md#event), reasons [Reject](codes.md#reject)."
    )
    return page("Events", "schema/messages.py", about, [row_section(ROWS["EVENT"])])


def state_page() -> str:
    build = next(node for node in STATE.tree.body if getattr(node, "name", "") == "state_dtype")
    call = next(node for node in ast.walk(build) if isinstance(node, ast.Call) and ast.unparse(node.func) == "row")
    meanings = {name: STATE.beside(line) for name, line in field_tuples(call)}
    dtype = state.state_dtype(limits.SMALL)
    assert dtype.fields is not None
    cells: list[tuple[object, ...]] = []
    for name, field in dtype.fields.items():
        sized = name in state.TABLE_NAMES + state.INDEX_NAMES
        kind = type_name(field[0].base) + " x capacity" if sized else type_name(field[0])
        meaning = meanings.get(name, "") or ("Zero." if name.startswith("reserved") else "")
        cells.append((f"`{name}`", kind, text(meaning)))
    about = " ".join((ast.get_docstring(STATE.tree) or "").split("\n\n", 1)[1].split())
    tables = {**vars(margin_state), **vars(state)}
    rows = [row for row in ROWS.values() if tables.get(row.name) is row.dtype and row.name != "STATE"]
    record = "\n\n".join(["## The record", "In this order.", table(("field", "type", "meaning"), cells)])
    return page("The state", "schema/state.py", about, [record, *(row_section(row) for row in rows)])


def enum_section(node: ast.ClassDef) -> str:
    enum = getattr(codes, node.name)
    cells: list[tuple[object, ...]] = []
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            name = item.targets[0].id
            if group := CODES.above(item.lineno):
                cells.append(("", "", f"*{text(group)}*"))
            cells.append((int(enum[name]), f"`{name}`", text(CODES.beside(item.lineno))))
    about = [text(" ".join(doc.split()))] if (doc := ast.get_docstring(node)) else []
    return "\n\n".join([f"## {node.name}", *about, table(("number", "name", "meaning"), cells)])


def codes_page() -> str:
    about = " ".join((ast.get_docstring(CODES.tree) or "").split("\n\n", 1)[1].split())
    enums = [node for node in CODES.tree.body if isinstance(node, ast.ClassDef)]
    assert all(issubclass(getattr(codes, node.name), IntEnum) for node in enums)
    return page("Codes", "schema/codes.py", about, [enum_section(node) for node in enums])


def limits_page() -> str:
    cells: list[tuple[object, ...]] = []
    for name, node in LIMITS.assignments():
        value = getattr(limits, name)
        if isinstance(value, int):
            meaning = text(" ".join(filter(None, (LIMITS.beside(node.lineno), LIMITS.above(node.lineno)))))
            cells.append((f"`{name}`", f"{value:,}", f"`{ast.unparse(node.value)}`", meaning))
    constants = "\n\n".join(["## Constants", table(("name", "value", "as written", "meaning"), cells)])
    builds = list(limits.CAPACITIES.values())
    sizes: list[tuple[object, ...]] = [
        (f"`{field.name}`", *(f"{getattr(build, field.name):,}" for build in builds))
        for field in fields(limits.Capacity)
        if field.name != "name"
    ]
    bytes_all = ("bytes of the record", *(f"{state.state_dtype(build).itemsize:,}" for build in builds))
    capacities = table(("table", *(build.name for build in builds)), [*sizes, bytes_all])
    intro = "Rows of each table in each size of build, row 0 (nobody) included. Memory is taken as rows are touched."
    about = " ".join((ast.get_docstring(LIMITS.tree) or "").split("\n\n", 1)[1].split())
    return page("Limits", "schema/limits.py", about, [constants, "## Capacities", intro, capacities])


def pages() -> dict[Path, str]:
    made = {
        "commands": commands_page(), "events": events_page(), "state": state_page(), "codes": codes_page(),
        "limits": limits_page(), "http": http_page(), "stream": stream_page(), "cli": cli_page(),
    }  # fmt: skip
    return {PAGES / f"{name}.md": content for name, content in made.items()}


def stale() -> list[Path]:
    """The pages that differ from what the schema says now."""
    return [p for p, content in pages().items() if not p.exists() or p.read_text(encoding="utf-8") != content]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a page is not current")
    check = parser.parse_args(arguments).check
    old = stale()
    for path in old:
        if check:
            print(f"{path.relative_to(ROOT)}: not current; run `make reference`", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if check and old else 0


if __name__ == "__main__":
    sys.exit(main())
