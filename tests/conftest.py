"""The cast and the tools that every test may use."""

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import sign_in
from billing.services import give_grant
from catalog.music.models import Membership
from catalog.music.staff import ensure_editor_group
from streaming.lib import redis
from tests.factories import ArtistFactory, UserFactory
from tests.factories.accounts import PASSWORD

# A busy machine is no failure of what is tested.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")


@pytest.fixture(autouse=True)
def clean_redis(request):
    """Each test that uses the database starts with an empty Redis and a closed breaker."""
    redis.reset()
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        redis.client().flushdb()
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
    ensure_editor_group()
    user = UserFactory(email="editor@example.com", display_name="Edith", is_staff=True)
    user.groups.add(Group.objects.get(name="catalogue editors"))
    return user


@pytest.fixture
def api():
    """Nobody signed in."""
    return APIClient()


@pytest.fixture
def api_as():
    def build(user: User) -> APIClient:
        client = APIClient()
        token = sign_in(email=user.email, password=PASSWORD).access_token
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return build


@pytest.fixture
def staff_as():
    def build(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return build
