"""Whose data, and who acts: organizations, members, keys, the acting block and the fence."""
