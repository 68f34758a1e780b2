"""ISRC and UPC are unique over all labels: who enters one that another label has learns that, and nothing else."""

import threading

import pytest
from django.db import connection, transaction

from catalog.music.models import Recording, Release
from tests.catalog.bulk.test_admin import preview, problems, table
from tests.catalog.ingest.test_inbox import errors, waiting
from tests.catalog.ingest.test_inbox import send as send_files
from tests.catalog.music import other_label
from tests.catalog.music.forms import form_of, send
from tests.catalog.music.other_label import MARK, uids
from tests.factories import ArtistFactory, RecordingFactory, ReleaseFactory

ISRC, UPC = "NLA402600077", "4006381333931"
CODES = [("recording", "isrc", ISRC), ("release", "upc", UPC)]


@pytest.fixture
def theirs(db):
    return other_label.build()


@pytest.fixture
def client(staff_as, label_editor, theirs):
    return staff_as(label_editor)


@pytest.fixture
def ours(label):
    artist = ArtistFactory(name="Night Owl", label=label)
    return {
        "recording": RecordingFactory(label=label, by=[artist]),
        "release": ReleaseFactory(label=label, by=[artist]),
    }


def sentence(code):
    return (
        f"This {code.upper()} is registered already. Check it for a typing error; if it is right, an editor can help."
    )


def tells_nothing(answer, theirs):
    """Neither names, nor keys as a link would have, nor whose it is."""
    text = answer.content.decode().lower()
    links = [f"/{name}/{theirs[name].pk}/" for name in ("recording", "release", "label")]
    return not [one for one in (MARK.lower(), *uids(theirs), *links, "another label", "other label") if one in text]


@pytest.mark.parametrize(("model", "code", "value"), CODES)
def test_a_form_refuses_a_code_of_another_label_and_tells_nothing(model, code, value, client, ours, theirs):
    address = f"/admin/catalog/{model}/{ours[model].pk}/change/"
    form = form_of(client, address)
    form.fill({code: value})

    refused = send(client, address, form)

    assert refused.status_code == 200
    assert refused.context["adminform"].form.errors == {code: [sentence(code)]}
    assert tells_nothing(refused, theirs)


@pytest.mark.parametrize(("model", "code", "value"), CODES)
def test_it_says_the_same_of_a_code_of_ones_own_label(model, code, value, client, ours, label):
    mine = (RecordingFactory if model == "recording" else ReleaseFactory)(label=label)
    own = {"isrc": "QZBBT2600001", "upc": "0036000291452"}[code]
    type(mine).objects.filter(pk=mine.pk).update(**{code: own})
    address = f"/admin/catalog/{model}/{ours[model].pk}/change/"
    form = form_of(client, address)
    form.fill({code: own})

    assert send(client, address, form).context["adminform"].form.errors == {code: [sentence(code)]}


def test_the_upload_page_refuses_them_and_tells_nothing(client, label, theirs):
    master = waiting(label, isrc=ISRC, album="Dawn", upc=UPC)

    refused = send_files(client, master)

    assert errors(refused) == {"isrc": [sentence("isrc")], "upc": [sentence("upc")]}
    assert tells_nothing(refused, theirs)
    assert not Recording.objects.filter(label=label).exists()


@pytest.mark.parametrize(("model", "code", "value"), CODES)
def test_an_import_refuses_them_and_tells_nothing(model, code, value, client, ours, label, theirs):
    row = {code: value, "title": "Dawn", "label": label.name, "artists": "Night Owl", "released_on": "2026-01-01"}
    if model == "recording":
        del row["released_on"]

    refused = preview(client, model, table(row))

    assert problems(refused) == [f"1: {code}: {sentence(code)}"]
    assert tells_nothing(refused, theirs)
    assert not Release.objects.filter(title="Dawn").exists()


@pytest.mark.django_db(transaction=True)
def test_a_code_that_somebody_saves_at_the_same_moment_is_said_beside_what_was_typed(staff_as, editor):
    """The other one has not committed when the form is checked, so that the check finds nothing."""
    recording = RecordingFactory()
    client, address = staff_as(editor), f"/admin/catalog/recording/{recording.pk}/change/"
    form = form_of(client, address)
    form.fill({"isrc": ISRC, "title": "Typed"})
    saved = threading.Event()

    def somebody():
        with transaction.atomic():
            RecordingFactory(isrc=ISRC)
            saved.set()
            wait_until_somebody_waits()
        connection.close()

    other = threading.Thread(target=somebody)
    other.start()
    saved.wait(30)
    answer = send(client, address, form)
    other.join()

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {"isrc": [sentence("isrc")]}
    assert answer.context["adminform"].form["title"].value() == "Typed"
    recording.refresh_from_db()
    assert recording.title != "Typed"


def wait_until_somebody_waits():
    """Until another session waits for a lock, as it does for a key that is not committed."""
    for _ in range(3_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01), count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[1]:
                return
    raise AssertionError("nobody waits")
