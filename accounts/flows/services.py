"""What the flows write themselves."""

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef

from accounts.users.models import User


def forget_unproved(*, email: str) -> bool:
    """Delete the account that somebody began with this address and never entered the code for; True when there was one.

    Nobody has ever been signed in to it, so nothing is lost; and whoever comes with the address next begins anew,
    whatever password the other had chosen.
    """
    proved = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    begun = User.objects.filter(
        ~Exists(proved), email=email, is_staff=False, last_login=None, sessions=None, socialaccount=None
    )
    deleted, _ = begun.delete()
    return deleted > 0
