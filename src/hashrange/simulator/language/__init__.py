"""The expression language, once: lexer → parser → check (needs no item) → evaluate or apply."""
