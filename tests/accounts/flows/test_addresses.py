"""One address, one account: spellings, races, and the library's table beside ours."""

import threading
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection

from accounts.models import User
from accounts.users.emails import normalise_email
from streaming.lib import clock
from tests.accounts.flows.conftest import NEW_PASSWORD, App, errors_of
from tests.factories import UserFactory
from tests.factories.accounts import PASSWORD

SPELLINGS = [
    ("a@ꭰ.com", "a@Ꭰ.com"),
    ("dora@müller.de", "DORA@XN--MLLER-KVA.DE"),
    ("dora@example.com", "Dora@exa\u00admple.com"),
    ("dora@example.com", "dora@ｅxample.com"),
    ("dora@a.example.com", "dora@a。example.com"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_spellings_of_an_address_are_one_account_everywhere(mails, one, other):
    app = App()
    app.sign_up(one)
    app.enter(mails.code())
    user = User.objects.get()
    assert app.is_signed_in()
    mails.clear()

    App().sign_up(other)
    assert mails.newest().subject == "You have an account already"
    assert User.objects.count() == EmailAddress.objects.count() == 1
    assert App().sign_in(other).status_code == 200
    visitor = App()
    visitor.post("auth/password/request", {"email": other})
    assert mails.newest().to == user.email
    visitor.post("auth/password/reset", {"key": mails.code(), "password": NEW_PASSWORD})
    assert App().sign_in(one, NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_a_change_to_another_spelling_of_a_taken_address_is_refused_even_with_the_code(bob, mails, one, other):
    """The code went to the owner of the mailbox: nobody else learns that it has an account."""
    owner = UserFactory(email=normalise_email(one))
    app = App()
    app.sign_in(bob.email)
    app.reauthenticate()
    app.post("account/email", {"email": other})
    assert mails.newest().to == owner.email

    assert errors_of(app.enter(mails.code())) == {("key", "email_taken")}

    assert not EmailAddress.objects.filter(user=bob, email=owner.email).exists()


@pytest.mark.parametrize("email", ["a@\u0378.com", "a@xn--.com", "a@\U0001fae9\u0378.com", "a@" + "ꭰ" * 70 + ".com"])
def test_a_domain_that_can_not_exist_is_refused(db, email):
    assert App().sign_up(email).status_code == 400
    assert App().sign_in(email).status_code == 400
    assert App().post("auth/password/request", {"email": email}).status_code == 400


def at_once(count, call):
    """What each of so many threads got."""
    results, start = [], threading.Barrier(count)

    def run():
        start.wait()
        try:
            results.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_sign_ups_at_once_make_one_account_and_get_one_answer(transactional_db):
    """Who comes second has an account to be told of, as if they had come later: at most one mail in ten seconds."""
    statuses = at_once(6, lambda: App().sign_up().status_code)

    assert statuses.count(401) >= 1
    assert set(statuses) <= {401, 429}
    assert User.objects.count() == EmailAddress.objects.count() == 1


def test_an_address_that_was_taken_while_its_code_was_on_the_way_is_refused(transactional_db, bob, mails):
    app = App()
    app.sign_in(bob.email)
    app.reauthenticate()
    app.post("account/email", {"email": "robert@example.com"})
    code = mails.code()
    with time_machine.travel(clock.now() + timedelta(seconds=11)):
        App("198.51.100.9").sign_up("robert@example.com")

        assert app.enter(code).status_code in (400, 409)

    bob.refresh_from_db()
    assert bob.email == "bob@example.com"
    assert EmailAddress.objects.get(user=bob, primary=True).email == "bob@example.com"
    assert app.is_signed_in()


def test_an_address_that_staff_correct_is_the_one_that_signs_in(bob):
    bob.email = "robert@example.com"
    bob.save()

    assert EmailAddress.objects.get(user=bob).email == "robert@example.com"
    assert App().sign_in("robert@example.com").status_code == 200
    assert App().sign_in("bob@example.com").status_code == 400


def test_a_sign_in_is_noted_on_the_user(bob):
    assert bob.last_login is None

    App().sign_in(bob.email)

    bob.refresh_from_db()
    assert bob.last_login is not None


@pytest.fixture
def migration():
    return import_module("accounts.migrations.0008_verified_addresses")


def test_accounts_from_before_have_verified_addresses_after_the_migration(db, migration, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    users = UserFactory.create_batch(5, verified_address=False)
    kept = UserFactory()

    migration.verify_addresses(apps, None)
    migration.verify_addresses(apps, None)

    assert EmailAddress.objects.count() == 6
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == 6
    assert {one.email for one in EmailAddress.objects.all()} == {user.email for user in [*users, kept]}
    assert App().sign_in(users[0].email, PASSWORD).status_code == 200


def test_the_migration_can_be_taken_back(migration):
    assert migration.Migration.operations[0].reversible
