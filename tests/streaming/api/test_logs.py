import io
import json
import logging
import logging.config

from streaming.api.request_id import RequestIdMiddleware


def test_a_log_line_is_json_with_the_request_id(settings, rf):
    stream = io.StringIO()
    config = {**settings.LOGGING, "handlers": {"stderr": {**settings.LOGGING["handlers"]["stderr"], "stream": stream}}}
    answer = RequestIdMiddleware(lambda request: logging.getLogger("trial").warning("two\nlines") or {})
    try:
        logging.config.dictConfig(config)
        response = answer(rf.get("/", headers={"X-Request-Id": "ray-0123456789"}))
    finally:
        logging.config.dictConfig(settings.LOGGING)

    [line] = stream.getvalue().splitlines()
    said = json.loads(line)
    assert (said["message"], said["level"], said["logger"]) == ("two\nlines", "WARNING", "trial")
    assert said["request_id"] == response["X-Request-Id"] == "ray-0123456789"


def test_what_a_client_sends_to_sign_in_is_in_no_log_line(db, api, caplog):
    with caplog.at_level(logging.DEBUG):
        api.post(
            "/auth/app/v1/auth/login", {"email": "eve@example.com", "password": "a very secret word"}, format="json"
        )
        api.get("/api/v1/me", headers={"Authorization": "Bearer a-very-secret-token"})

    written = [str(vars(record)) for record in caplog.records]
    assert [line for line in written if "a very secret word" in line or "a-very-secret-token" in line] == []
