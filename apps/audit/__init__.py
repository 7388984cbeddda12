"""Who changed what, and why: the append-only, hash-linked trail and the action that writes it."""
