"""`python -m registry` is `kets`."""

from registry.cli import main

if __name__ == "__main__":  # a process that `kets load --processes` starts imports this module too
    main()
