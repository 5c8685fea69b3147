"""PartiQL, the service's SQL: statements become the reads and writes of the other operations."""
