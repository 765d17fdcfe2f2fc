"""The API's own description: valid, complete, and the page made of it runs nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec

from emporion.gateway import docs_page, openapi
from emporion.gateway.router import TAGS
from emporion.gateway.routes import router
from emporion.wire.signing import signed_message
from tests.gateway.served import good

DOCUMENT = openapi.document(router())
ROOT = Path(__file__).resolve().parents[2]


def test_every_route_is_in_the_document(served):
    sent = good(served.public().get("/openapi.json"))
    assert sent == msgspec.json.decode(openapi.encode(DOCUMENT)) and sent["openapi"] == "3.1.0"
    listed = {f"{method.upper()} {path}" for path, operations in sent["paths"].items() for method in operations}
    assert listed == {route.name for route in router().routes}
    ids = [operation["operationId"] for operations in sent["paths"].values() for operation in operations.values()]
    assert len(set(ids)) == len(ids)
    assert {tag["name"] for tag in sent["tags"]} == set(TAGS)


def test_all_references_lead_somewhere_and_nothing_is_left_over():
    text = openapi.encode(DOCUMENT).decode()
    schemas = DOCUMENT["components"]["schemas"]
    used = set(re.findall(r"#/components/schemas/([A-Za-z0-9_.\-\[\]]+)", text))
    assert used == set(schemas)


def test_every_parameter_in_a_path_is_described():
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            named = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)


def test_ids_in_paths_are_numbers_or_text_as_they_are_in_answers():
    kinds = {
        each["name"]: each["schema"]["type"]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for each in operation["parameters"]
        if each["in"] == "path"
    }
    texts = {"key_id", "session_id", "cl_ord_id"}
    assert {name for name, kind in kinds.items() if kind == "string"} == texts
    assert {kind for name, kind in kinds.items() if name not in texts} == {"integer"}


def test_pages_it_names_are_there():
    named = set(re.findall(r"docs/[a-z/-]+(?:\.md)?", openapi.encode(DOCUMENT).decode()))
    assert named and [name for name in named if not (ROOT / name).is_file()] == []


def test_a_reader_of_the_document_alone_can_sign():
    """The lines it lists are those of the message, in their order."""
    about = DOCUMENT["info"]["description"]
    assert signed_message("POST", "/v1/orders?x=y", "1", "n", "ann", b"").count(b"\n") == 6
    marks = [
        "emporion-v1",
        "POST",
        "/v1/orders?x=y",
        "Emporion-Time",
        "Emporion-Nonce",
        "Emporion-Account",
        "BLAKE2b-256",
    ]
    lines = [line.strip() for line in about.splitlines() if line.startswith("    ")]
    assert len(lines) == len(marks) and all(mark in line for mark, line in zip(marks, lines, strict=True))


def test_every_operation_says_who_may_and_what_can_go_wrong():
    for route in router().routes:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        assert (operation["security"] == []) == (route.scope is None and not route.people)
        assert operation.get("x-scope") == route.scope
        responses = operation["responses"]
        assert str(route.status) in responses and {"400", "421", "429"} <= responses.keys()
        for status, response in responses.items():
            if int(status) >= 400:
                assert "application/problem+json" in response["content"]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_page_runs_nothing_and_its_links_lead_somewhere(served):
    response = served.public().get("/docs")
    page = Page()
    page.feed(response.text)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not [
        tag for tag, attrs in page.tags if tag == "script" or "style" in attrs or any(n.startswith("on") for n in attrs)
    ]
    assert [attrs["href"] for tag, attrs in page.tags if tag == "link"] == ["/docs.css"]
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    assert {link for link in links if not link.startswith("#")} == {"/openapi.json"}
    assert served.public().get("/docs.css").headers["content-type"].startswith("text/css")


def test_types_in_words():
    assert docs_page.type_text({"type": "integer", "minimum": 1}) == "integer (at least 1)"
    assert docs_page.type_text({"anyOf": [{"type": "string"}, {"type": "null"}]}) == "string or null"
    assert docs_page.type_text({"type": "array", "items": {"$ref": "#/components/schemas/Order"}}) == (
        'list of <a href="#shape-Order">Order</a>'
    )
