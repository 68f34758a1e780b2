"""Erasing a person: nothing personal is left in any column, and no total moves."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection
from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.mail import services as mail
from accounts.models import Session, User
from accounts.privacy import exports
from accounts.privacy.services import erase_user
from accounts.sessions.services import Client as App
from accounts.sessions.services import start_session
from analytics.plays.models import ListenerNumber, Play
from analytics.totals.models import TrackDay
from analytics.totals.services import roll_up
from billing.services import give_grant
from catalog.music.models import Membership
from catalog.playlists.models import Playlist
from catalog.search.backlog import store_waiting
from tests.analytics.sending import as_json, sent_play, ticket_for
from tests.factories import ArtistFactory, TrackFactory, UserFactory
from tests.factories.accounts import PASSWORD

EMAIL = "wilhelmina.quux@example.com"
NAME = "Wilhelmina Quuxworthy"
NEEDLES = ("wilhelmina", "quux")


@pytest.fixture
def person(transactional_db):
    return UserFactory(email=EMAIL, display_name=NAME, hide_explicit=True)


def text_columns():
    """Every column of every table that can hold text, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT table_name, column_name, data_type FROM information_schema.columns
            JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
              AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'character')
            """
        )
        return cursor.fetchall()


def found_in_database():
    found = []
    for table, column, kind in text_columns():
        value = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {value} FROM "{table}" WHERE "{column}" IS NOT NULL')
            for (text,) in cursor.fetchall():
                if any(needle in text.lower() for needle in NEEDLES):
                    found.append(f"{table}.{column}")
    # What Django signs is packed: it is read as Django reads it.
    flows = [str(stored.get_decoded()).lower() for stored in SessionStore.get_model_class().objects.all()]
    found += ["django_session, inside" for text in flows if any(needle in text for needle in NEEDLES)]
    return sorted(set(found))


def leave_traces_everywhere(person, staff_as):
    """Through the paths that people use."""
    operator = UserFactory(is_staff=True, is_superuser=True)
    admin = staff_as(operator)
    start_session(user=person, client=App(name=f"{NAME}’s phone"), flow_state={"email": EMAIL})
    give_grant(user=person, reason="gift", note=f"for {NAME}, as agreed with {EMAIL}")
    Membership.objects.create(user=person, artist=ArtistFactory(), role=Membership.Role.OWNER)
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    SocialAccount.objects.create(user=person, provider="google", uid="1", extra_data={"email": EMAIL, "name": NAME})
    exports.ask_export(user=person)
    browser = Client()
    login = {"email": EMAIL, "password": PASSWORD}
    browser.post("/auth/app/v1/auth/login", login, content_type="application/json")
    browser.post("/auth/app/v1/auth/login", {**login, "password": "wrong"}, content_type="application/json")
    browser.post("/auth/app/v1/auth/password/request", {"email": EMAIL}, content_type="application/json")
    page = admin.get(f"/admin/accounts/user/{person.pk}/change/").context["adminform"].form
    form = {name: value for name, value in page.initial.items() if value is not None and name != "groups"}
    totals = {"sessions-TOTAL_FORMS": 0, "sessions-INITIAL_FORMS": 0}
    changed = admin.post(
        f"/admin/accounts/user/{person.pk}/change/", {**form, **totals, "display_name": NAME, "market": "DE"}
    )
    assert changed.status_code == 302, changed.context["errors"]
    mail.send(to=EMAIL, template="export_ready")
    Playlist.objects.create(owner=person, name=f"Best of {NAME}", description=NAME, visibility="public")
    store_waiting()


def test_nothing_of_the_person_is_left_in_any_column(person, staff_as):
    leave_traces_everywhere(person, staff_as)
    assert len(found_in_database()) > 8

    erase_user(user=person)

    assert found_in_database() == []
    person.refresh_from_db()
    assert (person.email, person.is_active, person.has_usable_password()) == (
        f"{person.uid}@erased.invalid",
        False,
        False,
    )
    assert AuditEntry.objects.get(event="erased").user_uid == person.uid


def test_no_total_moves(person, api_as):
    track = TrackFactory()
    play = as_json(sent_play(ticket_for(person, track)))
    assert api_as(person).post("/api/v1/plays", {"plays": [play]}, "json").status_code == 200
    roll_up()
    before = (list(TrackDay.objects.values()), Play.objects.count())
    assert before[0]

    erase_user(user=person)
    roll_up()

    assert (list(TrackDay.objects.values()), Play.objects.count()) == before
    assert not ListenerNumber.objects.exists()


def reauthenticated(client, person):
    headers = {"Authorization": f"Bearer {client.signed_in.access_token}"}
    proof = {"password": PASSWORD}
    assert client.post("/auth/app/v1/auth/reauthenticate", proof, "json", headers=headers).status_code == 200


def test_erasing_needs_a_fresh_proof_and_ends_everything(person, api_as):
    client, elsewhere = api_as(person), api_as(person)
    refused = client.delete("/api/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "REAUTHENTICATION_REQUIRED")
    reauthenticated(client, person)

    assert client.delete("/api/v1/me").status_code == 204

    for one in (client, elsewhere):
        assert one.get("/api/v1/me").json()["code"] == "TOKEN_INVALID"
        answer = one.post("/auth/refresh", {"refresh_token": one.signed_in.refresh_token}, "json")
        assert answer.json()["code"] == "SESSION_ENDED"
    login = {"email": EMAIL, "password": PASSWORD}
    assert Client().post("/auth/app/v1/auth/login", login, content_type="application/json").status_code == 400


def test_a_proof_of_another_session_is_not_enough(person, api_as):
    client, elsewhere = api_as(person), api_as(person)
    reauthenticated(elsewhere, person)

    assert client.delete("/api/v1/me").status_code == 403


def test_erasing_twice_and_at_once_is_one_erasure(person):
    gate = threading.Barrier(4)

    def erase(_):
        gate.wait(30)
        try:
            erase_user(user=User.objects.get(pk=person.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(erase, range(4)))

    assert AuditEntry.objects.filter(event="erased").count() == 1


def test_the_address_is_free_again(person):
    erase_user(user=person)

    assert UserFactory(email=EMAIL).pk != person.pk


def test_an_operator_erases_after_a_confirmation_and_support_can_not(person, staff_as, editor):
    def post(client, **more):
        return client.post("/admin/accounts/user/", {"action": "erase", "_selected_action": [person.pk], **more})

    post(staff_as(editor), confirmed="yes")
    operator = UserFactory(is_staff=True, is_superuser=True)
    admin = staff_as(operator)
    page = post(admin)
    person.refresh_from_db()
    assert EMAIL in page.content.decode()
    assert person.erased_at is None

    post(admin, confirmed="yes")

    person.refresh_from_db()
    assert person.erased_at is not None
    assert AuditEntry.objects.get(event="erased").actor_uid == operator.uid


def test_nobody_deletes_an_account_in_the_admin(person, staff_as):
    admin = staff_as(UserFactory(is_staff=True, is_superuser=True))

    assert admin.post(f"/admin/accounts/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_session_that_is_erased_says_so(person):
    start_session(user=person)
    erase_user(user=person)

    assert Session.objects.get().end_reason == "erased"
