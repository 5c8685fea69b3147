"""The relational side of a migration: its schema, its rows, and what connects them."""
