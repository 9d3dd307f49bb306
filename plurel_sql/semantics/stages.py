"""Which words of a status say that a row has got so far: an order that is "delivered" has been shipped."""

from __future__ import annotations

from collections.abc import Iterable

from plurel_sql.semantics.names import word_set, words

_COURSE: tuple[frozenset[str], ...] = (
    word_set("draft new open opened pending todo requested waiting queued scheduled planned booked unpaid hold"),
    word_set("confirmed confirmation approved approval accepted acknowledged assigned verified activated active"),
    word_set("processing processed progress started running picked packed preparing"),
    word_set("paid settled captured"),
    word_set("shipped ship shipping dispatched transit"),
    word_set("delivered received receipt arrived"),
    word_set("completed complete resolved done finished fulfilled"),
    word_set("closed close archived"),
)
"""The usual course of things; a word stands for all before it as well."""

_EXITS: tuple[frozenset[str], ...] = (
    word_set("cancelled canceled cancellation cancelation cancel"),
    word_set("rejected refused declined denied"),
    word_set("failed failure error aborted"),
    word_set("returned return refunded refund"),
    word_set("void voided"),
    word_set("deleted removed deletion"),
    word_set("retired"),
    word_set("dead death died deceased"),
    word_set("expired"),
    word_set("suspended banned blocked"),
    word_set("terminated termination fired left resigned dismissed quit departed former ended inactive"),
)
"""Ways out of it; words of one set say the same."""

_BACK = _EXITS[3]
"""Who sends back has paid and received."""


def reached(column: Iterable[str], labels: Iterable[str]) -> tuple[str, ...]:
    """The labels of a status beside which a time of ``column``'s words is there; none where they say nothing of it."""
    named, labels = set(column), tuple(labels)
    exits = next((each for each in _EXITS if each & named), None)
    if exits is not None:
        found = [label for label in labels if exits & set(words(label))]
    else:
        at = next((k for k, each in enumerate(_COURSE) if each & named), 0)
        if at == 0:
            return ()
        if at == len(_COURSE) - 1:  # what is closed is done with, one way or the other
            at = at if any(_COURSE[at] & set(words(label)) for label in labels) else at - 1
            later = frozenset().union(*_COURSE[at:], *_EXITS[:2])
        else:
            later = frozenset().union(*_COURSE[at:], _BACK if 3 <= at < 6 else ())
        course = [label for label in labels if frozenset().union(*_COURSE[:at]) & set(words(label))]
        found = [label for label in labels if later & set(words(label)) and label not in course]
        if not course or not found:
            return ()
    return tuple(found) if len(found) < len(labels) else ()


def flags(column: Iterable[str], flag: Iterable[str]) -> bool:
    """Whether a flag (``is_deleted``) says that the time of ``column`` (``deleted_at``) is there: one of the ways out,
    or a stage that is not the first, named in both."""
    shared = set(column) & set(flag)
    return any(shared & each for each in (*_EXITS, *_COURSE[1:]))
