import factory
from allauth.account.models import EmailAddress

from accounts.models import User

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
