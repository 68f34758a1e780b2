"""News for higher apps."""

from django.dispatch import Signal

# Sent with `user`, inside the transaction that erases: a receiver removes what its app holds of this person.
erasure_requested = Signal()
