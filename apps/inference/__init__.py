"""The only room that calls models: HTTP through one guarded door, no SQL, faults as values."""
