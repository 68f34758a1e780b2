"""What somebody was entitled to, and why, is written once."""

import pytest
from django.db import DatabaseError, connection, transaction

from billing.models import EntitlementVersion
from billing.services import give_grant, revoke_grant


@pytest.mark.parametrize(
    "change", ["UPDATE billing_entitlementversion SET tier = 'paid'", "DELETE FROM billing_entitlementversion"]
)
def test_the_history_is_append_only(bob, change):
    give_grant(user=bob, reason="promo")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)

    assert EntitlementVersion.objects.filter(user_uid=bob.uid).count() == 1


def test_each_change_has_a_version_and_a_cause_and_what_changes_nothing_has_none(bob):
    first = give_grant(user=bob, reason="promo")
    second = give_grant(user=bob, reason="gift")
    revoke_grant(grant=first)
    revoke_grant(grant=second)
    revoke_grant(grant=second)

    history = EntitlementVersion.objects.filter(user_uid=bob.uid).order_by("version")

    assert [(row.version, row.tier, row.cause) for row in history] == [
        (1, "paid", f"grant {first.uid} given"),
        (2, "free", f"grant {second.uid} revoked"),
    ]
