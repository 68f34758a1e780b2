"""schemathesis over the whole schema: whatever is sent, no operation answers with a server error."""

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error

from accounts.sessions.services import start_session
from streaming.lib import redis
from streaming.wsgi import application
from tests.factories import TrackFactory

schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
EXAMPLES = 25


@pytest.fixture(autouse=True)
def one_connection():
    """The end of a request closes connections, and with them the test's transaction; Django's test client does this."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


@pytest.fixture
def everything(db, alice, artist_member):
    TrackFactory(ready=True)
    return alice


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "nobody"])
@schema.parametrize()
@seed(20261125)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_input_makes_a_server_error(everything, case: Case, signed_in):
    # A fresh session each time (the operation may end it), and no limit used up by the calls before.
    redis.client().flushdb()
    headers = {"Authorization": f"Bearer {start_session(user=everything).access_token}"} if signed_in else {}

    case.call_and_validate(headers=headers, checks=[not_a_server_error])
