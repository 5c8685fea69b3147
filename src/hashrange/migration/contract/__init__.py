"""Contracts: read from files in every format that is met, checked for what they can be checked for alone, and made one
model."""
