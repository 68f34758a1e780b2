"""Who may do what: by role, per object, and nothing by default."""

import pytest
import rules
from django.contrib import admin
from django.contrib.auth.models import Group, Permission

from accounts.models import Session, User
from accounts.roles.groups import ALL, LABEL_STAFF, SUPPORT, ensure_accounts
from accounts.roles.permissions import may
from accounts.sessions.services import start_session
from catalog.music.models import Release
from tests.factories import ReleaseFactory, UserFactory


@pytest.fixture
def support(db):
    ensure_accounts()
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=SUPPORT))
    return user


@pytest.fixture
def label_staff(db):
    ensure_accounts()
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=LABEL_STAFF))
    return user


def test_the_roles_are_there_after_the_migrations(db):
    assert set(Group.objects.values_list("name", flat=True)) >= set(ALL)


def test_a_role_without_a_rule_gets_at_nothing(label_staff):
    """Label staff may be given the model's permission: without a rule for the row that opens none."""
    release = ReleaseFactory()
    label_staff.user_permissions.add(Permission.objects.get(codename="change_release"))
    label_staff = User.objects.get(pk=label_staff.pk)

    assert label_staff.has_perm("catalog.change_release")
    assert not may(label_staff, "catalog.change_release", release)


def test_a_rule_without_the_role_opens_nothing(db, bob):
    release = ReleaseFactory()
    rules.set_perm("catalog.view_release", rules.always_true)
    try:
        bob.is_active = True
        assert not may(User(is_active=False), "catalog.view_release", release)
    finally:
        from catalog.music.staff import rule_of

        rules.set_perm("catalog.view_release", rule_of("view_release"))


def test_what_no_rule_names_is_denied(db, editor):
    assert not may(editor, "catalog.fly_release", ReleaseFactory())


def test_an_editor_may_change_a_release(editor):
    assert may(User.objects.get(pk=editor.pk), "catalog.change_release", ReleaseFactory())


def test_label_staff_do_not_see_a_release_of_anybody_in_the_admin(label_staff, staff_as):
    release = ReleaseFactory()
    label_staff.user_permissions.add(*Permission.objects.filter(content_type__model="release"))

    answer = staff_as(label_staff).get(f"/admin/catalog/release/{release.pk}/change/")

    assert answer.status_code in (302, 403)
    assert Release.objects.filter(pk=release.pk).exists()


# Which rows a role sees in the admin's lists, and which it may add to.
SEES = {
    "editor": {
        "accounts.user", "analytics.chartdecision", "analytics.chartrow", "catalog.artist", "catalog.asset",
        "catalog.genre", "catalog.ingestjob", "catalog.label", "catalog.master", "catalog.membership",
        "catalog.playlist", "catalog.recording", "catalog.release", "catalog.rightschange", "catalog.rule",
        "catalog.takedown", "catalog.track",
    },
    "support": {
        "accounts.user",
        "accounts.auditentry",
        "billing.grant",
        "billing.product",
        "billing.providerevent",
        "billing.purchase",
        "billing.subscriber",
    },
    "label": {
        "catalog.artist", "catalog.asset", "catalog.genre", "catalog.ingestjob", "catalog.label", "catalog.master",
        "catalog.membership", "catalog.recording", "catalog.release", "catalog.rightschange", "catalog.rule",
        "catalog.takedown", "catalog.track",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", SEES)
def test_every_model_of_the_admin_is_seen_by_the_roles_that_are_meant(role, editor, support, label_staff, rf):
    user = {"editor": editor, "support": support, "label": label_staff}[role]
    request = rf.get("/")
    request.user = User.objects.get(pk=user.pk)

    seen = {
        model._meta.label_lower for model, page in admin.site._registry.items() if page.has_view_permission(request)
    }

    assert {name for name in seen if name in SEES[role]} == seen


@pytest.mark.parametrize("role", ["support", "editor"])
def test_only_operators_change_an_account(role, support, editor, bob, staff_as):
    client = staff_as({"support": support, "editor": editor}[role])

    page = client.post(f"/admin/accounts/user/{bob.pk}/change/", {"is_staff": "on", "is_superuser": "on"})

    assert page.status_code == 403
    bob.refresh_from_db()
    assert not bob.is_staff


def end_all(client, *users):
    data = {"action": "end_all_sessions", "_selected_action": [user.pk for user in users]}
    return client.post("/admin/accounts/user/", data)


def test_support_ends_somebodys_sessions_and_it_is_noted(support, bob, staff_as, api_as):
    listener = api_as(bob)

    end_all(staff_as(support), bob)

    assert listener.get("/api/v1/me").status_code == 401
    from accounts.audit.models import AuditEntry

    entry = AuditEntry.objects.get(event="sessions_ended")
    assert (entry.user_uid, entry.actor_uid, entry.details) == (bob.uid, support.uid, {"reason": "staff", "count": 1})


def test_an_editor_ends_nobodys_sessions(editor, bob, staff_as):
    start_session(user=bob)

    end_all(staff_as(editor), bob)

    assert Session.objects.live().count() == 1


def test_disabling_an_account_ends_its_sessions_whoever_does_it(bob, api_as):
    listener = api_as(bob)

    bob.is_active = False
    bob.save(update_fields=["is_active"])

    assert listener.get("/api/v1/me").status_code == 401
    assert Session.objects.get().end_reason == "disabled"


def test_a_user_who_is_deleted_is_out_at_once(bob, api_as):
    listener = api_as(bob)
    listener.get("/api/v1/me")

    bob.delete()

    assert listener.get("/api/v1/me").status_code == 401
