"""Building requests and reading answers, by family. Pure: Python in, wire shape out, and back."""
