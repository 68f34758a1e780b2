import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from streaming.lib.links import TTL_SECONDS, media_link, sign_asset

BASE = "https://media.example.com"
ASSET = UUID("2F1C9A52-7C1E-4B0A-9D63-0C5A8F0E4B11")
NOW = 1_795_564_800


def test_a_link_is_made_of_asset_time_mac_and_file():
    link = media_link(base_url=BASE, key="key", asset=ASSET, file="main.m3u8", issued_at=NOW)

    assert re.fullmatch(
        rf"{BASE}/2f1c9a52-7c1e-4b0a-9d63-0c5a8f0e4b11/{NOW}-[A-Za-z0-9_-]{{43}}/main\.m3u8",
        link.url,
    )


def test_a_link_expires_six_hours_after_its_issue():
    link = media_link(base_url=BASE, key="key", asset=ASSET, file="main.m3u8", issued_at=NOW)

    assert link.expires_at - NOW == TTL_SECONDS == 6 * 60 * 60


def test_all_files_of_a_signed_asset_share_its_prefix():
    signed = sign_asset(base_url=BASE, key="key", asset=ASSET, issued_at=NOW)
    link = media_link(base_url=BASE, key="key", asset=ASSET, file="320.webp", issued_at=NOW)

    assert signed.url("320.webp") == link.url
    assert signed.url("1000.webp") == f"{signed.prefix}/1000.webp"
    assert signed.expires_at == link.expires_at


@given(keys=st.lists(st.text("abc_-", min_size=1, max_size=9), min_size=2, max_size=2, unique=True), asset=st.uuids())
def test_another_key_time_or_asset_makes_another_mac(keys, asset):
    def token(key, asset, issued_at):
        return sign_asset(base_url="", key=key, asset=asset, issued_at=issued_at).prefix.rsplit("-", 1)

    first = token(keys[0], asset, NOW)

    assert token(keys[0], asset, NOW) == first
    assert token(keys[1], asset, NOW) != first
    assert token(keys[0], asset, NOW + 1) != first
    assert token(keys[0], UUID(int=asset.int ^ 1), NOW) != first
