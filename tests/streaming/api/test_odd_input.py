"""What nobody means to send: each is refused with a problem, and none is a 500."""

import base64
from urllib.parse import quote, urlencode

import pytest

LISTS = ["/api/v1/tracks", "/api/v1/artists", "/api/v1/releases", "/api/v1/me/artists"]


def cursor(position, **more):
    return quote(base64.b64encode(urlencode({"p": position, **more}).encode()).decode())


@pytest.fixture
def client(api_as, bob):
    client = api_as(bob)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("limit", ["-1", "²", "٣٣٣٣", "1.5", "9" * 5000, "", "1e1"])
def test_a_limit_that_is_no_small_number_is_400(client, address, limit):
    response = client.get(address, {"limit": limit})

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/limit"


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("position", ["x", "2026-13-45", "99999-01-01", "nan", "[]", "1 OR 1=1"])
def test_a_cursor_that_was_made_up_is_400(client, address, position):
    response = client.get(f"{address}?cursor={cursor(position)}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize("address", LISTS[:2])
@pytest.mark.parametrize("position", ["9" * 30, "-1"])
def test_a_cursor_beyond_every_row_is_no_error(client, address, position):
    assert client.get(f"{address}?cursor={cursor(position)}").status_code == 200
    assert client.get(f"{address}?cursor={cursor(position, r=1)}").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/tracks/%00",
        "/api/v1/tracks?artist=%00",
        "/api/v1/search?q=a%00",
        "/admin/catalog/recording/?kind__exact=%00",
        "/admin/autocomplete/?app_label=catalog&model_name=track&field_name=recording&term=%00",
    ],
)
def test_a_nul_in_the_address_is_400(staff_as, editor, address):
    client = staff_as(editor)
    client.raise_request_exception = False

    assert client.get(address).status_code == 400


@pytest.mark.parametrize(("length", "status"), [("9" * 5000, 413), ("0" * 5000 + "2", 400), ("²", 400), ("", 400)])
def test_a_content_length_of_any_kind_is_read(client, length, status):
    response = client.post("/auth/app/v1/auth/login", {}, format="json", CONTENT_LENGTH=length)

    assert response.status_code == status
