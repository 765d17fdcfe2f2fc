"""HTTP/1.1 without sockets: any chunking, and what is none; addresses; signatures."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_sign_open, crypto_sign_seed_keypair

from emporion.client.errors import BadAnswer
from emporion.client.http1 import Answer, Origin, request
from emporion.client.signer import Signer
from emporion.engine.clock import ManualClock
from emporion.errors import BadValue
from emporion.wire.signing import signed_message
from tests.client.scripted import SECRET

PLAIN = b'HTTP/1.1 201 Created\r\nContent-Length: 7\r\nX-Request-Id: ab\r\n\r\n{"a":1}'
CHUNKED = (
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n'
)
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


@given(st.sampled_from([PLAIN, CHUNKED, EARLY, EMPTY]), st.lists(st.integers(0, 200), max_size=8))
def test_an_answer_is_the_same_however_it_is_cut(data, cuts):
    answer, at = Answer(), 0
    for stop in [*sorted(cut for cut in cuts if cut < len(data)), len(data)]:
        assert not answer.done or at == stop == len(data)
        if stop > at:
            answer.feed(data[at:stop])
        at = stop
    assert answer.done
    if data == EMPTY:
        assert (answer.status, answer.body) == (204, b"")
    else:
        assert json.loads(answer.body) == {"a": 1}
        assert answer.status == (200 if data == CHUNKED else 201)
        assert answer.keeps is (data != CHUNKED)
        assert ("link" in answer.headers) is False


def test_a_second_answer_to_one_question_is_not_taken():
    answer = Answer()
    assert answer.feed(PLAIN + CHUNKED.replace(b"200", b"404"))
    assert (answer.status, answer.body, answer.keeps) == (201, b'{"a":1}', False)
    assert "transfer-encoding" not in answer.headers


@pytest.mark.parametrize("wrong", [b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x02", b"<html>"])
def test_what_is_no_http_is_said_to_be_none(wrong):
    with pytest.raises(BadAnswer, match="does not speak HTTP"):
        Answer().feed(wrong)


@pytest.mark.parametrize(
    ("url", "authority", "stream"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "ws://127.0.0.1:8000/v1/stream"),
        ("https://venue.example", "venue.example", "wss://venue.example/v1/stream"),
        ("http://[::1]:8000/", "[::1]:8000", "ws://[::1]:8000/v1/stream"),
    ],
)
def test_addresses(url, authority, stream):
    origin = Origin(url)
    assert (origin.authority, origin.stream_url) == (authority, stream)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://x", "http://", "http://x/v1", "http://a:b@x", "http://x:99999"]
)
def test_what_is_no_address(url):
    with pytest.raises(BadValue, match="url"):
        Origin(url)


def test_a_request_is_whole():
    origin = Origin("http://127.0.0.1:8000")
    assert request(origin, "GET", "/v1/status", [("a", "b")], b"") == (
        b"GET /v1/status HTTP/1.1\r\nhost: 127.0.0.1:8000\r\na: b\r\n\r\n"
    )
    assert request(origin, "POST", "/x", [], b"{}").endswith(
        b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    )


def test_a_signature_is_of_what_is_asked():
    signer = Signer("k", SECRET, ManualClock(1_790_000_000_000_000_000))
    headers = dict(signer.headers("POST", "/v1/orders?x=y", "ann.desk é", b"{}"))
    assert headers["emporion-account"] == "ann.desk%20%C3%A9"
    message = signed_message(
        "POST",
        "/v1/orders?x=y",
        headers["emporion-time"],
        headers["emporion-nonce"],
        headers["emporion-account"],
        b"{}",
    )
    public, _ = crypto_sign_seed_keypair(bytes.fromhex(SECRET))
    assert public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, test 1.
    assert crypto_sign_open(bytes.fromhex(headers["emporion-signature"]) + message, public) == message


def test_nothing_is_signed_without_a_key():
    assert Signer(None, None).headers("GET", "/v1/status", "", b"") == []


@pytest.mark.parametrize(
    ("key", "secret"),
    [("k", None), (None, SECRET), ("k\r\nx: y", SECRET), ("ключ", SECRET), ("k", "x"), ("k", SECRET[:-2]), ("k", "")],
)
def test_half_a_key_is_none(key, secret):
    with pytest.raises(BadValue):
        Signer(key, secret)
