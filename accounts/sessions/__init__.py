"""Signed-in apps and browsers: refresh tokens, access tokens, and how both end (design §7)."""
