"""Mail to people: an outbox row in the caller's transaction, sent by a task."""
