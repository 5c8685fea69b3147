"""What people build on DynamoDB over and over, on top of the public API only."""
