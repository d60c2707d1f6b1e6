"""Starlette's test client."""

import warnings

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the client that the field uses, and we, is still httpx.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    from starlette.testclient import TestClient

__all__ = ["TestClient"]
