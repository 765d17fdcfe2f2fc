"""Addresses and networks of both versions, and the one inside the other."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.access.addresses import address_of, group_of, is_in, network_of, network_text
from emporion.errors import BadValue


@pytest.mark.parametrize(
    ("address", "network", "inside"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.4", "10.1.2.3", False),
        ("::ffff:10.1.2.3", "10.0.0.0/8", True),  # As a socket of both versions names its peer.
        ("10.1.2.3", "::ffff:10.0.0.0/104", True),
        ("10.1.2.3", "::/0", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("2001:db9::1", "2001:db8::/32", False),
        ("2001:db8::1", "0.0.0.0/0", False),
        ("fe80::1%eth0", "fe80::/10", True),
    ],
)
def test_inside(address, network, inside):
    assert is_in(address_of(address), (network_of("203.0.113.9"), network_of(network))) is inside


@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_version_4_as_the_library_has_it(base, bits, address):
    network = ipaddress.ip_network((base, bits), strict=False)
    assert is_in(address_of(str(address)), (network_of(str(network)),)) is (address in network)


@given(st.ip_addresses(v=6), st.integers(0, 95), st.ip_addresses(v=6))
def test_version_6_as_the_library_has_it(base, bits, address):
    network = ipaddress.ip_network((base, bits), strict=False)
    expected = address in network and address.ipv4_mapped is None
    assert is_in(address_of(str(address)), (network_of(str(network)),)) is expected


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.0/33", "localhost", "10.0.0.0/8/8", "::1/129", "1.2.3.4\n5"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(BadValue, match="is not an address or a network"):
        network_of(text)


def test_bits_beyond_the_length_are_probably_a_mistake():
    with pytest.raises(BadValue, match=r"did you mean 10\.0\.0\.0/8\?"):
        network_of("10.1.2.3/8")


def test_what_is_no_address_is_refused():
    with pytest.raises(BadValue, match="'nowhere' is not an internet address"):
        address_of("nowhere")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("10.1.2.3", "10.1.2.3/32"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("2001:DB8::/32", "2001:db8::/32"),
     ("0.0.0.0/0", "0.0.0.0/0"), ("::1", "::1/128"), ("::/0", "::/0")],
)  # fmt: skip
def test_networks_are_shown_one_way(text, shown):
    assert network_text(text) == shown and network_of(shown) == network_of(text)


def test_customers_of_version_6_are_one():
    assert group_of("2001:db8:1:2::9") == group_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert group_of("::ffff:192.0.2.1") == group_of("192.0.2.1") == "192.0.2.1"
