import pytest
from django.core.exceptions import ValidationError

from playback.ads.validators import validate_click_address, validate_countries


# Two letters in the CLDR that ISO 3166-1 does not assign to a country.
@pytest.mark.parametrize("code", ["us", "UK", "EU", "USA", "", "XX"])
def test_another_country_is_refused(code):
    with pytest.raises(ValidationError):
        validate_countries(["DE", code])


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com",
        "https://example.com/",
        "HTTPS://Shop.Example.com:443/a/b?c=d&e=%20f#g",
        "https://xn--bcher-kva.example/~a",
        "https://example.com/?q=a@b.c",
        "https://a.xn--p1ai/",
        f"https://example.com/{'a' * 1980}",
    ],
)
def test_https_addresses_of_public_names_are_taken(address):
    validate_click_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.com",
        "/path",
        "example.com",
        "https:example.com",
        "https:///example.com",
        "https://",
        "https://example.com:8443/",
        "https://example.com:x/",
        "https://example.com:999999/",
        "https://ann:secret@example.com/",
        "https://example.com@evil.test/",
        "https://@example.com/",
        "https://localhost/",
        "https://localhost./",
        "https://printer.local/",
        "https://db.internal/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://example.0x7f/",
        "https://example.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nSet-Cookie: a=b",
        "https://example.com/\t",
        "https://example.com/\x00",
        "https://example.com\\@evil.test/",
        "https://bücher.example/",
        "https://example.com/é",
        "https://exam\u200bple.com/",
        "https://example.com/<script>",
        'https://example.com/"',
        "https://-example.com/",
        "https://example..com/",
        "https://.example.com/",
        f"https://example.com/{'a' * 1981}",
        "",
    ],
)
def test_what_leads_elsewhere_or_can_be_misread_is_refused(address):
    with pytest.raises(ValidationError):
        validate_click_address(address)
