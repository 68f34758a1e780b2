"""Signed media links [contract, design §9].

A link is `{base}/{asset}/{time of issue}-{mac}/{file}`; the mac covers asset and time only, so all files of an asset
share it, and relative addresses in playlists inherit it. The edge and `tests/contract/media_links.json` hold the same
contract.
"""

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

TTL_SECONDS = 21_600


@dataclass(frozen=True)
class MediaLink:
    """`expires_at`: Unix seconds, the first at which the link is refused."""

    url: str
    expires_at: int


@dataclass(frozen=True)
class SignedAsset:
    """One signature that opens every file of the asset."""

    prefix: str
    expires_at: int

    def url(self, file: str) -> str:
        return f"{self.prefix}/{file}"


def sign_asset(*, base_url: str, key: str, asset: UUID, issued_at: int) -> SignedAsset:
    """`key` is the setting's own text, not decoded; `issued_at` is Unix seconds of ten digits."""
    mac = hmac.digest(key.encode(), f"{asset}{issued_at}".encode(), sha256)
    token = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    return SignedAsset(f"{base_url}/{asset}/{issued_at}-{token}", issued_at + TTL_SECONDS)


def media_link(*, base_url: str, key: str, asset: UUID, file: str, issued_at: int) -> MediaLink:
    signed = sign_asset(base_url=base_url, key=key, asset=asset, issued_at=issued_at)
    return MediaLink(signed.url(file), signed.expires_at)
