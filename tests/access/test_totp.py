"""Authenticator codes: the published numbers, the window, and what an authenticator is given."""

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from emporion.access import totp

SECOND_NS = 1_000_000_000
RFC_SECRET = b"12345678901234567890"

# RFC 6238, appendix B, the rows of SHA-1: seconds since 1970, eight digits.
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
# RFC 4226, appendix D: counts 0 to 9, six digits.
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_codes_are_those_of_rfc_6238(seconds, code):
    assert totp.code_at(RFC_SECRET, totp.step_of(seconds * SECOND_NS), digits=8) == code


def test_codes_are_those_of_rfc_4226():
    assert [totp.code_at(RFC_SECRET, count) for count in range(10)] == RFC_4226


def test_a_clock_may_be_one_step_off():
    now_ns = 1_790_000_010 * SECOND_NS
    step = totp.step_of(now_ns)
    found = [totp.step_of_code(RFC_SECRET, totp.code_at(RFC_SECRET, step + off), now_ns) for off in (-2, -1, 0, 1, 2)]
    assert found == [None, step - 1, step, step + 1, None]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\ud800"])
def test_what_is_no_code_is_refused(code):
    assert totp.step_of_code(RFC_SECRET, code, 1_790_000_000 * SECOND_NS) is None


def test_the_uri_holds_what_an_authenticator_needs():
    secret = totp.new_secret()
    parts = urlsplit(totp.uri(secret, "ann@example.org", "The Market: 1"))
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/The%20Market%3A%201:ann@example.org")
    query = parse_qs(parts.query)
    assert base64.b32decode(query["secret"][0]) == secret and len(secret) == totp.SECRET_BYTES
    assert (query["issuer"], query["digits"], query["period"]) == (["The Market: 1"], ["6"], ["30"])
    assert query["algorithm"] == ["SHA1"]


def test_the_picture_is_a_whole_svg_element():
    svg = totp.svg("otpauth://totp/emporion:ann?secret=ABC")
    assert svg.startswith("<svg ") and svg.rstrip().endswith("</svg>") and "script" not in svg
    assert re.search(r'viewBox="|width="\d+"', svg)
