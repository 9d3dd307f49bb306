"""How long a stage of a row's life takes, and how often a row has not reached it, by the names of column and table."""

from __future__ import annotations

from typing import Literal, NamedTuple

from plurel_sql.semantics.names import column_words, table_head, word_set, words
from plurel_sql.semantics.times import Role


class Delay(NamedTuple):
    """``days`` on average after what comes before; ``missing`` is the share of rows without it, where it may be NULL;
    with ``exit`` the life ends there, and nothing follows it; what is agreed in advance may lie ``ahead`` of today."""

    days: float
    missing: float
    exit: bool = False
    ahead: bool = False


_MINUTE = 1 / 1440

_LASTING: tuple[tuple[Delay, frozenset[str]], ...] = (
    (Delay(4 * _MINUTE, 0.03), word_set("job run build execution process backup import export sync transfer query")),
    (Delay(7 * _MINUTE, 0.02), word_set("call ring")),
    (Delay(25 * _MINUTE, 0.06), word_set("session login connection")),
    (
        Delay(70 * _MINUTE, 0.05),
        word_set(
            """appointment visit meeting lesson class lecture game match concert show screening exam interview ride trip
            drive procedure surgery consultation workout"""
        ),
    ),
    (Delay(0.33, 0.05), word_set("shift flight workday attendance outage incident")),
    (Delay(2, 0.05), word_set("discharge discharged admission encounter disch")),
    (Delay(5, 0.06), word_set("stay rental booking reservation vacation leave absence holiday")),
    (Delay(18, 0.08), word_set("sprint promotion offer sale discount campaign auction treatment prescription loan")),
    (Delay(120, 0.15), word_set("course term semester season enrollment cohort curriculum")),
    (Delay(220, 0.2), word_set("project program programme initiative study trial")),
    (
        Delay(500, 0.15, ahead=True),
        word_set(
            """contract subscription membership policy insurance lease tenancy licence license coverage warranty
            certificate valid effective agreement"""
        ),
    ),
    (
        Delay(800, 0.5),
        word_set(
            """employment employee emp staff worker member tenant assignment position title salary manager address
            residence marriage price cost rate history pay hire hired employed"""
        ),
    ),
)
"""What lasts from a start to an end."""

_STAGES: tuple[tuple[Delay, frozenset[str]], ...] = (
    (Delay(3, 0.92, exit=True), word_set("cancelled canceled cancellation rejected refused aborted failed")),
    (Delay(9, 0.94, exit=True), word_set("refunded withdrawn disputed reversed revoked")),
    (Delay(0.2, 0.15), word_set("confirmed confirmation verified activated acknowledged answered accepted read")),
    (Delay(2, 0.18), word_set("approved approval shipped ship shipping dispatched processed signed picked packed")),
    (Delay(4, 0.22), word_set("delivered received receipt published reviewed fulfilled")),
    (Delay(12, 0.2), word_set("paid settled captured invoiced billed")),
    (Delay(40, 0.3), word_set("sold released launched finalized")),
    (Delay(1200, 0.5), word_set("graduation graduated retire retired")),
)
"""What happens once, some time after the row began."""

_USUAL: dict[Role, Delay] = {
    "created": Delay(0, 0.02),
    "event": Delay(6, 0.25),
    "start": Delay(2, 0.05),
    "updated": Delay(30, 0.3),
    "due": Delay(21, 0.15, ahead=True),
    "end": Delay(20, 0.3),
    "closed": Delay(5, 0.25),
    "seen": Delay(60, 0.12),
    "expiry": Delay(400, 0.25, ahead=True),
    "deleted": Delay(200, 0.9),
}

_LEAVING = word_set("fired left resigned terminated termination dismissed quit departed")
_LENT = word_set("rental loan lending borrowing checkout hire")


def delay(table_name: str, column_name: str, role: Role, kind: Literal["date", "timestamp"]) -> Delay:
    """The usual delay of a time column of this role (none of "birth")."""
    found = set(column_words(table_name, column_name))
    head = table_head(table_name)
    if found & _LEAVING:
        return Delay(800, 0.55)
    if role == "closed":
        if "return" in found or "returned" in found:
            return Delay(4, 0.06) if head in _LENT else Delay(12, 0.93, exit=True)
        stage = next((each for each, named in _STAGES if named & found), None)
        if stage is not None:
            return stage
    if role in ("end", "closed"):
        near = (found, {head}, set(words(table_name)))
        lasting = next((each for spelled in near for each, named in _LASTING if named & spelled), None)
        if lasting is not None and not (role == "closed" and lasting.days > 30):
            return lasting
        if role == "end" and kind == "timestamp":
            return Delay(200 * _MINUTE, 0.1)
    return _USUAL[role]
