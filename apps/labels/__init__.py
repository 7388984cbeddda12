"""What people found of answers, the samples they were shown, and planted answers that test a judge."""
