"""The embedded story: a small golden set, two small models, and the main job told in a terminal."""
