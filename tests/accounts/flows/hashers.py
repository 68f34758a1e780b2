"""A quick hasher that counts: what was hashed, and how long it was."""

from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    lengths = []

    def encode(self, password, salt):
        self.lengths.append(len(password))
        return super().encode(password, salt)
