"""Evaluators: how one output is scored between 0 and 1, or left unscored with a reason."""
