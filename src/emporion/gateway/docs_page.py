"""The API as one page: the OpenAPI document, rendered here, without a script and without anything from elsewhere."""

from html import escape
from typing import Any

STYLE = b"""
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre, h3 { font-family: ui-monospace, monospace; }
code { font-size: 0.92em; } h2 { border-bottom: 1px solid var(--line); margin-top: 3rem; }
h3 { font-size: 1rem; margin: 2rem 0 0.3rem; overflow-wrap: anywhere; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; } td, th { text-align: left; vertical-align: top;
padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--soft); } .scope { background: var(--soft);
border-radius: 0.3rem; padding: 0 0.4rem; } nav a { margin-right: 1rem; } p.about { white-space: pre-line; }
"""


def page(document: dict[str, Any]) -> bytes:
    """HTML of the whole document. `STYLE` is its style sheet, at /docs.css."""
    tags = document["tags"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>emporion API</title><link rel="stylesheet" href="/docs.css"></head><body>',
        f"<h1>emporion API {escape(document['info']['version'])}</h1>",
        f'<p class="about">{escape(document["info"]["description"])}</p>',
        '<nav><a href="/openapi.json">openapi.json</a>',
        *(f'<a href="#{tag["name"]}">{tag["name"]}</a>' for tag in tags),
        '<a href="#shapes">shapes</a></nav>',
    ]
    for tag in tags:
        parts.append(f'<h2 id="{tag["name"]}">{tag["name"].capitalize()}</h2><p>{escape(tag["description"])}</p>')
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation["tags"]:
                    parts.append(_operation(method, path, operation))
    parts.append('<h2 id="shapes">Shapes</h2>')
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(_shape(name, schema))
    parts.append("</body></html>")
    return "\n".join(parts).encode()


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    scope = operation.get("x-scope")
    badge = f' <span class="scope">{scope}</span>' if scope else ""
    parts = [
        f'<h3 id="{operation["operationId"]}"><span class="method">{method.upper()}</span> {escape(path)}{badge}</h3>',
        f"<p>{escape(operation['summary'])} {escape(operation.get('description', ''))}</p>",
    ]
    rows = [
        (
            f"<code>{escape(each['name'])}</code>",
            each["in"] + (", required" if each["required"] else ""),
            type_text(each["schema"]),
        )
        for each in operation["parameters"]
    ]
    if "requestBody" in operation:
        rows.append(("body", "required", type_text(operation["requestBody"]["content"]["application/json"]["schema"])))
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        shapes = ", ".join(dict.fromkeys(type_text(each["schema"]) for each in content.values()))
        rows.append((status, escape(response["description"]), shapes))
    parts.append("<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows))
    parts.append("</table>")
    return "".join(parts)


def _shape(name: str, schema: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(field)}</code></td><td>{type_text(of)}</td>"
        f"<td>{'required' if field in schema.get('required', ()) else ''}</td></tr>"
        for field, of in schema.get("properties", {}).items()
    ]
    about = escape(schema.get("description", ""))
    return f'<h3 id="shape-{escape(name)}">{escape(name)}</h3><p>{about}</p><table>{"".join(rows)}</table>'


def type_text(schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to named shapes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#shape-{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(type_text(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return "[" + ", ".join(type_text(each) for each in schema["prefixItems"]) + "]"
        return f"list of {type_text(schema.get('items', {}))}"
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    return escape(" ".join([str(schema.get("type", "any")), *([f"({', '.join(bounds)})"] if bounds else [])]))


_BOUNDS = {"minimum": "at least", "maximum": "at most", "minLength": "at least", "maxLength": "at most"}
