"""Google Play: its notifications are hints; what a subscription is worth is asked of `purchases.subscriptionsv2`."""
