from django.db import connection

from streaming.api import health


def test_livez_answers_without_anything(api):
    assert api.get("/livez").json() == {"live": True}


def test_readyz_is_ready_with_everything_there(transactional_db, api):
    response = api.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True, "missing": []})


def test_readyz_names_a_missing_redis_and_stays_ready(transactional_db, api, redis_server):
    redis_server.stop()

    response = api.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True, "missing": ["redis"]})


def test_readyz_names_migrations_that_have_not_run(transactional_db, api, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'billing')"
            " RETURNING app, name, applied"
        )
        row = cursor.fetchone()
    try:
        response = api.get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", row)

    assert (response.status_code, response.json()) == (503, {"ready": False, "missing": ["migrations"]})


def test_readyz_names_a_missing_database(transactional_db, api, postgres_server):
    connection.close()
    postgres_server.stop()

    response = api.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"ready": False, "missing": ["database"]})
    connection.close()


def test_a_load_balancer_may_ask_by_address(transactional_db, api):
    assert api.get("/livez", headers={"Host": "10.0.0.7"}).status_code == 200
    assert api.get("/readyz", headers={"Host": "10.0.0.7"}).status_code == 200
    assert api.get("/api/v1/tracks", headers={"Host": "10.0.0.7"}).status_code == 400
