import pytest

from catalog.search import elastic, engines, rebuild
from catalog.search.backlog import store_waiting
from catalog.search.documents import PREFIX
from catalog.search.indexing import index_waiting


@pytest.fixture(autouse=True)
def untried():
    """Each test begins as a new process does."""
    elastic.breaker.close()
    engines.freshness.forget()


@pytest.fixture
def elasticsearch(db, settings, elasticsearch_url):
    """An empty index on a real server, as the worker makes it when there is none."""
    settings.ELASTICSEARCH_URL = elasticsearch_url
    remove_indices()
    rebuild.rebuild()
    yield elastic.writer()
    settings.ELASTICSEARCH_URL = elasticsearch_url
    remove_indices()


def remove_indices():
    for name in elastic.writer().indices.get(index=f"{PREFIX}*").body:
        elastic.writer().indices.delete(index=name)


@pytest.fixture(params=["postgresql", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def engine(request, db):
    """Each engine in turn."""
    if request.param == "elasticsearch":
        request.getfixturevalue("elasticsearch")
    return request.param


@pytest.fixture
def index(db, settings):
    """Works the backlog off, as the worker does within a second or two, and lets Elasticsearch see it."""

    def work_off():
        while store_waiting():
            pass
        if settings.ELASTICSEARCH_URL:
            index_waiting()
            elastic.writer().indices.refresh(index=f"{PREFIX}*")

    return work_off
