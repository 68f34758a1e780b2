"""The accounts of the demo."""

from dataclasses import dataclass

from streaming.devstack.keys import Secrets
from streaming.devstack.runfile import User


@dataclass(frozen=True)
class Person:
    """`staff` is the role that `manage.py create_staff` knows; the feeder makes the others through the API."""

    email: str
    role: str
    note: str
    display_name: str
    staff: str = ""


PEOPLE = (
    Person("alice@example.com", "listener", "listener, paid", "Alice"),
    Person("bob@example.com", "listener", "listener, free", "Bob"),
    Person("editor@example.com", "editor", "label editor, admin", "Label editor", staff="editor"),
    Person("label@example.com", "label", "label staff, admin", "Nadia", staff="label"),
    Person("artist@example.com", "artist", "artist, dashboard", "Artist"),
    Person("support@example.com", "support", "support, admin", "Support", staff="support"),
    Person("operator@example.com", "operator", "operator, admin", "Operator", staff="operator"),
)
EMAILS = tuple(person.email for person in PEOPLE)


STAFF = tuple(person.email for person in PEOPLE if person.staff)


def users(secrets: Secrets) -> list[User]:
    return [
        User(person.email, secrets.passwords[person.email], person.role, secrets.totp_secrets.get(person.email))
        for person in PEOPLE
    ]
