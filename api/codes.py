"""A code of the field with its title, as every answer shows it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.problems import Message
from domain import codes
from domain.errors import Refused


class Coded(BaseModel):
    """`code` carries its list and version; `title` is null for a code that no list has."""

    code: str = Field(examples=["kbji:2014/7212"])
    title: Message | None


def coded(code: str) -> Coded:
    try:
        return Coded(code=code, title=Message(id=codes.title(code, "id"), en=codes.title(code, "en")))
    except Refused:  # a list that came later than this code, or a code of a later list
        return Coded(code=code, title=None)


def coded_or_none(code: str | None) -> Coded | None:
    return None if code is None else coded(code)
