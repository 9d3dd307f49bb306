"""Sequences after the highest value, so that the application's next INSERT works."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plurel_sql.sinks.postgres.session import Session, quoted

_FEEDS = """
SELECT s.seqrelid, s.seqrelid::regclass::text, s.seqincrement, s.seqmin, s.seqmax, t.oid::regclass::text, a.attname,
       b.typcategory = 'N'
FROM (
  SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number FROM pg_depend d
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
    AND d.deptype IN ('a', 'i')
  UNION
  SELECT d.refobjid, f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
  WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'n'
) feed
JOIN pg_sequence s ON s.seqrelid = feed.sequence
JOIN pg_class t ON t.oid = feed.relation
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = feed.number
JOIN pg_type b ON b.oid = a.atttypid
WHERE feed.relation = ANY(%s) AND t.relkind IN ('r', 'p')
ORDER BY 2, 6, 7
"""
"""Which column each sequence feeds: owned by it (serial, identity), or named in its DEFAULT."""


def advance(session: Session, tables: Sequence[int], point: Callable[[], None]) -> None:
    """Moves each sequence that feeds one of the tables' columns past the furthest value there; never back.

    ``point`` is called after each.
    """
    feeds: dict[int, list[tuple[object, ...]]] = {}
    for feed in session.rows(_FEEDS, [list(tables)]):
        feeds.setdefault(feed[0], []).append(feed[1:])
    for found in feeds.values():
        name, step, low, high = found[0][:4]
        assert isinstance(step, int) and isinstance(low, int) and isinstance(high, int)
        furthest = "max" if step > 0 else "min"
        # Of a column that is no number (an 'A' || nextval) the rows say how many were drawn.
        values = [
            f"(SELECT {furthest}({quoted(str(column))})::numeric FROM {relation})"
            if number
            else f"(SELECT count(*) FROM {relation})"
            for _, _, _, _, relation, column, number in found
        ]
        pick = "greatest" if step > 0 else "least"
        last = f"(SELECT CASE WHEN is_called THEN last_value END FROM {name})"
        session.run(
            f"SELECT setval({_regclass(str(name))}, v::bigint) FROM (SELECT {pick}({', '.join([*values, last])}) AS v)"
            f" found WHERE v BETWEEN {low} AND {high}"
        )
        point()


def _regclass(name: str) -> str:
    return "'" + name.replace("'", "''") + "'::regclass"
