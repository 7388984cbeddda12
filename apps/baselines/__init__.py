"""Golden rows chosen by a selection run, and the recipe by which anybody can choose them again."""
