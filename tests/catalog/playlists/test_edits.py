"""Random edits by two editors: the order is what a plain list would have, whatever is refused or numbered anew."""

import uuid

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import User
from catalog.music.models import Track
from catalog.playlists import rules, services
from catalog.playlists.queries import order_of
from tests.factories import TrackFactory, UserFactory, viewer_of_user

EDITORS = st.integers(0, 1)
PLACES = st.integers(0, 60)
SOME = st.lists(PLACES, min_size=1, max_size=4)


class Edits(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.viewer = viewer_of_user(User.objects.first() or UserFactory())
        while Track.objects.count() < 3:
            TrackFactory()
        self.tracks = list(Track.objects.values_list("uid", flat=True))
        self.playlist = services.create_playlist(viewer=self.viewer, name="Two of us")
        self.model: list[uuid.UUID] = []
        self.revision = 1
        # What each editor has on the screen.
        self.seen = [(1, []), (1, [])]

    def edit(self, editor, make):
        """Sends the edit that the editor means by what they see. An old revision is refused and changes nothing; the
        editor looks again, as the 412 tells, and the other one does not."""
        known, order = self.seen[editor]
        edit = make(list(order))
        if edit is None:
            return
        call, after = edit
        keys = {"viewer": self.viewer, "uid": self.playlist.uid, "revisions": frozenset({known})}
        if known != self.revision:
            with pytest.raises(services.RevisionOutdated):
                call(keys)
        else:
            answer = call(keys)
            self.revision += 1
            self.model = after(answer)
        self.seen[editor] = (self.revision, list(self.model))

    @rule(editor=EDITORS, places=SOME, place=PLACES)
    def insert(self, editor, places, place):
        tracks = [self.tracks[one % 3] for one in places]

        def make(order):
            before = order[place] if place < len(order) else None

            def after(answer):
                at = min(place, len(order))
                return order[:at] + [entry.uid for entry, _ in answer.entries] + order[at:]

            return lambda keys: services.add_tracks(tracks=tracks, before=before, skip_present=False, **keys), after

        self.edit(editor, make)

    @rule(editor=EDITORS, places=SOME, place=PLACES)
    def move(self, editor, places, place):
        def make(order):
            moved = list(dict.fromkeys(order[one % len(order)] for one in places)) if order else []
            rest = [one for one in order if one not in moved]
            if not moved:
                return None
            before = rest[place] if place < len(rest) else None
            at = min(place, len(rest))
            return (
                lambda keys: services.move_entries(entries=moved, before=before, **keys),
                lambda _: rest[:at] + moved + rest[at:],
            )

        self.edit(editor, make)

    @rule(editor=EDITORS, places=SOME)
    def remove(self, editor, places):
        def make(order):
            gone = {order[one % len(order)] for one in places} if order else {uuid.uuid4()}
            return (
                lambda keys: services.remove_entries(entries=list(gone), **keys),
                lambda _: [one for one in order if one not in gone],
            )

        self.edit(editor, make)

    @rule(editor=EDITORS)
    def look(self, editor):
        self.seen[editor] = (self.revision, list(self.model))

    def teardown(self):
        self.playlist.delete()

    @invariant()
    def the_order_is_the_models(self):
        if hasattr(self, "model"):
            assert order_of(self.viewer, self.playlist) == self.model


def test_ten_thousand_random_edits_by_two_leave_the_order_of_a_plain_list(transactional_db, monkeypatch):
    """In runs of 250. Gaps of eight, so that lists are numbered anew all the time."""
    monkeypatch.setattr(rules, "STEP", 8)
    monkeypatch.setattr("catalog.playlists.arrange.STEP", 8)
    plan = settings(
        max_examples=40, stateful_step_count=250, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip

    run_state_machine_as_test(Edits, settings=plan)


@pytest.mark.parametrize(
    ("below", "above", "count", "expected"),
    [
        (None, None, 0, []), (0, 4, 3, [1, 2, 3]), (0, 3, 3, None), (5, 6, 1, None), (0, 10, 1, [5]),
        (rules.HIGHEST, None, 1, None), (None, -rules.HIGHEST, 1, None),
    ],
)  # fmt: skip
def test_ranks_are_between_their_neighbours_or_there_are_none(below, above, count, expected):
    assert rules.ranks_between(below, above, count) == expected


def test_ranks_at_the_ends_leave_room_for_more():
    last = rules.ranks_between(0, None, 3)
    first = rules.ranks_between(None, 0, 3)

    assert last == [rules.STEP, 2 * rules.STEP, 3 * rules.STEP]
    assert first == [-3 * rules.STEP, -2 * rules.STEP, -rules.STEP]
