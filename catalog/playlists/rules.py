"""Ranks: whole numbers with wide gaps, so that an entry moves by changing its own row only."""

STEP = 2**32
# Within a bigint, with room to spare.
HIGHEST = 2**62


def ranks_between(below: int | None, above: int | None, count: int) -> list[int] | None:
    """So many ranks in ascending order, after `below` and before `above`; None is the end of the list. Without room
    for them there is no answer: the list must be numbered anew."""
    if below is None:
        below = (above or 0) - STEP * (count + 1)
    if above is None:
        above = below + STEP * (count + 1)
    if above - below <= count or max(abs(below), abs(above)) > HIGHEST:
        return None
    return [below + (above - below) * place // (count + 1) for place in range(1, count + 1)]
