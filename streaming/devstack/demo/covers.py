"""Covers: one composition for each release, in its artist's palette."""

import math
from collections.abc import Callable
from zlib import crc32

import numpy as np

from streaming.devstack.demo.canvas import Canvas, blend
from streaming.devstack.demo.catalogue import CoverStyle, Release

Palette = tuple[str, str, str, str, str]


def lanterns(colours: Palette) -> Canvas:
    """Paper lanterns over still water at dusk."""
    night, plum, rose, amber, cream = colours
    canvas = Canvas([night, plum, rose, amber])
    canvas.block((0, 690, 1000, 1000), night, 0.82)
    canvas.glow(500, 690, 620, rose, 0.4)
    for x, y, radius in ((215, 330, 62), (395, 205, 46), (600, 400, 96), (800, 250, 54), (905, 500, 34), (90, 555, 30)):
        canvas.glow(x, y, radius * 3.4, amber, 0.7)
        canvas.line([(x, 0), (x, y - radius)], night, 1.6, 0.6)
        canvas.disc(x, y, radius, blend(amber, cream, 0.55), flat=1.12)
        canvas.disc(x, y, radius * 0.72, cream, 0.55, flat=1.3)
        for fold in (-0.6, -0.2, 0.2, 0.6):
            half = radius * (1 - fold**2) ** 0.5
            canvas.line([(x - half, y + fold * radius * 1.12), (x + half, y + fold * radius * 1.12)], rose, 1.4, 0.5)
        canvas.block((x - radius * 0.3, y - radius * 1.2, x + radius * 0.3, y - radius * 1.05), plum)
        for step in range(9):
            wide, down = radius * (1 - step / 11), 715 + step * 17 + (690 - y) * 0.12
            canvas.block((x - wide, down, x + wide, down + 5), amber, 0.5 * (1 - step / 9), corner=2.5)
    return canvas


def glass(colours: Palette) -> Canvas:
    """An evening sky seen through reeded glass."""
    night, plum, rose, amber, cream = colours
    canvas = Canvas([plum, rose, amber, cream], 80)
    canvas.glow(560, 430, 520, cream, 0.85)
    canvas.disc(560, 430, 235, blend(rose, amber, 0.35))
    canvas.disc(560, 430, 150, blend(amber, cream, 0.7))
    canvas.polygon([(0, 700), (260, 560), (520, 760), (760, 610), (1000, 720), (1000, 1000), (0, 1000)], plum)
    canvas.polygon([(0, 860), (330, 720), (640, 880), (1000, 790), (1000, 1000), (0, 1000)], night)
    canvas.reed(panes=14)
    return canvas


def rain(colours: Palette) -> Canvas:
    """A low sun, rain, and rings on a wet pavement."""
    deep, teal, orange, gold, cream = colours
    canvas = Canvas([teal, blend(teal, gold, 0.55), gold], 90)
    canvas.glow(640, 480, 520, cream, 0.6)
    canvas.disc(640, 480, 230, orange)
    canvas.block((0, 620, 1000, 1000), deep)
    for step in range(14):
        wide = 215 * (1 - step / 17)
        canvas.block((640 - wide, 640 + step * 24, 640 + wide, 650 + step * 24), orange, 0.9 - step * 0.06, corner=5)
    for x, y, size in ((190, 760, 120), (430, 890, 90), (850, 840, 130), (120, 930, 60)):
        for ring in (1.0, 0.66, 0.33):
            canvas.ring(x, y, size * ring, cream, 2.5, 0.75, flat=0.3)
    rng = np.random.default_rng(5)
    for x, y, length in zip(
        rng.uniform(0, 1100, 110), rng.uniform(-60, 900, 110), rng.uniform(30, 95, 110), strict=True
    ):
        canvas.line([(x, y), (x - length * 0.28, y + length)], cream, 1.8, 0.38)
    return canvas


