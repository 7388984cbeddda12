"""Who can sign in: one custom user from the first migration on."""
