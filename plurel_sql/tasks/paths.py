"""The events of an entity: rows that refer to it, over one link or two, and that happen at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plurel_sql.attempts.judge import quoted
from plurel_sql.export.layout import Layout, OutTable

MEMORY = 4
"""An entity without an event in so many windows is not asked about."""

# Relations within a query. No table of a dataset is called so: its names have no spaces (``export.names``).
EVENTS = quoted("its events")
ASKED = quoted("asked about")


@dataclass(frozen=True)
class Path:
    """Events of ``entity``: the rows of ``event``, which reach it by ``links`` (columns, from the event up).

    ``source`` is a FROM clause in which ``x`` is the event table and ``m`` the table between, if there is one;
    ``key`` and ``time`` are expressions over it: the entity's key and when the event happened.
    """

    entity: OutTable
    event: OutTable
    links: tuple[str, ...]
    source: str
    key: str
    time: str
    middle: OutTable | None = None

    @property
    def label(self) -> str:
        """The event table, with its link where it has several to the entity, or refers to itself."""
        own = [link for link, table in parents(self.event).items() if table == self.entity.name]
        alone = len(own) == 1 and self.event != self.entity
        return self.event.name if self.middle or alone else f"{self.event.name} by {self.links[0]}"

    def events(self, *columns: tuple[str, str]) -> str:
        """A SELECT of the events: entity, occurred, and ``columns`` as (expression, name)."""
        listed = "".join(f", {expression} AS {name}" for expression, name in columns)
        return (
            f"SELECT {self.key} AS entity, CAST({self.time} AS TIMESTAMP) AS occurred{listed} FROM {self.source} "
            f"WHERE {self.key} IS NOT NULL AND {self.time} IS NOT NULL"
        )

    def alive(self, windows: int = MEMORY) -> str:
        """A SELECT of (timestamp, entity): whom a seed time asks about, by what is known then.

        Those with an event (or, where entities have a time, made) in the last ``windows`` windows; ``EVENTS`` and
        ``timestamps`` are relations around it.
        """
        key = f"e.{quoted(str(self.entity.key))}"
        met = (
            f"SELECT DISTINCT t.timestamp, v.entity FROM timestamps t JOIN {EVENTS} v "
            f"ON {_recent('v.occurred', windows)}"
        )
        if self.entity.time is None:
            return met
        born = f"e.{quoted(self.entity.time)}"
        known = f" JOIN {quoted(self.entity.name)} e ON {key} = v.entity AND {born} <= t.timestamp"
        if windows < MEMORY:
            return met + known
        new = (
            f"SELECT t.timestamp, {key} FROM timestamps t JOIN {quoted(self.entity.name)} e ON {_recent(born, windows)}"
        )
        return f"{met}{known}\n  UNION {new}"


def _recent(time: str, windows: int) -> str:
    return f"{time} <= t.timestamp AND {time} > t.timestamp - INTERVAL '{{timedelta}}' * {windows}"


def paths(layout: Layout) -> Iterator[Path]:
    """Every way from an entity to events: first those over one link, table by table."""
    for entity in layout.tables:
        if entity.key is None:
            continue
        for event in layout.tables:
            for link in _links(event, entity):
                found = direct(entity, event, link)
                if found is not None:
                    yield found
    for entity in layout.tables:
        if entity.key is None:
            continue
        for middle in layout.tables:
            for upper in _links(middle, entity):
                for event in layout.tables:
                    if len({entity.name, middle.name, event.name}) < 3:
                        continue
                    for lower in _links(event, middle):
                        if entity.name in parents(event).values():
                            continue  # the short way is there
                        found = _far(entity, (middle, upper), (event, lower))
                        if found is not None:
                            yield found


def parents(table: OutTable) -> dict[str, str]:
    """Link column -> the table that it leads to."""
    return {link.column: link.parent for link in table.links}


def _links(child: OutTable, parent: OutTable) -> list[str]:
    return [link for link, table in parents(child).items() if table == parent.name]


def direct(entity: OutTable, event: OutTable, link: str) -> Path | None:
    """Rows of ``event`` that refer to ``entity`` by ``link``, if they have a time."""
    if event.time is None:
        return None
    return Path(entity, event, (link,), f"{quoted(event.name)} x", f"x.{quoted(link)}", f"x.{quoted(event.time)}")


def _far(entity: OutTable, middle: tuple[OutTable, str], event: tuple[OutTable, str]) -> Path | None:
    (between, upper), (table, lower) = middle, event
    if between.key is None or table.time is None:
        return None
    source = f"{quoted(table.name)} x JOIN {quoted(between.name)} m ON x.{quoted(lower)} = m.{quoted(between.key)}"
    return Path(entity, table, (lower, upper), source, f"m.{quoted(upper)}", f"x.{quoted(table.time)}", between)
