"""The Arrow type that carries each SQL type, in the plan's short names, and the limits it sets."""

from __future__ import annotations

from plurel_sql.schema.model import SqlType

MAX_PRECISION = 38
DAY = 86_400_000_000
FLOAT32_MAX = 3.4e38


def precision_scale(type_: SqlType) -> tuple[int, int]:
    """Digits in all and after the point of a decimal type, as Arrow can carry them (at most 38 digits)."""
    scale = type_.scale if type_.scale is not None else (0 if type_.precision is not None else 4)
    precision = min(type_.precision or (18 if type_.precision is None else 1), MAX_PRECISION)
    scale = max(0, min(scale, MAX_PRECISION))
    return max(precision, scale, 1), scale


def arrow_type(type_: SqlType) -> str:
    """The short Arrow type name of a column of this type (see ``plan.model.Column``); text for what has none."""
    match type_.kind:
        case "integer":
            bits = next((width for width in (8, 16, 32, 64) if (type_.bits or 64) <= width), 64)
            return f"int{bits}" if type_.signed else f"uint{bits}"
        case "decimal":
            precision, scale = precision_scale(type_)
            return f"decimal128({precision},{scale})"
        case "float":
            return "float32" if type_.bits == 32 else "float64"
        case "boolean":
            return "bool"
        case "bit":
            return "bool" if type_.length in (None, 1) else "utf8"
        case "date":
            return "date32"
        case "time":
            return "time64"
        case "timestamp":
            return "timestamptz" if type_.zoned else "timestamp"
        case "interval":
            return "interval"
        case "binary":
            return "binary"
        case "array":
            return f"list<{arrow_type(type_.item or SqlType('text'))}>"
        case _:
            return "utf8"


def step(type_: SqlType) -> float:
    """The smallest step between two values: 1 for integers, a unit of the last digit for decimals, microseconds for
    time types (a day for dates); 0 where values are continuous or have no order."""
    match type_.kind:
        case "integer":
            return 1.0
        case "decimal":
            return float(10.0 ** -precision_scale(type_)[1])
        case "date":
            return float(DAY)
        case "timestamp" | "time":
            return float(10 ** (6 - min(6, type_.precision if type_.precision is not None else 0)))
        case "interval":
            return 1_000_000.0
        case _:
            return 0.0


def limits(type_: SqlType) -> tuple[float | None, float | None]:
    """The least and the greatest value a column of this type can hold (time types: microseconds); None: no limit."""
    match type_.kind:
        case "integer":
            bits = min(type_.bits or 64, 64)
            return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if type_.signed else (0, 2**bits - 1)
        case "decimal":
            precision, scale = precision_scale(type_)
            top = (10**precision - 1) / 10**scale if scale else 10**precision - 1
            return (-top if type_.signed else 0, top)
        case "float":
            top = FLOAT32_MAX if type_.bits == 32 else 1.7e308
            return (-top if type_.signed else 0.0, top)
        case "time":
            return (0, DAY - step(type_))
        case _:
            return (None, None)
