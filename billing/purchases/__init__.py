"""Purchases whoever the provider is: its events, its word on a subscription, and whose it is."""
