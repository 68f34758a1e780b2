"""The audit log in the admin: read, filtered, and never written."""

import pytest
from django.contrib.auth.models import Group

from accounts.audit.services import Event, record
from accounts.roles.groups import SUPPORT, ensure_accounts
from tests.factories import UserFactory


@pytest.fixture
def admin(db, staff_as):
    ensure_accounts()
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=SUPPORT))
    return staff_as(user)


@pytest.fixture
def entries(db, bob, alice):
    record(Event.SIGNED_IN, user=bob)
    record(Event.REFRESH_REUSED, user=alice)


def rows(admin, query=""):
    return [entry.event for entry in admin.get(f"/admin/accounts/auditentry/{query}").context["cl"].result_list]


def test_support_reads_it_newest_first(admin, entries):
    assert rows(admin) == ["refresh_reused", "signed_in"]


def test_it_is_filtered_by_event_and_found_by_user(admin, entries, bob):
    assert rows(admin, "?event=signed_in") == ["signed_in"]
    assert rows(admin, f"?q={bob.uid}") == ["signed_in"]


def test_a_search_for_what_is_no_uid_finds_nothing_and_breaks_nothing(admin, entries):
    assert rows(admin, "?q=bob") == []


def test_nobody_writes_it(admin, entries, staff_as):
    from accounts.models import AuditEntry

    entry = AuditEntry.objects.first()
    operator = staff_as(UserFactory(is_staff=True, is_superuser=True))
    for path in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/"):
        assert operator.post(f"/admin/accounts/auditentry/{path}", {"event": "x"}).status_code == 403


def test_an_editor_does_not_read_it(editor, staff_as, entries):
    assert staff_as(editor).get("/admin/accounts/auditentry/").status_code == 403
