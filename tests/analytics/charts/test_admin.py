import pytest
from django.contrib.auth.models import Group

from analytics.charts.models import ChartDecision
from analytics.charts.roles import EDITOR_PERMISSIONS, ensure_roles
from analytics.charts.services import make_due
from tests.analytics.charts.listening import LONG_AGO, MONDAY, hear
from tests.factories import TrackFactory, UserFactory

DECISIONS = "/admin/analytics/chartdecision/"
ROWS = "/admin/analytics/chartrow/"


@pytest.fixture(autouse=True)
def on_monday(time_machine):
    time_machine.move_to(MONDAY, tick=False)


@pytest.fixture
def desk(staff_as, editor):
    ensure_roles()
    return staff_as(editor)


@pytest.fixture
def track(db):
    return TrackFactory()


def published(*tracks):
    person = UserFactory(created_at=LONG_AGO)
    for track in tracks:
        hear(person, track)
    make_due()


def decision(track, /, **changed):
    return {"chart": "tracks-daily", "track": track.pk, "verb": "hide", "reason": "Bought plays", **changed}


def test_an_editor_hides_a_row_and_shows_it_again_and_it_is_written_down(desk, editor, api, track):
    published(track)
    page = desk.get(ROWS).content.decode()
    assert f"chart=tracks-daily&amp;track={track.pk}" in page
    assert desk.get(f"{DECISIONS}add/?chart=tracks-daily&track={track.pk}").status_code == 200

    assert desk.post(f"{DECISIONS}add/", decision(track)).status_code == 302
    assert api.get("/api/v1/charts/tracks-daily").json()["rows"] == []
    assert desk.post(f"{DECISIONS}add/", decision(track, verb="show", reason="They were real")).status_code == 302
    assert len(api.get("/api/v1/charts/tracks-daily").json()["rows"]) == 1

    history = list(ChartDecision.objects.order_by("pk").values_list("verb", "reason", "actor_uid", "at"))
    assert history == [("hide", "Bought plays", editor.uid, MONDAY), ("show", "They were real", editor.uid, MONDAY)]
    shown = desk.get(DECISIONS).content.decode()
    assert "Bought plays" in shown
    assert track.recording.title in shown


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reason": ""}, "This field is required"),
        ({"track": ""}, "choose the one that it is about"),
        ({"chart": "artists-daily"}, "choose the one that it is about"),
        ({"chart": "nothing"}, "Select a valid choice"),
    ],
)
def test_a_decision_has_a_reason_and_fits_its_chart(desk, track, changed, words):
    answer = desk.post(f"{DECISIONS}add/", decision(track, **changed))
    assert (answer.status_code, ChartDecision.objects.count()) == (200, 0)
    assert words in str(answer.context["adminform"].form.errors)


def test_a_decision_outlives_what_it_is_about_and_is_not_changed(desk, track):
    desk.post(f"{DECISIONS}add/", decision(track))
    made = ChartDecision.objects.get()
    track.delete()
    page = desk.get(f"{DECISIONS}{made.pk}/change/")
    assert "no longer to be seen" in page.content.decode()
    assert desk.post(f"{DECISIONS}{made.pk}/change/", {"reason": "Another"}).status_code == 403
    assert desk.post(f"{DECISIONS}{made.pk}/delete/", {"post": "yes"}).status_code == 403


def test_label_staff_and_support_hide_nothing(staff_as, label_editor, track):
    support = UserFactory(is_staff=True)
    support.groups.add(Group.objects.get(name="support"))
    for person in (label_editor, support):
        assert not [name for name in EDITOR_PERMISSIONS if person.has_perm(f"analytics.{name}")]
        assert staff_as(person).post(f"{DECISIONS}add/", decision(track)).status_code == 403
    assert not ChartDecision.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("page", [ROWS, DECISIONS])
def test_a_list_costs_the_same_with_one_and_three_rows(desk, page, count, django_assert_max_num_queries):
    tracks = [TrackFactory() for _ in range(count)]
    published(*tracks)
    for track in tracks:
        ChartDecision.objects.create(chart="tracks-daily", track=track, reason="Bought plays")
    desk.get(page)
    # Who asks and what they may do, how many there are, the rows with their names, and the days to filter by.
    with django_assert_max_num_queries(8):
        desk.get(page)
