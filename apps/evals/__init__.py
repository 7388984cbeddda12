"""Runs: one suite over one pinned dataset for a teacher and a student, in rows that survive any worker."""
