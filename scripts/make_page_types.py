"""Write web/src/wire/types.ts: the shapes of wire/ as TypeScript, so that the page and the server cannot drift apart.

Usage: python -m scripts.make_page_types [--check]
"""

import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from emporion.wire import accounts, contracts, gauges, identity, margin, market, operator, problem, stream, trading

TARGET = Path(__file__).resolve().parent.parent / "web" / "src" / "wire" / "types.ts"
HEAD = "// Written by scripts/make_page_types.py from src/emporion/wire; do not edit.\n"
PLAIN = ("string", "number", "boolean", "null")  # Called the same in both.
# Names that two modules use for different things: those of the stream go by another.
STREAM_NAMES = {"Trades", "Tickers", "Candles", "Top", "Depth", "Orders", "Fills", "Balances", "Error"}


def render() -> str:
    """The text of types.ts."""
    modules = (problem, market, contracts, gauges, trading, margin, accounts, identity, operator)
    rest = [struct for module in modules for struct in structs(module)]
    parts = [HEAD, *definitions(rest, {})]
    said = [struct for struct in structs(stream) if struct.__name__ != "Subscription"]
    named = {struct.__name__: f"{struct.__name__}Message" for struct in said if struct.__name__ in STREAM_NAMES}
    parts += definitions([stream.Subscription, *said], named, known={struct.__name__ for struct in rest})
    for union, members in (("Request", stream.Request), ("Message", stream.Message)):
        names = [named.get(member.__name__, member.__name__) for member in members.__args__]
        parts.append(f"export type {union} =\n  | " + "\n  | ".join(names) + ";\n")
    return "\n".join(parts)


def structs(module: Any) -> list[type[msgspec.Struct]]:
    """The structs that a module declares itself, in order."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__
    ]


def definitions(
    types: list[type[msgspec.Struct]], renamed: dict[str, str], known: set[str] = frozenset()  # type: ignore[assignment]
) -> list[str]:
    """One interface a struct. `known` are names already defined elsewhere."""
    texts = []
    for struct in types:
        if struct.__name__ in known and struct.__name__ not in renamed:
            raise ValueError(f"{struct.__name__} is declared twice; add it to STREAM_NAMES")
        _, components = msgspec.json.schema_components([struct], ref_template="#{name}")
        schema = next(value for name, value in components.items() if value.get("title") == struct.__name__)
        required = set(schema.get("required", ()))
        answered = not struct.__struct_config__.forbid_unknown_fields  # The server writes every field of an answer.
        lines = [
            f"  {name}{'' if name in required or answered and not omits(struct) else '?'}: {typescript(value)};"
            for name, value in schema["properties"].items()
        ]
        name = renamed.get(struct.__name__, struct.__name__)
        texts.append(f"export interface {name} {{\n" + "\n".join(lines) + "\n}\n")
    return texts


def omits(struct: type[msgspec.Struct]) -> bool:
    return bool(struct.__struct_config__.omit_defaults)


def typescript(schema: dict[str, Any]) -> str:
    """The type of one field of a JSON schema."""
    if "$ref" in schema:
        return re.sub(r"^#(?:emporion_wire_\w+?_)?", "", schema["$ref"])
    if "enum" in schema:
        return " | ".join(repr(value).replace("'", '"') for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(typescript(one) for one in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        return "[" + ", ".join(typescript(one) for one in schema["prefixItems"]) + "]"
    if kind == "array":
        item = typescript(schema["items"])
        return f"({item})[]" if " | " in item else f"{item}[]"
    return {"integer": "number"}.get(str(kind)) or {name: name for name in PLAIN}[str(kind)]


def main() -> int:
    text = render()
    if "--check" in sys.argv:
        return int(text != TARGET.read_text())
    TARGET.write_text(text)
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
