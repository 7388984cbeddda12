"""A batch of examples becomes generations and scores in an event loop of its own, with no database in sight."""
