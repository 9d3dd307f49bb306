"""What part a table plays, read from its keys, columns and name; rows are shared out by it."""

from __future__ import annotations

from typing import Literal

from plurel_sql.schema.model import Table
from plurel_sql.semantics.names import table_head, word_set
from plurel_sql.semantics.times import time_role

Role = Literal["lookup", "entity", "event", "detail", "junction"]

LOOKUP = word_set(
    """type status category kind class state country region language currency genre unit role priority level reason
    method continent nation city department group segment tag gender stage nationality title colour size rating
    code option setting parameter territory culture timezone feature permission measure province"""
)
EVENT = word_set(
    """order payment transaction event log visit session rental invoice purchase sale booking reservation
    appointment shipment delivery review rating message comment post view click impression audit history
    encounter admission claim request call ticket issue transfer trip flight inspection measurement reading
    observation result vote answer response refund return login job run attempt notification alert receipt
    registration enrollment submission test match game lap prescription treatment procedure obs movement trade
    quote bid edit revision download play like follow"""
)
DETAIL = word_set("item line lineitem detail entry part row component position split version translation attribute")
# Columns that any table may carry without being about time.
BOOKKEEPING = frozenset({"created", "updated", "deleted"})


def table_role(table: Table) -> Role:
    """Junction: its key is made of foreign keys. Detail: it lives under one parent. Event: it happens at a time.
    Lookup: a short list that others refer to. Entity: everything else."""
    if "role" not in table.derived:
        table.derived["role"] = "entity" if table.opaque else _role(table)
    role: Role = table.derived["role"]
    return role


def _role(table: Table) -> Role:
    primary = set(table.primary_key.columns) if table.primary_key else set()
    foreign = {column for key in table.foreign_keys for column in key.columns}
    own = [
        column
        for column in table.columns
        if column.name not in primary | foreign and not _bookkeeping(table, column.name)
    ]
    head = table_head(table.name)
    others = [key for key in table.foreign_keys if key.parent != table.id]
    unique_pairs = any(len(u.columns) > 1 and u.plain and set(u.columns) <= foreign for u in table.uniques)
    if len(others) >= 2 and len(own) <= 3 and ((primary and primary <= foreign) or unique_pairs):
        return "junction"
    if len(others) >= 2 and not own and not primary:
        return "junction"
    if others and (head in DETAIL or (primary & foreign and not primary <= foreign)):
        return "detail"
    if not others and (head in LOOKUP or (len(own) <= 2 and not _happens(table))):
        return "lookup"
    if head in LOOKUP and len(own) <= 4:
        return "lookup"
    if others and (head in EVENT or _happens(table)):
        return "event"
    return "event" if head in EVENT and _happens(table) else "entity"


def _bookkeeping(table: Table, name: str) -> bool:
    role = time_role(table.name, name, table.column(name).type.kind)
    return role is not None and role.role in BOOKKEEPING


def _happens(table: Table) -> bool:
    for column in table.columns:
        role = time_role(table.name, column.name, column.type.kind)
        if role is not None and role.role == "event":
            return True
    return False
