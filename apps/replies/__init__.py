"""Replies kept for a repeated request: the same Idempotency-Key gets the first answer again."""
