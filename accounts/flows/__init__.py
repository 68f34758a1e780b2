"""Sign-up, sign-in, reset, passkeys and one-time codes: django-allauth headless with our tokens."""