def pixels(colours: Palette) -> Canvas:
    """A striped sun over a grid, with a skyline of blocks."""
    night, violet, pink, cyan, white = colours
    canvas = Canvas([night, violet, pink], 90)
    rng = np.random.default_rng(9)
    for x, y in zip(rng.integers(0, 50, 60), rng.integers(0, 24, 60), strict=True):
        canvas.block((x * 20, y * 20, x * 20 + 5, y * 20 + 5), white, 0.7)
    canvas.glow(500, 430, 480, pink, 0.7)
    for row in range(30):
        y = 180 + row * 16
        half = max(0.0, 250.0**2 - (y + 8 - 430) ** 2) ** 0.5 // 16 * 16
        canvas.block((500 - half, y, 500 + half, y + 16 - max(0, row - 12) * 0.8), blend("#ffd36b", pink, row / 30))
    heights = rng.integers(2, 13, 32)
    for column, height in enumerate(heights):
        if abs(column - 15.5) > 4:
            canvas.block((column * 32, 660 - height * 18, column * 32 + 31, 660), night)
    canvas.block((0, 655, 1000, 1000), night)
    for index in range(-14, 15):
        canvas.line([(500 + index * 34, 658), (500 + index * 190, 1000)], cyan, 2.2, 0.85)
    for index in range(9):
        y = 658 + 342 * (index / 8) ** 2.1
        canvas.line([(0, y), (1000, y)], cyan, 2.2, 0.85)
    return canvas


def table(colours: Palette) -> Canvas:
    """A laid table from above."""
    dark, brick, orange, gold, cream = colours
    canvas = Canvas([orange, blend(orange, brick, 0.6)], 45)
    for row in range(10):
        for column in range(10):
            if (row + column) % 2:
                canvas.block((column * 100, row * 100, column * 100 + 100, row * 100 + 100), brick, 0.3)

    def plate(x: float, y: float, radius: float, rim: str, inside: str) -> None:
        canvas.disc(x + 12, y + 16, radius, dark, 0.35)
        canvas.disc(x, y, radius, rim)
        canvas.ring(x, y, radius * 0.93, inside, radius * 0.02)
        canvas.disc(x, y, radius * 0.68, inside)

    plate(400, 430, 300, cream, blend(cream, gold, 0.35))
    canvas.half_disc(400, 430, 165, 20, 200, brick)
    canvas.half_disc(400, 430, 165, 200, 290, gold)
    plate(790, 740, 150, gold, dark)
    canvas.disc(790, 740, 88, blend(dark, brick, 0.5))
    plate(815, 250, 115, dark, cream)
    plate(215, 835, 95, cream, orange)
    canvas.block((742, 395, 756, 560), cream, corner=7)
    canvas.disc(749, 590, 26, cream, flat=1.5)
    canvas.block((430, 800, 640, 814), dark, corner=7)
    return canvas


def speech(colours: Palette) -> Canvas:
    """Two voices that overlap."""
    dark, _, orange, gold, cream = colours
    canvas = Canvas([cream, blend(cream, gold, 0.45)])
    canvas.ring(525, 490, 440, gold, 10, 0.5)
    canvas.disc(400, 430, 300, orange)
    canvas.polygon([(150, 560), (140, 800), (380, 700)], orange)
    canvas.disc(650, 540, 260, dark)
    canvas.polygon([(820, 700), (880, 880), (640, 790)], dark)
    for row, wide in enumerate((190, 130, 170, 90)):
        y = 330 + row * 58
        canvas.block((205, y, 205 + wide, y + 20), cream, corner=10)
    for row, wide in enumerate((150, 250, 190)):
        y = 505 + row * 58
        canvas.block((560, y, 560 + wide, y + 20), gold, corner=10)
    return canvas


