"""Whose address counts: what our own proxies saw."""

import pytest

from streaming.api.address import client_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "expected"),
    [
        (0, "", "198.51.100.1", "198.51.100.1"),
        (0, "203.0.113.9", "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (2, "10.0.0.1, 203.0.113.9, 192.0.2.5", "198.51.100.1", "203.0.113.9"),
        (2, "203.0.113.9", "198.51.100.1", "198.51.100.1"),
        (1, "", "198.51.100.1", "198.51.100.1"),
        (1, "not an address", "198.51.100.1", "198.51.100.1"),
        (1, "a" * 9000, "198.51.100.1", "198.51.100.1"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "2001:db8:1:2:ffff::1", "::1", "2001:db8:1:2::"),
        (0, "", "::ffff:198.51.100.1", "198.51.100.1"),
        (0, "", "", ""),
    ],
)
def test_the_address_is_what_the_last_trusted_proxy_saw(rf, settings, proxies, forwarded, peer, expected):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert client_address(rf.get("/", headers=headers, REMOTE_ADDR=peer)) == expected
