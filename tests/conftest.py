"""The cast and the tools that every test may use."""

import threading
from datetime import UTC, datetime

import pytest
import stripe
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

from accounts.flows.session import BACKEND
from accounts.mail import services as mail
from accounts.models import Mail, User
from accounts.roles.site import SECOND_FACTOR
from accounts.sessions import keys
from accounts.sessions.denials import SENTINEL
from accounts.sessions.services import start_session
from billing.services import give_grant
from catalog.music.models import Membership
from catalog.music.staff import ensure_staff
from catalog.search.backlog import store_waiting
from streaming.lib import redis
from tests.factories import ArtistFactory, LabelFactory, UserFactory, staff_of
from tests.fakes.stripe import KEY as STRIPE_KEY
from tests.fakes.stripe import SECRET as STRIPE_SECRET
from tests.fakes.stripe import Stripe as StripeAccount
from tests.fakes.stripe import serve as serve_stripe

# A busy machine is no failure of what is tested.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")


@pytest.fixture(autouse=True)
def clean_redis(request):
    """Each test that uses the database starts with an empty Redis and a closed breaker."""
    redis.reset()
    # The keys of access tokens are rows: the ones of another test are gone.
    keys.forget()
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        redis.client().flushdb()
        # As beat leaves it: without the sentinel each first request would restore the deny list.
        redis.client().set(SENTINEL, 1)
        cache.clear()
    return redis


@pytest.fixture
def alice(db):
    """Paid."""
    user = UserFactory(email="alice@example.com", display_name="Alice")
    give_grant(user=user, reason="gift")
    return user


@pytest.fixture
def bob(db):
    """Free."""
    return UserFactory(email="bob@example.com", display_name="Bob")


@pytest.fixture
def charlie(db):
    """A stranger: signed in, and in no team."""
    return UserFactory(email="charlie@example.com", display_name="Charlie")


@pytest.fixture
def artist(db):
    return ArtistFactory(name="Mira Solano")


@pytest.fixture
def artist_member(artist):
    """A user in the artist's team."""
    user = UserFactory(email="artist@example.com", display_name="Mira")
    Membership.objects.create(user=user, artist=artist, role=Membership.Role.OWNER)
    return user


@pytest.fixture
def editor(db):
    ensure_staff()
    user = UserFactory(email="editor@example.com", display_name="Edith", is_staff=True)
    user.groups.add(Group.objects.get(name="catalogue editors"))
    return user


@pytest.fixture
def label(db):
    return LabelFactory(name="Night Bus Records")


@pytest.fixture
def label_editor(label):
    """Label staff: a member of the label's team, who works in the admin."""
    return staff_of(label, email="label@example.com", display_name="Lara")


@pytest.fixture
def api():
    """Nobody signed in."""
    return APIClient()


@pytest.fixture
def api_as():
    def build(user: User) -> APIClient:
        client = APIClient()
        client.signed_in = start_session(user=user)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {client.signed_in.access_token}")
        return client

    return build


@pytest.fixture
def postman(transactional_db, settings, tmp_path):
    """Mail goes out while the test runs, into the local mailbox: what the worker does, in a thread of the test."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = settings.MAILBOX_DIR = str(tmp_path / "mail")
    done = threading.Event()

    def deliver():
        while not done.wait(0.05):
            for mail_id in list(Mail.objects.values_list("pk", flat=True)):
                mail.deliver(mail_id=mail_id)
        connection.close()

    thread = threading.Thread(target=deliver)
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.fixture
def index(db):
    """Works the backlog off, as the worker does within a second or two."""

    def work_off():
        while store_waiting():
            pass

    return work_off


@pytest.fixture
def staff_as():
    def build(user: User) -> Client:
        client = Client()
        client.force_login(user, BACKEND)
        session = client.session
        session[SECOND_FACTOR] = str(user.pk)
        session.save()
        return client

    return build


@pytest.fixture
def stripe_account(settings):
    """The stand-in for Stripe, which the application asks."""
    account = StripeAccount(datetime.now(UTC))
    account.seed()
    server = serve_stripe(account)
    settings.STRIPE_SECRET_KEY = STRIPE_KEY
    settings.STRIPE_WEBHOOK_SECRETS = [STRIPE_SECRET]
    settings.STRIPE_API_BASE = account.base = f"http://127.0.0.1:{server.server_port}"
    settings.STRIPE_LIVE_MODE = False
    settings.BILLING_SANDBOX = True
    # dj-stripe's own calls go by the library's globals.
    before, stripe.api_base = stripe.api_base, settings.STRIPE_API_BASE
    yield account
    stripe.api_base = before
    server.shutdown()
    server.server_close()
