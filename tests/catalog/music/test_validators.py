"""Codes by check digit or list."""

import pytest
from babel import Locale
from django.core.exceptions import ValidationError

from catalog.music.validators import (
    territories,
    validate_isrc,
    validate_language,
    validate_territories,
    validate_upc,
)

# What CLDR has beside ISO 3166-1. Kosovo (XK), which our proxy names, stays.
NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


def test_countries_are_those_of_iso_3166_and_kosovo():
    assert len(territories()) == 250
    assert {code for code in Locale("en").territories if len(code) == 2} - NOT_COUNTRIES == set(territories())


@pytest.mark.parametrize("codes", [["XX"], ["us"], ["USA"], ["EU"], [""], ["DE", "DE"]])
def test_what_is_no_list_of_countries_is_refused(codes):
    with pytest.raises(ValidationError):
        validate_territories(codes)


@pytest.mark.parametrize("value", ["QZBBT2600001", "USRC17607839", "GBAYE0601498"])
def test_isrcs_are_taken(value):
    validate_isrc(value)


@pytest.mark.parametrize(
    "value", ["QZ-BBT-26-00001", "qzbbt2600001", "QZBBT260000", "XX1232600001", "QZBBT26000O1", "x\x00"]
)
def test_what_is_no_isrc_is_refused(value):
    with pytest.raises(ValidationError):
        validate_isrc(value)


@pytest.mark.parametrize("value", ["036000291452", "4006381333931"])
def test_a_upc_and_an_ean_are_taken(value):
    validate_upc(value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("036000291453", "last digit"),
        ("96385074", "12 digits"),
        ("03600029145", "12 digits"),
        ("4006 381333931", "12 digits"),
        ("40063813339३1", "12 digits"),
        ("abc", "12 digits"),
    ],
)
def test_what_is_no_upc_is_refused(value, sentence):
    with pytest.raises(ValidationError, match=sentence):
        validate_upc(value)


@pytest.mark.parametrize("value", ["en", "pt-BR", "zh-Hant-TW"])
def test_languages_are_taken_in_their_one_spelling(value):
    validate_language(value)


@pytest.mark.parametrize("value", ["english", "EN", "xx-YY", "en_US"])
def test_other_languages_are_refused(value):
    with pytest.raises(ValidationError):
        validate_language(value)
