"""Tables that stay: one SQLite file in a folder, which belongs to one engine at a time."""
