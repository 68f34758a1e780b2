"""What pages and answers may load (OWASP ASVS 5.0, 3.4.3 and 3.4.6)."""

from django.conf import settings

from streaming.api import content_policy


def policy_of(response):
    return dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))


def test_the_listening_page_runs_only_our_own_scripts(db, client, tmp_path, settings):
    (tmp_path / "index.html").write_text("<p>page</p>")
    settings.WEB_DIST = tmp_path

    policy = policy_of(client.get("/"))

    assert policy["script-src"] == "'self'"
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'", "'none'")


def test_the_listening_page_may_play_from_the_edge_and_from_memory():
    assert f"media-src 'self' blob: {settings.MEDIA_BASE_URL.rstrip('/')}" in content_policy.listening_page()


def test_json_may_load_nothing(db, api):
    assert policy_of(api.get("/api/v1/tracks"))["default-src"] == "'none'"


def test_every_page_refuses_frames_and_a_foreign_base(db, client):
    policy = policy_of(client.get("/api/docs/"))

    assert (policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'")
