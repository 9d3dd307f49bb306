"""What a date or timestamp column marks in the life of its row, so that the planner can order a row's times."""

from __future__ import annotations

from typing import Literal, NamedTuple

from plurel_sql.schema.model import TypeKind
from plurel_sql.semantics.names import column_words, table_head, word_set

Role = Literal["birth", "created", "event", "start", "updated", "due", "end", "closed", "seen", "expiry", "deleted"]


class TimeRole(NamedTuple):
    """``role`` says what happens then; ``order`` places it among the row's times (a smaller one is never later, but
    for "birth", "due" and "expiry", which lie before or after all of them); ``axis`` is the preference as the table's
    own time, 0 best, None never; ``epoch`` the unit of an integer that counts since 1970, None for real times."""

    role: Role
    order: int
    axis: int | None
    why: str
    epoch: Literal["s", "ms"] | None = None


_ORDER: dict[Role, tuple[int, int | None]] = {
    "birth": (0, None),
    "created": (10, 1),
    "event": (20, 0),
    "start": (30, 2),
    "updated": (40, 5),
    "due": (50, 8),
    "end": (60, 6),
    "closed": (70, 4),
    "seen": (75, 7),
    "expiry": (80, None),
    "deleted": (90, None),
}

# Words that decide, looked for from the strongest role to the weakest; the first that is met wins.
_WORDS: tuple[tuple[Role, frozenset[str]], ...] = (
    ("birth", word_set("birth born birthday birthdate")),
    (
        "deleted",
        word_set("""deleted deletion removed voided retired archived purged destroyed death died deathtime dod"""),
    ),
    ("expiry", word_set("expiry expires expiration expire expired until thru through validto warranty")),
    (
        "due",
        word_set(
            """due deadline required promised expected planned scheduled commit committed target estimated eta next"""
        ),
    ),
    (
        "seen",
        word_set(
            """login seen signin activity accessed access visited visit used heartbeat logged read viewed sync
            synced"""
        ),
    ),
    (
        "updated",
        word_set(
            """updated update modified modification changed change edited edit revised refreshed touched modify
            mtime"""
        ),
    ),
    (
        "closed",
        word_set(
            """closed close completed complete resolved cancelled canceled cancelation cancellation shipped ship
            shipping delivered delivery paid returned return approved approval settled finished published
            confirmed confirmation verified processed dispatched received receipt fulfilled accepted rejected
            activated answered ended terminated termination outcome withdrawn refunded graduation discharge
            discharged dismissed signed reviewed released launched sold retire fired resigned quit left departed
            failed refused aborted acknowledged invoiced billed captured settled disputed reversed picked packed"""
        ),
    ),
    (
        "end",
        word_set(
            """end ends ending finish stop to arrival out checkout outtime endtime stoptime dischtime last enddate"""
        ),
    ),
    (
        "created",
        word_set(
            """created create creation added add inserted insert registered registration signup joined join entered
            ctime entry opened open submitted submission issued issue row uploaded imported crdate createdate"""
        ),
    ),
    (
        "start",
        word_set(
            """start starts begin began from since effective valid hired hire admission admit admitted departure
            checkin in first intime starttime admittime introduced founded opening onset"""
        ),
    ),
)

_EPOCH_ENDS = word_set("timestamp ts epoch unixtime tstamp clock")


def time_role(table_name: str, column_name: str, kind: TypeKind, comment: str | None = None) -> TimeRole | None:
    """The role of a time column; None for one that is not a point in time (a time of day, a number, a text).

    Integers count only where the name says clearly that they are epoch times (``created_ts``, ``updated_at``).
    """
    found = column_words(table_name, column_name)
    epoch: Literal["s", "ms"] | None = None
    if kind == "integer":
        last, milli = found[-1] if found else "", "milliseconds" in found
        clear = last in _EPOCH_ENDS or (len(found) > 1 and last in {"at", "timestamp"}) or "unix" in found
        if not clear:
            return None
        epoch = "ms" if milli or (comment is not None and "milli" in comment.lower()) else "s"
    elif kind not in ("date", "timestamp"):
        return None
    role, why = _role(found, table_head(table_name))
    order, axis = _ORDER[role]
    return TimeRole(role, order, axis, why, epoch)


def _role(found: tuple[str, ...], head: str) -> tuple[Role, str]:
    if "last" in found and not {"seen", "login", "access", "accessed", "activity", "visit"} & set(found):
        rest: tuple[str, ...] = tuple(word for word in found if word != "last")
        if not rest or set(rest) <= {"date", "time", "at", "timestamp", "on"} or "update" in rest or "modified" in rest:
            return "updated", '"last ..." moves with the row'
    for role, words in _WORDS:
        hit = words.intersection(found)
        if head in hit and role in ("closed", "due", "seen", "updated"):  # payment.payment_date, visit.visit_date
            return "event", f'"{head}" is what the table records'
        if hit:
            return role, f'"{min(hit)}" in the name'
    return "event", "no word says otherwise"
