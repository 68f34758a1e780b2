"""News for higher apps."""

from django.dispatch import Signal

# Sent with `user` and `label`, a name, inside the transaction that makes an account label staff for that label: the
# receiver puts them into its team, or raises DomainError and nobody is made.
label_staff_made = Signal()
