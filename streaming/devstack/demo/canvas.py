"""A picture to draw on in units of a thousandth of its side, at twice the size so that edges come out smooth."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = 1500
OVER = 2 * SIZE
UNIT = OVER / 1000

Box = tuple[float, float, float, float]
Point = tuple[float, float]


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blend(low: str, high: str, amount: float) -> str:
    """The colour so far (0 to 1) between two."""
    mixed = (round(a + (b - a) * amount) for a, b in zip(rgb(low), rgb(high), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def gradient(stops: list[str], angle: float = 90.0) -> Image.Image:
    """A smooth run through the colours; 90 degrees is top to bottom. Made small and enlarged: it has no detail."""
    side = np.linspace(-0.5, 0.5, 300)
    turn = np.radians(angle)
    along = side[None, :] * np.cos(turn) + side[:, None] * np.sin(turn)
    along = (along - along.min()) / (along.max() - along.min())
    points = np.linspace(0.0, 1.0, len(stops))
    channels = [np.interp(along, points, [rgb(stop)[index] for stop in stops]) for index in range(3)]
    image = Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))
    return image.resize((OVER, OVER), Image.Resampling.BICUBIC)


class Canvas:
    def __init__(self, stops: list[str], angle: float = 90.0) -> None:
        self.image = gradient(stops, angle)
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    def disc(self, x: float, y: float, radius: float, colour: str, opacity: float = 1.0, flat: float = 1.0) -> None:
        """A circle, or an ellipse when `flat` is below 1."""
        box = (x - radius, y - radius * flat, x + radius, y + radius * flat)
        self.draw.ellipse(self.scaled(box), fill=self.ink(colour, opacity))

    def ring(
        self, x: float, y: float, radius: float, colour: str, width: float, opacity: float = 1.0, flat: float = 1.0
    ) -> None:
        box = (x - radius, y - radius * flat, x + radius, y + radius * flat)
        self.draw.ellipse(self.scaled(box), outline=self.ink(colour, opacity), width=round(width * UNIT))

    def half_disc(
        self, x: float, y: float, radius: float, start: float, end: float, colour: str, opacity: float = 1.0
    ) -> None:
        """A slice of a circle between two angles in degrees, clockwise from the right."""
        box = self.scaled((x - radius, y - radius, x + radius, y + radius))
        self.draw.pieslice(box, start, end, fill=self.ink(colour, opacity))

    def block(self, box: Box, colour: str, opacity: float = 1.0, corner: float = 0.0) -> None:
        self.draw.rounded_rectangle(self.scaled(box), corner * UNIT, fill=self.ink(colour, opacity))

    def polygon(self, points: list[Point], colour: str, opacity: float = 1.0) -> None:
        self.draw.polygon([(x * UNIT, y * UNIT) for x, y in points], fill=self.ink(colour, opacity))

    def line(self, points: list[Point], colour: str, width: float, opacity: float = 1.0) -> None:
        scaled = [(x * UNIT, y * UNIT) for x, y in points]
        self.draw.line(scaled, fill=self.ink(colour, opacity), width=max(1, round(width * UNIT)), joint="curve")

    def words(self, x: float, y: float, size: float, text: str, colour: str) -> None:
        """A line of text around a point, in the font that the drawing library brings along."""
        font = ImageFont.load_default(size * UNIT)
        self.draw.text((x * UNIT, y * UNIT), text, fill=self.ink(colour, 1.0), font=font, anchor="mm")

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float) -> None:
        """Light that fades out over `radius`. Made small and enlarged: it has no edges."""
        side = np.linspace(0, 1000, 300)
        distance = ((side[None, :] - x) ** 2 + (side[:, None] - y) ** 2) / radius**2
        light = np.clip(255 * strength * (np.exp(-2.5 * distance) - 0.08) / 0.92, 0, 255)
        mask = Image.fromarray(light.astype(np.uint8)).resize((OVER, OVER), Image.Resampling.BICUBIC)
        self.image.paste(rgb(colour), mask=mask)

    def reed(self, panes: int) -> None:
        """Looks at the picture through reeded glass: each pane squeezes in what lies three panes wide behind it."""
        behind, wide = self.image.copy(), OVER // panes + 1
        for left in range(0, OVER, wide):
            # Past the edges, the glass shows the edge's own pane again.
            start = min(max(left - wide, 0), OVER - 3 * wide)
            pane = behind.crop((start, 0, start + 3 * wide, OVER)).resize((wide, OVER), Image.Resampling.BOX)
            self.image.paste(pane, (left, 0))
            for step in range(12):
                x = left + wide - 12 + step
                self.draw.line([(x, 0), (x, OVER)], fill=(0, 0, 0, 4 * step))

    def jpeg(self, seed: int) -> bytes:
        """The finished picture, with a print's grain."""
        image = self.image.resize((SIZE, SIZE), Image.Resampling.BOX)
        grain = np.random.default_rng(seed).normal(0.0, 4.0, (SIZE, SIZE, 1)).astype(np.float32)
        grained = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
        out = BytesIO()
        Image.fromarray(grained).save(out, "JPEG", quality=90)
        return out.getvalue()

    @staticmethod
    def scaled(box: Box) -> Box:
        left, top, right, bottom = (edge * UNIT for edge in box)
        return left, top, right, bottom

    @staticmethod
    def ink(colour: str, opacity: float) -> tuple[int, int, int, int]:
        return (*rgb(colour), round(255 * opacity))
