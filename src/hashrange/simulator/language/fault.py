"""What is wrong with an expression: the one exception of this package that does not leave it."""

from __future__ import annotations


class Fault(Exception):
    """An expression is refused; ``detail`` is the service's text, without the name of the parameter."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
