import pytest


@pytest.fixture(params=["postgresql"])
def engine(request, db):
    """Each engine in turn."""
    return request.param
