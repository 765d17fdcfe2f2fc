"""Schemathesis reads the OpenAPI document and tries what it allows and what it forbids, on a real server.

A request it makes from the document must be answered as the document says: no 5xx, only the statuses
and shapes written down, nothing taken that the schema forbids, nothing answered to who is not let
in. The state machine follows the links between routes: places an order, looks at it, replaces it,
cancels it.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import hypothesis.stateful
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.config import SchemathesisConfig

from emporion.access.passwords import Passwords
from emporion.client.signer import Signer
from emporion.gateway.door import COOKIE
from emporion.gateway.links import LINKS
from emporion.gateway.openapi import document
from emporion.gateway.routes import router
from tests.gateway.served import PASSWORD, QUICK, Served, unique

EXAMPLES = int(os.environ.get("EMPORION_FUZZ_EXAMPLES", "10"))
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 10, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What is well formed may be refused by the rules (422), or be a cursor that no page gave (400).
            "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422", "429"]},
            # A path or a query that is no such thing is also found not to exist.
            "negative_data_rejection": {
                "expected-statuses": ["400", "401", "403", "404", "405", "408", "413", "415", "422", "429"]
            },
        }
    }
)


def loosened(node: Any) -> Any:
    """The document with tuples as lists of either type: Schemathesis rewrites `prefixItems` for older drafts of JSON
    schema and then checks answers by the newest. That a level is exactly a tuple is tested in tests/gateway."""
    if isinstance(node, list):
        return [loosened(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: loosened(value) for key, value in node.items()}
    if "prefixItems" in node:
        node["items"] = {"anyOf": node.pop("prefixItems")}
    return node


SCHEMA = schemathesis.openapi.from_dict(loosened(document(router())), config=CONFIG)
PEOPLE = {route.name for route in router().routes if route.people}
SCOPES = ("read", "trade", "withdraw", "operate")


class Signing(requests.auth.AuthBase):
    """Signs what is sent, as sent."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        account = request.headers.get("emporion-account", "")
        account = account.decode("latin-1") if isinstance(account, bytes) else account
        request.headers.update(self.signer.headers(str(request.method), request.path_url, account, body))
        return request


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served(demo=True) as served:
        yield served


@pytest.fixture(scope="module")
def signing(served: Served) -> Signing:
    return Signing(served.api("olga", SCOPES).signer)


@pytest.fixture(scope="module")
def hashed() -> str:
    """One hash of the password for all: making one takes its time."""
    return Passwords(QUICK).hash(PASSWORD)


@SCHEMA.exclude(func=lambda ctx: ctx.operation.label in PEOPLE).parametrize()
@SETTINGS
def test_every_route_answers_as_the_document_says(case: schemathesis.Case, served: Served, signing: Signing) -> None:
    case.call_and_validate(base_url=served.url, auth=signing, timeout=20)


@SCHEMA.include(func=lambda ctx: ctx.operation.label in PEOPLE).parametrize()
@SETTINGS
def test_routes_for_people_answer_as_the_document_says(case: schemathesis.Case, served: Served, hashed: str) -> None:
    """Each try is somebody new: among these routes are the end of a session and another password."""
    now = time.time_ns()
    login = unique("fuzz")
    account = served.act("open_account", name=login)
    user = served.access.users.add(login, hashed, now, account=(account["account_id"], login))
    token, _ = served.access.sessions.start(user, now)
    if COOKIE.decode() in (case.cookies or {}):  # Else the try is to come without.
        case.cookies[COOKIE.decode()] = token
    case.call_and_validate(base_url=served.url, timeout=20)


SEEN: Counter[str] = Counter()  # Route and status of each step of the walks.
LINKED = set(LINKS) | {target for links in LINKS.values() for target, _ in links}
WALKED = SCHEMA.include(func=lambda ctx: ctx.operation.label in LINKED - PEOPLE)


class Walk(WALKED.as_state_machine()):  # type: ignore[misc]
    """From answer to answer; most orders are made fit to be taken, so that there is something to go on from."""

    served: Served
    signing: Signing

    def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
        return {"base_url": self.served.url, "auth": self.signing, "timeout": 20}

    def before_call(self, case: schemathesis.Case) -> None:
        if len(str(case.headers)) % 4:
            case.headers["Emporion-Account"] = "ann"  # The operator has no account of its own.
        if case.operation.label == "POST /v1/orders" and isinstance(case.body, dict) and len(str(case.body)) % 4:
            mild = {key: case.body[key] for key in ("side", "post_only", "stp") if key in case.body}
            case.body = {"instrument": "EURC/USDC", "qty": "2", "price": "1", "side": "buy", **mild}
            case.body["cl_ord_id"] = unique("walk")

    def after_call(self, response: Any, case: schemathesis.Case) -> None:
        SEEN[f"{case.operation.label} {response.status_code}"] += 1


def test_walks_along_links_find_nothing_unsaid(served: Served, signing: Signing) -> None:
    Walk.served, Walk.signing = served, signing
    if served.venue.instrument("EURC/USDC").status != "open":
        served.act("set_status", name="EURC/USDC", status="open")
    # Each walk is a run of its own: the venue remembers the walks before, so that the same choices need not lead to
    # the same place twice, which Hypothesis would take for a fault of the test. The first of two is the simplest.
    settings = hypothesis.settings(SETTINGS, max_examples=2, stateful_step_count=12, derandomize=False)
    for number in range(2 * EXAMPLES):
        machine = hypothesis.seed(number)(type("Walk", (Walk,), {}))
        hypothesis.stateful.run_state_machine_as_test(machine, settings=settings)
    # A walk that placed nothing, or went nowhere from there, would prove nothing.
    for label in ("POST /v1/orders 201", "GET /v1/orders/{order_id} 200", "DELETE /v1/orders/{order_id} 200"):
        assert SEEN[label], SEEN
