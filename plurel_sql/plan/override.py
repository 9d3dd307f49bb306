"""What the configuration wishes of a column, laid over what the planner would choose."""

from __future__ import annotations

from msgspec.structs import replace

from plurel_sql.errors import ConfigError
from plurel_sql.plan import model
from plurel_sql.plan.codecs import Choice
from plurel_sql.plan.config import ColumnConfig
from plurel_sql.schema.model import Column, OneOf, Predicate, Range, Scalar


def wished_predicates(column: Column, wished: ColumnConfig) -> tuple[Predicate, ...]:
    """The wish as predicates, so that it goes through the same mill as a CHECK.

    Raises:
        ConfigError: a value that is not of the column's type.
    """
    found: list[Predicate] = []
    if wished.values:
        found.append(OneOf(column.name, tuple(_scalar(column, value) for value in wished.values)))
    if wished.min is not None or wished.max is not None:
        found.append(Range(column.name, wished.min, wished.max))
    return tuple(found)


def override(choice: Choice, column: Column, wished: ColumnConfig, place: str) -> Choice:
    """``choice`` with the wished weights and NULL rate.

    Raises:
        ConfigError: NULLs for a column that may not be NULL.
    """
    rule = choice.rule
    if wished.values and isinstance(rule, model.Value) and isinstance(rule.codec, model.Category):
        by_label = {str(_scalar(column, value)): weight for value, weight in wished.values.items()}
        weights = tuple(by_label.get(label, 0.0) for label in rule.codec.labels)
        choice = replace(choice, rule=replace(rule, codec=replace(rule.codec, weights=weights)), why="as configured")
    if wished.null_rate is not None:
        if wished.null_rate > 0 and not column.nullable:
            raise ConfigError(f"null_rate {wished.null_rate}, but the column is NOT NULL", place=place)
        choice = replace(choice, null=model.Null(wished.null_rate) if wished.null_rate else None)
    return choice


def _scalar(column: Column, value: str) -> Scalar:
    try:
        if column.type.kind == "integer":
            return int(value)
        if column.type.kind in ("decimal", "float"):
            return float(value)
    except ValueError:
        raise ConfigError(
            f"{value!r} is not a number", place=column.name, hint=f"its type is {column.type.kind}"
        ) from None
    if column.type.kind == "boolean":
        return value.lower() in ("true", "1", "yes")
    return value
