"""What an app shows to prove a purchase, by provider: Apple's signed transaction, Google's purchase token."""

from collections.abc import Callable

from streaming.lib.errors import Code, DomainError

# From a proof to the purchase's id at its provider; raises PURCHASE_INVALID.
_readers: dict[str, Callable[[str], str]] = {}


def register(provider: str, reader: Callable[[str], str]) -> None:
    _readers[provider] = reader


def read(provider: str, proof: str) -> str:
    """The external id of the purchase that the proof is of."""
    reader = _readers.get(provider)
    if reader is None:
        raise DomainError(Code.PURCHASE_INVALID, "Purchases of this store are not taken here.", status=400)
    return reader(proof)
