"""Which witnesses count and how many are enough: a policy file (C2SP tlog-policy).

    witness NAME VKEY [URL]           a witness: its verifier key of kind 4, and where it is asked
    group NAME all|any|K MEMBER...    witnessed when all, one or K of the members are; members are named above
    quorum NAME|none                  what must be witnessed

`log` lines are passed over: the ledger's own key is given elsewhere. Empty lines and those that begin with # too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from domain.errors import Refused
from keys.cosignatures import WitnessKey
from keys.errors import KeysError

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from pathlib import Path

MOST = 32
LONGEST = 100_000
NONE = "none"


class Witness(NamedTuple):
    """One that may cosign; `url` is its submission prefix, None for one that is asked by hand."""

    key: WitnessKey
    url: str | None


class Group(NamedTuple):
    """Witnessed when `least` of `members`, names of witnesses and groups, are."""

    least: int
    members: tuple[str, ...]


class Policy(NamedTuple):
    """Witnesses and groups by the names that this file gives them."""

    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    def cosigned(self, note: str) -> dict[str, int]:
        """Who has cosigned: name -> Unix seconds. Lines of the unknown are passed over.

        Raises: KeysError("note-signature") for a line of a known witness that is not over this text.
        """
        found = {name: witness.key.cosigned_at(note) for name, witness in self.witnesses.items()}
        return {name: at for name, at in found.items() if at is not None}

    def met(self, cosigned: Set[str]) -> bool:
        """Whether these witnesses are enough."""
        return self.quorum == NONE or self._witnessed(self.quorum, cosigned)

    def required(self, note: str) -> dict[str, int]:
        """As `cosigned`. Raises: Refused("quorum-unmet") when they are not enough."""
        found = self.cosigned(note)
        if not self.met(found.keys()):
            raise Refused("quorum-unmet", got=", ".join(sorted(found)) or "-", expected=self.quorum)
        return found

    def _witnessed(self, name: str, cosigned: Set[str]) -> bool:
        if name in self.witnesses:
            return name in cosigned
        group = self.groups[name]
        return sum(self._witnessed(member, cosigned) for member in group.members) >= group.least


def read(path: Path) -> Policy:
    """The policy of a file. Raises: Refused("policy-malformed")."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("policy-malformed", line=0, got=str(path), expected="a readable file") from error
    return policy_of(text)


def policy_of(text: str) -> Policy:
    """The policy that a text states. Raises: Refused("policy-malformed", line, got, expected)."""
    if len(text) > LONGEST:
        raise Refused("policy-malformed", line=0, got=f"{len(text)} letters", expected=f"at most {LONGEST}")
    building = _Building()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            building.take(words)
        except (ValueError, KeysError) as error:
            raise Refused("policy-malformed", line=number, got=line.strip()[:80], expected=str(error)) from error
    if building.quorum is None:
        raise Refused("policy-malformed", line=0, got="no quorum", expected="one quorum line")
    return Policy(building.witnesses, building.groups, building.quorum)


class _Building:
    """A policy while its lines are read. Each line is taken whole or refused with ValueError."""

    def __init__(self) -> None:
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._grouped: set[str] = set()

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", _] | ["log", _, _]:
                return
            case ["witness", name, key, *url] if len(url) <= 1:
                self._witness(name, WitnessKey.of(key), url[0] if url else None)
            case ["group", name, least, *members] if members:
                self._group(name, least, members)
            case ["quorum", name]:
                self._quorum(name)
            case _:
                raise ValueError("witness NAME VKEY [URL], group NAME all|any|K MEMBER..., quorum NAME|none")

    def _witness(self, name: str, key: WitnessKey, url: str | None) -> None:
        self._new(name, len(self.witnesses))
        if any(key.public == witness.key.public for witness in self.witnesses.values()):
            raise ValueError("each witness's key once")
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("a URL of http or https")
        self.witnesses[name] = Witness(key, url and url.rstrip("/"))

    def _group(self, name: str, least: str, members: list[str]) -> None:
        self._new(name, len(self.groups))
        if unknown := [member for member in members if member not in {*self.witnesses, *self.groups}]:
            raise ValueError(f"members that stand above, not {unknown[0]}")
        if len({*members}) < len(members) or self._grouped & {*members}:
            raise ValueError("each member in one group, once")
        number = {"all": len(members), "any": 1}.get(least) or (int(least) if least.isdecimal() else 0)
        if not 1 <= number <= len(members):
            raise ValueError(f"all, any or 1 to {len(members)}")
        self._grouped |= {*members}
        self.groups[name] = Group(number, tuple(members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise ValueError("one quorum line")
        if name != NONE and name not in self.witnesses and name not in self.groups:
            raise ValueError("a name that stands above, or none")
        self.quorum = name

    def _new(self, name: str, count: int) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise ValueError("a name that is not taken")
        if count == MOST:
            raise ValueError(f"at most {MOST} of a kind")
