"""The command ``hashrange``: one file for what all commands share, and one for each."""
