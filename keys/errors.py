"""How custody says no."""

from __future__ import annotations


class KeysError(Exception):
    """A key is missing, unsafe or refused; `code` is kebab-case and never changes its meaning."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(f"{code}: {sentence}")
