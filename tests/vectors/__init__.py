"""Test vectors of the card: README.md says what they are, make.py makes them."""
