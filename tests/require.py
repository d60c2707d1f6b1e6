"""What a test needs of the machine: skipped loudly without it, failed where everything must be there."""

import os

import pytest


def require(found: object, what: str) -> None:
    """Go on when `found` is true, else skip the test; with KETS_REQUIRE=all fail it instead."""
    if found:
        return
    if os.environ.get("KETS_REQUIRE") == "all":
        pytest.fail(f"KETS_REQUIRE=all, and this machine has no {what}", pytrace=False)
    pytest.skip(f"NOT TESTED, for want of {what}")
