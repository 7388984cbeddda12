"""Which golden rows were found in what a student was trained on."""
