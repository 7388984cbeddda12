"""The product's password hasher at the lowest cost it knows: every test has people, few are about their passwords."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """Argon2 in a fraction of a millisecond. Its hashes say their own cost, so the product's hasher reads them too."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