def waves(colours: Palette) -> Canvas:
    """A winter river in layers, under a pale sun."""
    deep, blue, sea, sand, cream = colours
    canvas = Canvas([cream, blend(cream, sand, 0.8), sand], 90)
    canvas.glow(330, 300, 330, "#ffffff", 0.8)
    canvas.disc(330, 300, 120, "#fffaf0")
    side = np.linspace(0, 1000, 251)
    for layer in range(9):
        share = layer / 8
        ink = blend(blend(sand, sea, min(1, share * 3)), blend(blue, deep, share), share)
        swell = (40 - layer * 2) * np.sin(side / (150 - 6 * layer) + layer * 1.7) + 16 * np.sin(side / 47 + layer * 2.9)
        edge = [(float(x), float(440 + layer * 62 + y)) for x, y in zip(side, swell, strict=True)]
        canvas.polygon([*edge, (1000, 1000), (0, 1000)], ink)
        canvas.line(edge, cream, 1.6, 0.35)
    return canvas


def mains(colours: Palette) -> Canvas:
    """Fifty cycles: bars whose width swells as a wave, across a disc of the other colour."""
    dark, green, leaf, yellow, pale = colours
    canvas = Canvas([leaf, green], 70)
    canvas.disc(500, 500, 390, yellow)

    def edge(x: float) -> float:
        return math.sqrt(max(0.0, 390.0**2 - (x - 500) ** 2))

    for index in range(40):
        x = index * 25 + 12.5
        half = 2 + 9 * (0.5 + 0.5 * float(np.sin(index * 0.5)))
        left, right = x - half, x + half
        canvas.polygon([(left, 0), (right, 0), (right, 500 - edge(right)), (left, 500 - edge(left))], dark, 0.85)
        canvas.polygon([(left, 1000), (right, 1000), (right, 500 + edge(right)), (left, 500 + edge(left))], dark, 0.85)
        left, right = x - 13 + half, x + 13 - half
        top, bottom = (
            [(left, 500 - edge(left)), (right, 500 - edge(right))],
            [(right, 500 + edge(right)), (left, 500 + edge(left))],
        )
        canvas.polygon([*top, *bottom], green)
    side = np.linspace(40, 960, 400)
    swing = 500 + 210 * np.sin((side - 40) / 920 * 4 * np.pi)
    wave = [(float(x), float(y)) for x, y in zip(side, swing, strict=True)]
    canvas.line(wave, dark, 44)
    canvas.line(wave, pale, 26)
    return canvas


def harbour(colours: Palette) -> Canvas:
    """Mist, a moon and four masts."""
    deep, slate, mist, blush, white = colours
    canvas = Canvas([slate, mist, blush, white, mist, slate], 90)
    canvas.glow(690, 330, 300, white, 0.7)
    canvas.disc(690, 330, 74, white)
    for step in range(7):
        y = 640 + step * 34
        wide = 150 - step * 14
        canvas.block((690 - wide, y, 690 + wide, y + 3 + step), white, 0.55 - step * 0.06, corner=3)
    for x, base, tall in ((180, 640, 330), (262, 625, 250), (355, 650, 400), (850, 615, 150)):
        canvas.line([(x, base), (x, base - tall)], deep, 4.0)
        canvas.polygon([(x + 6, base - tall + 30), (x + 6, base - 40), (x + tall * 0.26, base - 40)], deep, 0.3)
        hull = tall * 0.3
        canvas.polygon(
            [(x - hull, base - 14), (x + hull, base - 14), (x + hull * 0.7, base + 16), (x - hull * 0.75, base + 16)],
            deep,
        )
        canvas.line([(x, base + 20), (x, base + 20 + tall * 0.5)], deep, 3.0, 0.25)
    canvas.block((0, 626, 1000, 630), deep, 0.25)
    return canvas


STYLES: dict[CoverStyle, Callable[[Palette], Canvas]] = {
    "lanterns": lanterns,
    "glass": glass,
    "rain": rain,
    "pixels": pixels,
    "table": table,
    "speech": speech,
    "waves": waves,
    "mains": mains,
    "harbour": harbour,
}


def cover(release: Release) -> bytes:
    """A JPEG of 1500 × 1500, the same bytes each time."""
    return STYLES[release.cover](release.artist.palette).jpeg(seed=crc32(release.slug.encode()))
