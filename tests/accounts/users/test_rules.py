import pytest

from accounts.users.rules import country_from_headers, is_name


@pytest.mark.parametrize("text", ["Zoë", "O’Neil", "李小龙", "👩‍🎤", "x" * 80, "名 前", "مریم‌ها", "1"])
def test_a_name_may_be_in_any_script(text):
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["", " ", "a\nb", "a\x00b", "a\x7fb", "a\x85b", "\u200b\u200b", "a\u202eb", "\u2028", "\ud800"]
)
def test_a_name_has_something_to_see_and_controls_nothing(text):
    assert not is_name(text)


@pytest.mark.parametrize("country", ["XX", "T1", "USA", "U", "", "ＵＳ", "1A"])
def test_only_a_country_is_a_country(country):
    headers = {"CF-IPCountry": country, "X-Origin-Secret": "zone"}

    assert country_from_headers(headers, origin_secret="zone") == ""


def test_a_country_is_believed_only_with_our_secret():
    headers = {"CF-IPCountry": "de", "X-Origin-Secret": "zone"}

    assert country_from_headers(headers, origin_secret="zone") == "DE"
    assert country_from_headers(headers, origin_secret="zone2") == ""
    assert country_from_headers({"CF-IPCountry": "DE"}, origin_secret="") == ""
    assert country_from_headers({"CF-IPCountry": "DE", "X-Origin-Secret": ""}, origin_secret="") == ""
