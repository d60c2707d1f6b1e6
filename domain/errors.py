"""The one way this system says no."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - "refused" is what the clerk is told, not a fault of the program
    """A fact, a row or a request is not accepted, for a reason with a stable code.

    `code` is kebab-case and never changes its meaning; `details` says what was got and what was expected.
    Sentences in both languages are made from the two where somebody reads them.
    """

    def __init__(self, code: str, **details: object) -> None:
        self.code, self.details = code, details
        super().__init__(", ".join([code, *(f"{name}={value}" for name, value in details.items())]))
