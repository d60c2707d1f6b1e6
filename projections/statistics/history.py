"""Which facts stand, as one Ibis expression: `domain.history` over all streams at once, on any engine.

The rules are those of `domain.history.effective`; property tests hold the two together. How deep amendments amend
amendments is found from the data, since an expression does not loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

if TYPE_CHECKING:
    from datetime import datetime

PLACE = ("stream", "version")


def effective(facts: Any, known_at: datetime | None = None, *, depth: int | None = None) -> Any:
    """The rows of `facts` (columns of the export) that stand as known at a moment, a corrected one in its own place.

    A corrected fact has the columns of the correction that decides it, but for `version`, which stays that of the
    fact, and `amends`, which is null in every row. `depth` is what `depth_of(facts)` finds by asking the engine.
    """
    steps = depth_of(facts) if depth is None else depth
    known = facts if known_at is None else facts.filter(facts.recorded_at <= ibis.literal(known_at))
    recorded = known.filter(known.amends.isnull())
    decided = deciding(known.filter(known.amends.notnull()), steps)
    amended = decided.select("stream", version="root")
    corrections = decided.filter(~decided.voids).mutate(version=decided.root, amends=ibis.null(decided.amends.type()))
    return recorded.anti_join(amended, PLACE).union(corrections.select(recorded.columns))


def deciding(amendments: Any, depth: int) -> Any:
    """The amendment that decides each amended fact, with `root`, the version of that fact.

    1. An amendment stands unless a later one that stands voids it.
    2. It is about the fact at the end of the chain of what it amends.
    3. Of those that stand and are about one fact, voids of amendments left out, the latest decides.
    """
    links = amendments.select(*PLACE, "amends", "voids")
    standing, rooted = links, links.mutate(root=links.amends)
    for _ in range(depth - 1):
        voiding = standing.filter(standing.voids).select("stream", version="amends")
        standing = links.anti_join(voiding, PLACE)
        before = links.select("stream", root="version", before="amends")
        further = rooted.left_join(before, ("stream", "root")).select(*rooted.columns, "before")
        rooted = further.mutate(root=ibis.coalesce(further.before, further.root)).drop("before")
    about_facts = rooted.filter(~rooted.voids | (rooted.amends == rooted.root)).semi_join(standing, PLACE)
    last = about_facts.group_by("stream", "root").aggregate(version=about_facts.version.max())
    return amendments.inner_join(last, PLACE)


def depth_of(facts: Any) -> int:
    """How many amendments there are, at most, from one that amends another back to the fact."""
    links = facts.filter(facts.amends.notnull()).select(*PLACE, "amends")
    depth, deeper = 1, links
    while True:
        targets = deeper.select("stream", amends="version")
        deeper = links.semi_join(targets, ("stream", "amends"))
        if not int(deeper.count().to_pyarrow().as_py()):
            return depth
        depth += 1
