"""What people decided on a verdict, signed, and approved by a second person where it overrides."""
