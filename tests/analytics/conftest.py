import psycopg
import pytest
from django.db import connection

from tests.factories import RecordingFactory, TrackFactory


@pytest.fixture
def track(artist):
    return TrackFactory(recording=RecordingFactory(by=[artist]))


@pytest.fixture
def another_connection(transactional_db):
    """A second database session, as another process has it: for what it holds, and to look from outside."""
    params = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    params.pop("context", None)
    with psycopg.connect(**params) as session:
        yield session
        session.rollback()
