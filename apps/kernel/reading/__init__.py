"""Uploaded files as rows: bytes in, checked rows out, or one refusal that names every row at fault."""
