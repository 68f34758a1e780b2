"""The audit log: append-only, and without anything personal."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.audit.models import AuditEntry
from accounts.audit.services import Event, address_hash, record


@pytest.fixture
def entry(db, bob):
    record(Event.SIGNED_IN, user=bob, address="203.0.113.7", details={"method": "password"})
    return AuditEntry.objects.get()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET event = 'other'",
        "DELETE FROM accounts_auditentry",
        "DELETE FROM accounts_auditentry WHERE false",
    ],
)
def test_the_database_refuses_to_change_it(entry, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert AuditEntry.objects.get().event == "signed_in"


@pytest.mark.parametrize("call", [lambda entry: entry.save(), lambda entry: entry.delete()])
def test_the_model_refuses_too(entry, call):
    with pytest.raises(TypeError, match="append-only"):
        call(entry)


def test_a_bulk_update_through_the_orm_is_refused(entry):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(event="other")


def test_an_entry_holds_uids_and_hashes_only(entry, bob):
    text = str({field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.concrete_fields})

    assert entry.user_uid == bob.uid
    assert bob.email not in text
    assert bob.display_name not in text
    assert "203.0.113.7" not in text
    assert entry.address_hash == address_hash("203.0.113.7")


def test_the_hash_of_an_address_needs_our_key(entry, settings):
    settings.AUDIT_KEY = "another"

    assert address_hash("203.0.113.7") != entry.address_hash
    assert address_hash("") == ""


def test_it_outlives_whom_it_is_about(entry, bob):
    bob.delete()

    assert AuditEntry.objects.filter(pk=entry.pk).exists()
