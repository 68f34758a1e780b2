import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.lib.signing import BadSignature, sign, unsign

KEYS = ["current", "previous"]


@given(st.binary(max_size=200))
def test_what_was_signed_is_read_again(payload):
    assert unsign(sign(payload, keys=KEYS, purpose="t"), keys=KEYS, purpose="t") == payload


def test_the_previous_key_is_accepted_and_an_older_one_is_not():
    old = sign(b"x", keys=["previous"], purpose="t")

    assert unsign(old, keys=KEYS, purpose="t") == b"x"
    with pytest.raises(BadSignature):
        unsign(old, keys=["current"], purpose="t")


def test_a_statement_for_one_purpose_is_not_one_for_another():
    with pytest.raises(BadSignature):
        unsign(sign(b"x", keys=KEYS, purpose="a"), keys=KEYS, purpose="b")


@given(st.text(max_size=120))
def test_any_text_is_refused(text):
    with pytest.raises(BadSignature):
        unsign(text, keys=KEYS, purpose="t")


@given(st.integers(0, 200), st.integers(1, 127))
def test_a_changed_character_is_refused(place, shift):
    text = sign(b'{"play": 1}', keys=KEYS, purpose="t")
    place %= len(text)
    changed = text[:place] + chr((ord(text[place]) + shift) % 128) + text[place + 1 :]

    if changed != text:
        with pytest.raises(BadSignature):
            unsign(changed, keys=KEYS, purpose="t")
