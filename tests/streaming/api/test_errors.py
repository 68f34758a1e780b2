import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from rest_framework.exceptions import ErrorDetail

from streaming.api import errors
from streaming.lib.errors import Code
from tests.factories import TrackFactory

SHAPE = {"type", "title", "status", "code", "detail", "request_id", "errors"}


def assert_problem(response, status, code):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == SHAPE
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body


def test_an_unknown_route_is_a_problem(db, api):
    assert_problem(api.get("/no/such/route"), 404, "NOT_FOUND")
    assert_problem(api.get("/api/v1/nothing"), 404, "NOT_FOUND")


def test_an_unknown_track_is_404_and_a_malformed_uid_400_with_a_pointer(db, api):
    assert_problem(api.get("/api/v1/tracks/00000000-0000-7000-8000-000000000000"), 404, "NOT_FOUND")

    body = assert_problem(api.get("/api/v1/tracks/not-a-uid"), 400, "INVALID")
    assert body["errors"] == [{"pointer": "/uid", "code": "INVALID", "detail": "This is not a UUID."}]


def test_a_body_that_is_not_json_is_400(api_as, bob):
    response = api_as(bob).post("/api/v1/play-tickets", "{nope", content_type="application/json")

    assert_problem(response, 400, "MALFORMED_BODY")


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "3"])
def test_a_body_that_is_not_an_object_is_400(api_as, bob, body):
    response = api_as(bob).post("/api/v1/play-tickets", body, content_type="application/json")

    assert_problem(response, 400, "INVALID")


def test_a_body_over_the_limit_is_413(api_as, bob):
    response = api_as(bob).post("/api/v1/plays", "x" * (1024 * 1024 + 1), content_type="application/json")

    assert_problem(response, 413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("address", "content_type"),
    [
        ("/admin/uploads/start", "application/json"),
        ("/api/v1/plays", "multipart/form-data; boundary=x"),
        ("/api/v1/plays", "application/x-www-form-urlencoded"),
    ],
)
def test_only_a_form_of_the_admin_is_answered_with_a_page(db, client, address, content_type):
    response = client.post(address, "x" * (1024 * 1024 + 1), content_type=content_type)

    assert_problem(response, 413, "BODY_TOO_LARGE")


def test_another_media_type_is_415(api_as, bob):
    response = api_as(bob).post("/api/v1/play-tickets", "a=b", content_type="application/x-www-form-urlencoded")

    assert_problem(response, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_another_method_is_405(db, api):
    assert_problem(api.delete("/api/v1/tracks"), 405, "METHOD_NOT_ALLOWED")


def test_an_exception_nobody_expected_is_500_without_its_words(db, monkeypatch):
    def explode(viewer):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("catalog.music.queries.tracks_for", explode)

    response = Client(raise_request_exception=False).get("/api/v1/tracks")

    body = assert_problem(response, 500, "INTERNAL")
    assert "secret" not in str(body)


def test_a_database_that_is_gone_is_503():
    response = errors.handle(OperationalError("connection refused"), {})

    assert (response.status_code, response.data["code"]) == (503, "UNAVAILABLE")
    assert "refused" not in response.data["detail"]


def test_a_missing_csrf_token_is_a_problem(db):
    response = Client(enforce_csrf_checks=True).post("/admin/uploads/start", "{}", content_type="application/json")

    assert_problem(response, 403, "CSRF")


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/admin/catalog/label/add/", 403, "You may not do this"),
        ("/admin/catalog/nothing/", 404, "There is nothing here"),
    ],
)
def test_who_walks_through_the_admin_gets_a_page(staff_as, label_editor, address, status, words):
    client = staff_as(label_editor)

    page = client.get(address, headers={"accept": "text/html,*/*"})

    assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert f"<h1>{words}</h1>" in page.content.decode()
    assert "/admin/" in page.content.decode()
    assert_problem(client.get(address), status, {403: "FORBIDDEN", 404: "NOT_FOUND"}[status])


def test_a_lost_csrf_token_is_said_on_a_page_and_elsewhere_html_changes_nothing(db):
    client = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})

    assert "Reload the page" in client.post("/admin/login/", {}).content.decode()
    assert_problem(client.get("/api/v1/nothing"), 404, "NOT_FOUND")


def test_nested_messages_become_pointers():
    detail = {
        "items": [{}, {"track": [ErrorDetail("Bad.", code="invalid")]}],
        "non_field_errors": [ErrorDetail("Odd.", code="odd")],
    }

    assert [(found.pointer, found.code, found.detail) for found in errors.flatten(detail)] == [
        ("/items/1/track", "INVALID", "Bad."),
        ("", "ODD", "Odd."),
    ]


def test_the_request_id_of_the_proxy_is_kept_and_nonsense_is_not(db, api):
    kept = api.get("/livez", headers={"X-Request-Id": "ray-0123456789"})
    replaced = api.get("/livez", headers={"X-Request-Id": "<script>"})

    assert kept.headers["X-Request-Id"] == "ray-0123456789"
    assert replaced.headers["X-Request-Id"] != "<script>"


def test_other_refusals_of_django_are_problems_too():
    request = RequestFactory().get("/")
    for response, status in (
        (errors.bad_request(request, Exception()), 400),
        (errors.permission_denied(request, Exception()), 403),
        (errors.server_error(request), 500),
    ):
        assert response.status_code == status
        assert response.headers["Content-Type"] == "application/problem+json"


def test_every_code_of_the_list_is_documented():
    from pathlib import Path

    documented = Path("docs/api.md").read_text()
    assert [code for code in Code if f"`{code}`" not in documented] == []


def test_an_unknown_cursor_is_400_and_a_foreign_limit_too(db, api):
    TrackFactory()
    for query in ("cursor=abc", "limit=0", "limit=101", "limit=x"):
        assert_problem(api.get(f"/api/v1/tracks?{query}"), 400, "INVALID")
