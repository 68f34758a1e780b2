from streaming.settings.base import *  # noqa: F403

ROOT_URLCONF = "tests.bench._urls"
# Nothing may throttle here.
TICKETS_PER_MINUTE = 1_000_000_000
API_PER_MINUTE_ACCOUNT = API_PER_MINUTE_SESSION = API_PER_MINUTE_ADDRESS = AUTH_PER_MINUTE_ADDRESS = 1_000_000_000
ALLOWED_HOSTS = ["*"]
