"""`manage.py create_staff --role label --label NAME`: the account and its place in the label's team, or neither."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from catalog.music.models import Membership
from catalog.music.scope import OWNING, is_owned
from tests.factories import LabelFactory, ReleaseFactory
from tests.factories.accounts import PASSWORD

EMAIL = "nadia@example.com"


@pytest.fixture
def create(db, monkeypatch):
    monkeypatch.setenv("STAFF_PASSWORD", PASSWORD)

    def call(role="label", **options):
        call_command("create_staff", email=EMAIL, role=role, **options)
        return User.objects.get(email=EMAIL)

    return call


def test_they_own_the_label_and_no_other(create, label, capsys):
    user = create(label="Night Bus Records")

    assert (user.is_staff, [group.name for group in user.groups.all()]) == (True, ["label staff"])
    assert is_owned(user, ReleaseFactory(label=label), OWNING)
    assert not is_owned(user, ReleaseFactory(label=LabelFactory()))
    assert "in the team of Night Bus Records" in capsys.readouterr().out


def test_again_they_keep_their_role_and_join_the_next_label(create, label):
    other = LabelFactory(name="Elsewhere")
    create(label=label.name)
    Membership.objects.update(role="member")

    user = create(label=label.name)
    create(label=other.name)

    places = Membership.objects.filter(user=user).order_by("pk").values_list("label__name", "role")
    assert list(places) == [("Night Bus Records", "member"), ("Elsewhere", "owner")]


def test_a_label_that_is_not_there_makes_nobody(create):
    with pytest.raises(CommandError, match="There is no label named Day Bus"):
        create(label="Day Bus")

    assert not User.objects.exists()


def test_a_label_goes_with_the_role_of_labels_only(create, label):
    with pytest.raises(CommandError, match="--label goes with --role label"):
        create(role="editor", label=label.name)

    assert not User.objects.exists()


def test_without_a_label_they_reach_nothing_yet(create, label):
    user = create()

    assert user.is_staff
    assert not is_owned(user, label)
