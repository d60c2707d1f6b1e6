"""Why employments end, grouped as statistics show it. A fact keeps the article or the cause itself."""

from __future__ import annotations

LAYOFF = "layoff"
GROUPS = (LAYOFF, "resignation", "expiry", "mutual", "retirement", "death")
"""`layoff`: a termination (PHK) that the employer decides, with the worker's fault or without."""

_GROUP = {
    "resignation": "resignation",
    "expiry": "expiry",
    "project-complete": "expiry",
    "mutual": "mutual",
    "retirement": "retirement",
    "death": "death",
    "PP35/2021:42(2)": "resignation",  # the worker does not want to go on under the new owner
    "PP35/2021:48": "resignation",  # the worker asks for it, the employer being at fault
    "PP35/2021:50": "resignation",
    "PP35/2021:56": "retirement",
    "PP35/2021:57": "death",
}


def group_of(cause: str) -> str:
    """The group of a cause of `worker.employment-ended` or of an article of `worker.terminated`."""
    return _GROUP.get(cause, LAYOFF)
