import factory
from allauth.account.models import EmailAddress

from accounts.models import User
from billing.entitlements import entitlements_for
from billing.viewer import Viewer
from streaming.lib import clock

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    display_name = factory.Sequence(lambda n: f"User {n}")
    market = "US"
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def verified_address(self, create, extracted, **kwargs):
        """`verified_address=False` is somebody who has not entered the code yet."""
        if create and extracted is not False:
            EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)


def viewer_of_user(user: User) -> Viewer:
    """Who services are told is asking, for tests that go around HTTP."""
    return Viewer(
        user_id=user.pk,
        user_uid=user.uid,
        session_uid=None,
        market=user.market,
        entitlements=entitlements_for(user, clock.now()),
        hide_explicit=user.hide_explicit,
    )
