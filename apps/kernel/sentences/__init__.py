"""The fixed sentences of a gate, with numbers filled in (statistics.md §8, "Words")."""
