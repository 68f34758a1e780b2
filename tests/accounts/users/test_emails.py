import sys
import unicodedata

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.users.emails import can_be_mailed, normalise_email


@given(st.text(max_size=40))
def test_a_spelling_is_its_own_spelling(text):
    once = normalise_email(text)

    assert normalise_email(once) == once


@given(st.text(max_size=20), st.text(max_size=20))
def test_case_makes_no_difference_to_letters_that_have_one(name, domain):
    email = f"{name}@{domain}"

    assert normalise_email(normalise_email(email).upper()) == normalise_email(normalise_email(email).upper().lower())


def test_postgresql_takes_each_letter_for_spelt_small(db):
    """Its constraint on the column would refuse others, with a 500."""
    letters = [chr(code) for code in range(0xA1, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    letters = [letter for letter in letters if unicodedata.category(letter)[0] == "L" and letter.lower() != letter] + [
        chr(code) for code in range(0x13A0, 0x13F6)
    ]
    spelt = [normalise_email(f"a@{letter}.com") for letter in letters]
    spelt = [email for email in spelt if can_be_mailed(email)]

    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM unnest(%s::text[]) email WHERE email <> lower(email)", [spelt])
        assert cursor.fetchall() == []
    assert len(spelt) > 500


def test_letters_that_unicode_does_not_have_yet_make_no_domain():
    assert not can_be_mailed("a@\u0378.com")
    assert can_be_mailed("a@müller.de")
    assert can_be_mailed("a@with_underscore.example.com")
