from datetime import UTC, datetime, timedelta

import pytest

from accounts.profile.rules import canonical_language, market_free_at

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("en", "en"), ("PT-br", "pt-BR"), ("zh-TW", "zh-Hant-TW"), ("zh-hans-cn", "zh-Hans-CN"), ("es-419", "es-419"),
        ("sr-Latn", "sr-Latn"), ("fil", "fil"), ("de-CH", "de-CH"),
    ],
)  # fmt: skip
def test_a_language_has_one_spelling(given, kept):
    assert canonical_language(given) == kept


@pytest.mark.parametrize(
    "given", ["", "xx", "en_US", "root", "und", "und-US", "english", "en-", "../etc", "en-US-x-y", "é"]
)
def test_what_is_no_language_is_refused(given):
    assert canonical_language(given) is None


def test_every_language_that_is_known_fits_its_column_and_is_its_own_spelling():
    from accounts.profile.rules import _languages

    for tag in _languages().values():
        assert len(tag) <= 35
        assert canonical_language(tag) == tag


def test_a_market_that_never_changed_is_free():
    assert market_free_at(None) is None
    assert market_free_at(NOW) == NOW + timedelta(days=14)
