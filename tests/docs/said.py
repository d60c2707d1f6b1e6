"""How docs/events.md says a field's type and bounds, read from the facts themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSONAL = "personal"
Row = tuple[str, str, str]
"""Field, type with its bounds, and the part it stands in: clear or sealed."""


def fields_of(kind: type[msgspec.Struct]) -> Iterator[Row]:
    """The rows that an event's table must have, in the order of the code; sealed fields as `personal.name`."""
    for field in _fields(kind):
        if field.name == PERSONAL:
            yield from ((f"{PERSONAL}.{n}", said, "sealed") for n, said, _ in fields_of(_sealed(field.type)))
        else:
            yield field.name, _field(field), "as corrected" if isinstance(_bare(field.type), list) else "clear"


def _fields(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info: Any = inspect.type_info(kind)
    fields: tuple[inspect.Field, ...] = info.fields
    return fields


def _sealed(info: Any) -> type[msgspec.Struct]:
    kinds = [t.cls for t in info.types if isinstance(t, inspect.StructType) and t.cls.__name__ != "Erased"]
    (kind,) = kinds
    return kind


def _bare(info: Any) -> Any:
    """The type without None; a list when several structs may stand there, as in a correction."""
    if not isinstance(info, inspect.UnionType):
        return info
    some = [t for t in info.types if not isinstance(t, inspect.NoneType)]
    return some[0] if len(some) == 1 else some


def _field(field: inspect.Field) -> str:
    said = type_said(_bare(field.type))
    if field.required:
        return said
    if field.default is None or field.default == "":
        return f"{said}, optional"
    default = ("no", "yes")[field.default] if isinstance(field.default, bool) else field.default
    return f"{said}, else `{default}`"


def type_said(info: Any) -> str:
    """`text 1-80`, `kbli: subclass`, `up to 50 of kbji:, skkni/, kkni/`, `M`, `F` and the like."""
    match info:
        case list():
            return "a fact"
        case inspect.Metadata(extra={"family": family, "levels": levels}):
            lists = (family,) if isinstance(family, str) else family
            return ", ".join(f"`{name}`" for name in lists) + (f" {' or '.join(levels)}" if levels else "")
        case inspect.Metadata():
            return type_said(info.type)
        case inspect.LiteralType():
            return ", ".join(f"`{value}`" for value in info.values)
        case inspect.EnumType():
            return ", ".join(f"`{value}`" for value in info.cls)
        case inspect.StrType():
            return f"text {info.min_length or 0}-{info.max_length}" if info.max_length else "text"
        case inspect.IntType():
            most = info.le if info.le is not None else info.lt - 1 if info.lt is not None else ""
            return f"integer {info.ge}-{most}" if most != "" else f"integer from {info.ge}" if info.ge else "integer"
        case inspect.BytesType() if info.max_length:
            return f"bytes {info.min_length}-{info.max_length}"
        case inspect.VarTupleType():
            return f"up to {info.max_length} of {type_said(info.item_type)}"
        case inspect.StructType():
            return info.cls.__name__.lower()
        case _:
            return NAMES[type(info)]


NAMES: dict[type, str] = {
    inspect.DateType: "date",
    inspect.DateTimeType: "moment",
    inspect.UUIDType: "id",
    inspect.BoolType: "yes/no",
    inspect.BytesType: "bytes",
}
