"""The roof: settings, doors, processes. No rules live here."""
