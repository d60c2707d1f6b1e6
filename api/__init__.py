"""The REST door. Serve it with `uvicorn api:create_app --factory`, or `kets up`."""

from api.app import create_app

__all__ = ["create_app"]
