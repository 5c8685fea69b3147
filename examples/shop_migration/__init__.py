"""A shop's way from MySQL to DynamoDB, from its schema to dual writes: ``python examples/shop_migration/run.py``."""
