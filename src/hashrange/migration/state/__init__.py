"""What a migration keeps between its runs, and where."""
