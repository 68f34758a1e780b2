"""Stripe: dj-stripe mirrors its objects; what a subscription is worth is decided by our own rules from their JSON."""
