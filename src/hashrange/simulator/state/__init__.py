"""What the engine remembers: definitions of tables, and their items."""
