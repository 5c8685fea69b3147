"""hashrange: an async-first, typed, thin and very fast client for Amazon DynamoDB."""
