"""The demo's ads: invented companies, each with a jingle of a few bars and a banner that says who it is."""

from dataclasses import dataclass
from zlib import crc32

from streaming.devstack.demo.canvas import Canvas
from streaming.devstack.demo.catalogue import slug
from streaming.devstack.demo.recipes import ARCADE, BOSSA, Recipe

Palette = tuple[str, str, str, str]


@dataclass(frozen=True)
class Ad:
    """`palette` is four colours as #rrggbb: two of the ground, one of the sign, one of the words."""

    advertiser: str
    title: str
    slogan: str
    address: str
    recipe: Recipe
    palette: Palette

    @property
    def slug(self) -> str:
        return slug(f"ad {self.advertiser}")


ADS = (
    Ad(
        "Tidewater Coffee",
        "Two for one before nine",
        "Two for one before nine",
        "https://coffee.example.com/early",
        Recipe(BOSSA, 132, "F", "major", "Fmaj7 Gm7 C13 Fmaj7", "Fmaj7 Gm7 C13 Fmaj7", "C4 O1", seed=91, drive=1.3),
        ("#2a1410", "#7c4a2d", "#f3e2c7", "#2a1410"),
    ),
    Ad(
        "Bellfield Umbrellas",
        "Bring on the rain",
        "Bring on the rain",
        "https://umbrellas.example.com/?from=backbeat",
        Recipe(ARCADE, 128, "C", "major", "C G Am F", "C G F C", "C4 O1", seed=97, drive=1.4),
        ("#0f2a4a", "#2f6fae", "#ffd447", "#0f2a4a"),
    ),
)


def banner(ad: Ad) -> bytes:
    """A JPEG of 1500 × 1500, the same bytes each time."""
    dark, light, sign, ink = ad.palette
    canvas = Canvas([dark, light], 60)
    canvas.disc(500, 330, 210, sign)
    canvas.words(500, 330, 230, ad.advertiser[0], ink)
    canvas.words(500, 660, 92, ad.advertiser, sign)
    canvas.words(500, 780, 56, ad.slogan, "#ffffff")
    return canvas.jpeg(seed=crc32(ad.slug.encode()))
