"""A made-up country that is about right: employers' files drawn from published figures, by seed. See README.md."""

from registry.sample.files import write
from registry.sample.stream import generate
from registry.sample.truth import truth

__all__ = ["generate", "truth", "write"]
