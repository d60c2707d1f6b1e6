"""`python -m registry` is `kets`."""

from registry.cli import main

main()
