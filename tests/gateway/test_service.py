"""What operators of machines look at: static files, figures, logs, health, and a venue that goes away."""

import asyncio
import gzip
import io
import json
import logging
import re
import threading
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emporion.gateway import logs
from emporion.gateway.link.hub import Hub
from emporion.gateway.link.remote import RemoteLink
from emporion.gateway.metrics import Metrics
from emporion.gateway.pages import Pages
from emporion.gateway.router import Route, Router, allow
from emporion.gateway.server import Server
from tests.gateway.served import PASSWORD, Served, bad, good, unique

# --- The page ----------------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path):
    """A page as its build leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>page</title>")
    script = tmp_path / "assets" / "page-4f2a.js"
    script.write_text("export const one = 1;" * 100)
    script.with_name(script.name + ".gz").write_bytes(gzip.compress(script.read_bytes()))
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / ".hidden").write_text("no")
    return tmp_path


def test_the_built_page_is_served(built):
    with Served(pages=Pages(built)) as served:
        public = served.public()
        page = public.get("/")
        assert page.text.endswith("<title>page</title>") and page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy and page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-cache"
        again = public.get("/", headers={"if-none-match": page.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        script = public.get("/assets/page-4f2a.js")
        assert script.headers["content-encoding"] == "gzip" and script.text.startswith("export")
        assert "immutable" in script.headers["cache-control"] and script.headers["vary"] == "accept-encoding"
        plain = public.get("/assets/page-4f2a.js", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers and plain.text == script.text
        assert public.get("/icon.svg").headers["content-type"] == "image/svg+xml"
        for path in ("/.hidden", "/assets/page-4f2a.js.gz", "/assets/", "/../conftest.py", "/%2e%2e/conftest.py"):
            assert public.get(path).status_code == 404
        bad(public.send("POST", "/", {}), 405, "NOT_ALLOWED")
        head = public.send("HEAD", "/")
        assert head.status_code == 200 and not head.content


def test_a_page_that_was_not_built_says_how(tmp_path):
    with Served(pages=Pages(tmp_path)) as served:
        page = served.public().get("/")
        assert page.status_code == 200 and "make run" in page.text and "/docs" in page.text


# --- Figures and logs --------------------------------------------------------------------------------


def figure(text: str, name: str, **labels: str) -> float:
    wanted = "".join(f'.*{key}="{re.escape(value)}"' for key, value in sorted(labels.items()))
    found = re.search(rf"^{name}{{{wanted[2:]}}} (\S+)$" if labels else rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_figures(served):
    public = served.public()
    before = public.get("/metrics").text
    good(served.api("bob").place("sell", "1", "100000"), 201)
    good(served.api().place("buy", "1", "100000"), 201)
    assert served.api().place("buy", "0").status_code == 422
    served.public().get("/nothing")
    after = public.get("/metrics").text

    def grown(name: str, **labels: str) -> float:
        return figure(after, name, **labels) - figure(before, name, **labels)

    assert grown("emporion_requests_total", route="POST /v1/orders", status="201") == 2
    assert grown("emporion_requests_total", route="POST /v1/orders", status="422") == 1
    assert grown("emporion_requests_total", route="other", status="404") == 1
    assert grown("emporion_request_seconds_count", route="POST /v1/orders") == 3
    assert grown("emporion_commands_total") == 3 and grown("emporion_fills_total") == 1
    assert figure(after, "emporion_seq") == figure(after, "emporion_durable_seq") == served.venue.seq
    assert figure(after, "emporion_connections") >= 1 and "process_cpu_seconds_total" in after
    state = good(served.operator().get("/v1/operator/state"))
    of_orders = next(each for each in state["latencies"] if each["route"] == "POST /v1/orders")
    assert of_orders["count"] >= 3 and 0 < of_orders["p50_ms"] <= of_orders["p99_ms"]
    assert state["seq"] >= state["durable_seq"] > 0 and len(state["digest"]) == 64


def test_logs_are_lines_of_json_with_the_request_id():
    out = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    listener = logs.start("info", out)
    try:
        with Served() as served:
            response = served.api().place()
            good(response, 201)
            bad(served.public().get("/nothing"), 404, "NOT_FOUND")
        logging.getLogger("other").warning("something %s", "happened")
    finally:
        listener.stop()
        root.handlers[:], root.level = handlers, level
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    placed = next(line for line in lines if line.get("route") == "/v1/orders")
    assert (placed["status"], placed["account"], placed["method"], placed["level"]) == (201, "ann", "POST", "info")
    assert placed["request_id"] == response.headers["x-request-id"] and placed["seq"] == response.json()["seq"]
    assert placed["ms"] > 0 and placed["key"] and "secret" not in out.getvalue()
    assert next(line for line in lines if line.get("status") == 404)["route"] is None
    assert lines[-1]["message"] == "something happened" and lines[-1]["level"] == "warning"


def test_at_the_usual_level_only_trouble_is_logged(caplog):
    caplog.set_level(logging.WARNING)
    with Served() as served:
        good(served.api().place(), 201)
        bad(served.public().get("/nothing"), 404, "NOT_FOUND")
    assert not [record for record in caplog.records if record.name == "emporion.requests"]


def test_a_log_that_nobody_reads_holds_nobody_up():
    class Stuck(io.StringIO):
        def write(self, text: str) -> int:
            stuck.wait(30)
            return len(text)

    stuck = threading.Event()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    listener = logs.start("info", Stuck())
    try:
        started = time.monotonic()
        for number in range(logs.LINES_MAX + 1_000):
            logging.getLogger("flood").info("line %d", number)
        assert time.monotonic() - started < 10
        assert next(each for each in root.handlers if isinstance(each, logs.Lines)).dropped > 0
    finally:
        stuck.set()
        listener.stop()
        root.handlers[:], root.level = handlers, level


# --- The stream, as far as the door goes -------------------------------------------------------------


def test_the_stream_is_reached_through_the_same_door(served):
    url = served.url.replace("http", "ws", 1) + "/v1/stream"
    login, client = unique("watcher"), served.public()
    good(client.post("/v1/sign-up", {"login": login, "password": PASSWORD}), 201)
    cookie = {"cookie": f"emporion-session={client.client.cookies['emporion-session']}"}
    with connect(url, additional_headers=cookie) as socket:
        hello = json.loads(socket.recv(10))[0]
        assert (hello["type"], hello["account"]) == ("hello", login)
        state = good(served.operator().get("/v1/operator/state"))
        assert state["subscribers"] == 1
        assert figure(served.public().get("/metrics").text, "emporion_subscribers") == 1
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}):
        with pytest.raises(InvalidStatus) as caught:
            connect(url, additional_headers=headers)
        response = caught.value.response
        assert (response.status_code, json.loads(response.body)["code"]) == (403, "BAD_ORIGIN")
    with pytest.raises(InvalidStatus) as caught:
        connect(url + "/other")
    assert caught.value.response.status_code == 404


# --- A venue that is not well ------------------------------------------------------------------------


def test_a_venue_that_has_stopped_says_so():
    with Served() as served:
        api, public = served.api(), served.public()
        good(public.get("/readyz"))
        served.sequencer.call(lambda node: node.close()).result()
        bad(public.get("/readyz"), 503, "STOPPED")
        bad(api.place(), 503, "STOPPED")
        bad(public.get("/v1/book", instrument="BTC/USDC"), 503, "STOPPED")
        bad(served.operator().post("/v1/operator/accounts", {"name": "late"}), 503, "STOPPED")
        good(public.get("/healthz"))


def test_a_gateway_whose_node_is_away_says_so_and_recovers(tmp_path):
    with Served() as served:

        async def begin() -> tuple[Hub, RemoteLink, Server]:
            hub = Hub(served.link, tmp_path / "hub.sock")
            await hub.start()
            link = RemoteLink(hub.path)
            await link.start()
            gateway = Server(link, served.access, port=0, limits=served.limits)
            await gateway.start()
            return hub, link, gateway

        hub, link, gateway = served.run(begin())
        api = served.api()
        api.client.base_url = gateway.url
        good(api.place(), 201)
        served.run(hub.close())
        name = "away-1"
        problem = bad(api.place(cl_ord_id=name), 503, "AWAY")
        assert problem["retry_after_ms"] > 0
        good(api.client.get("/healthz"))
        assert api.client.get("/readyz").status_code == 503

        async def again() -> Hub:
            hub = Hub(served.link, tmp_path / "hub.sock")
            await hub.start()
            return hub

        hub = served.run(again())
        until = time.monotonic() + 10
        while (response := api.place(cl_ord_id=name)).status_code == 503:
            assert time.monotonic() < until
            time.sleep(0.02)
        placed = good(response, 201)
        assert good(api.place(cl_ord_id=name), 200)["order_id"] == placed["order_id"]

        async def end() -> None:
            await gateway.stop()
            await link.close()
            await hub.close()

        served.run(end())


def test_a_bug_is_answered_and_logged_without_what_it_was(served, monkeypatch, caplog):
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(served.server.door.link, "ask", broken)
    problem = bad(served.public().get("/v1/book", instrument="BTC/USDC"), 500, "BUG")
    assert "secret" not in json.dumps(problem)
    monkeypatch.undo()
    assert any("a secret detail" in str(record.exc_info) for record in caplog.records)
    good(served.public().get("/v1/book", instrument="BTC/USDC"))


# --- Dispatch ----------------------------------------------------------------------------------------


def test_paths_are_found_by_what_stands_around_their_parameter():
    async def nothing(*_: object) -> None: ...

    def route(method: str, path: str) -> Route:
        return Route(method, path, nothing, "", "service")

    paths = ("/a", "/a/{x}", "/a/{x}/b", "/a/by/{y}", "/a/b")
    table = Router([*(route("GET", path) for path in paths), route("POST", "/a")])

    def found(path: str) -> tuple[str, str] | None:
        answer = table.find(path)
        return (answer[0]["GET"].path, answer[1]) if answer is not None else None

    assert found("/a") == ("/a", "") and found("/a/b") == ("/a/b", "") and found("/a/7") == ("/a/{x}", "7")
    assert found("/a/7/b") == ("/a/{x}/b", "7") and found("/a/by/q%2Fr") == ("/a/by/{y}", "q/r")
    for path in ("", "/", "a", "/a/", "/a//b", "/a/7/c", "/a/7/b/", "//", "/b"):
        assert found(path) is None, path
    methods, _ = table.find("/a") or ({}, "")
    assert allow(methods) == b"GET, HEAD, OPTIONS, POST"


def test_what_is_under_way_ends_when_the_server_stops():
    """Ending the server does not hang on connections that are open and quiet."""
    with Served() as served:
        quiet = [served.connect() for _ in range(5)]
        good(served.public().get("/v1/status"))
        started = time.monotonic()
        served.run(asyncio.sleep(0))
    assert time.monotonic() - started < 8
    for connection in quiet:
        connection.close()


def test_figures_of_several_gateways_do_not_mix():
    """A scrape meets one of them: a counter that seems to go back would be taken for a restart."""
    texts = []
    for number in (0, 1, 2):
        metrics = Metrics(number)
        metrics.seen("GET /v1/status", 200, 0.001)
        texts.append(metrics.text().decode())
    series = [{line.rpartition(" ")[0] for line in text.splitlines() if line[:1] not in "#"} for text in texts]
    assert all(series) and not series[0] & series[1] and not series[1] & series[2]
    assert 'emporion_requests_total{gateway="2",route="GET /v1/status",status="200"} 1.0' in texts[2].splitlines()
    assert 'emporion_requests_total{route="GET /v1/status",status="200"} 1.0' in texts[0].splitlines()
