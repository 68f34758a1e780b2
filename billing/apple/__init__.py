"""The App Store: its notifications are hints, and what a subscription is worth comes from its server, signed."""
