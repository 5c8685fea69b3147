"""What happens when something fails: how long to wait, whether to try again, when to stop. Pure decisions."""
