"""What fills a column that is neither key nor link nor chained time: its codec, its NULLs and the reason why."""

from __future__ import annotations

import msgspec

from plurel_sql.errors import ImpossibleError
from plurel_sql.plan import agree
from plurel_sql.plan.composite import COMPOSITE, composite
from plurel_sql.plan.domains import NUMERIC, TIMES, Domain, holds
from plurel_sql.plan.formats import LISTED
from plurel_sql.plan.marginals import number
from plurel_sql.plan.model import (
    Bool,
    Bytes,
    Category,
    Chars,
    Codec,
    Constant,
    Json,
    Null,
    Rule,
    Text,
    Uuid,
    Value,
)
from plurel_sql.plan.numbers import (
    SHAPES,
    Hints,
    default_label,
    month_labels,
    number_codec,
    shares,
    time_codec,
    truth_rate,
    weights,
)
from plurel_sql.plan.texts import Lists, category_labels, names, text_codec
from plurel_sql.plan.textual import textual
from plurel_sql.plan.types import months
from plurel_sql.schema.model import Column, Scalar, Table
from plurel_sql.semantics.classifier import Meaning
from plurel_sql.semantics.names import uniform, word_set
from plurel_sql.semantics.vocabularies import containing, variant, vocabulary

__all__ = ["Choice", "Hints", "choose"]


class Choice(msgspec.Struct, frozen=True):
    """What fills a column.

    ``node`` is True where the rank comes from an SCM node: ``rule.node`` names it. It is the column's own name, except
    for members of a group that must agree (city, state, postal code), who share the node of the group's first
    column; that column is always itself a choice with ``node``. ``vocabularies`` are the word lists the rule refers to,
    ``note`` what could not be honoured, None where all is.
    """

    rule: Rule
    null: Null | None
    node: bool
    why: str
    vocabularies: dict[str, tuple[str, ...]]
    note: str | None = None


class _Draft(msgspec.Struct):
    """A codec on its way: ``lane`` is a shared hash lane, ``leader`` the column whose node is shared."""

    codec: Codec
    node: bool = True
    leader: str | None = None
    note: str | None = None


def choose(
    table: Table,
    column: Column,
    domain: Domain,
    *,
    locale: str = "en",
    hints: Hints | None = None,
    meaning: str | None = None,
) -> Choice:
    """The rule of a column by its type, its domain and the meaning of its name. The domain always wins over meaning.

    Args:
        table: the column's table, for its name and the column's siblings.
        column: the column.
        domain: ``domains.domain(table, column)``.
        locale: a name of ``semantics.vocabularies.locales()``.
        hints: the plan's time span.
        meaning: what the column means, where that is known better than from its name.

    Raises:
        ImpossibleError: where the domain is empty and the column may not be NULL.
    """
    hints = hints or Hints()
    about = agree.column_meaning(table, column)
    if meaning is not None:
        about = about._replace(name=meaning, why="as configured")
    nullable = column.nullable and not domain.not_null
    if domain.empty or column.type.kind == "unknown":
        reason = f"CHECKs contradict each other: {domain.empty}" if domain.empty else f"type {column.type.written!r}"
        if nullable:
            note = f"{table.id}.{column.name}: {reason}; left NULL"
            return Choice(Constant(None), None, False, reason, {}, note)
        if domain.empty:
            raise ImpossibleError(reason, place=f"{table.id}.{column.name}", hint="loosen a CHECK or allow NULL")
    lists = Lists(locale)
    draft = _draft(table, column, domain, about, lists, hints)
    node = (draft.leader or column.name) if draft.node else None
    rule = Value(draft.codec, node=node)
    notes = [*domain.notes, *([draft.note] if draft.note else [])]
    if column.type.kind == "unknown":
        notes.append(f"type {column.type.written!r} is not known: filled with text")
    why = f"{about.name}: {about.why}" if domain.values is None else f"one of {len(domain.values)} listed values"
    if draft.leader not in (None, column.name):
        why += f"; agrees with {draft.leader}"
    told = f"{table.id}.{column.name}: " + "; ".join(notes) if notes else None
    null = _null(table, column, about, node) if nullable else None
    return Choice(rule, null, node is not None, why, lists.used(draft.codec), told)


def _draft(table: Table, column: Column, domain: Domain, about: Meaning, lists: Lists, hints: Hints) -> _Draft:
    kind = column.type.kind
    found = agree.group(table, column, about.name, lists.locale)
    leader = found.leader if found else None
    if domain.values is not None:
        return _listed(table, column, domain, about, leader)
    if kind == "boolean" or (kind == "bit" and column.type.length == 1):
        p = 0.5 if about.name == "gender" else truth_rate(table.name, column.name, about.words, column.default)
        return _Draft(Bool(p), leader=leader)
    if kind in NUMERIC:
        if about.name == "gender" and holds(domain, 1, 2):
            return _Draft(Category(("2", "1"), (0.5, 0.5)), leader=leader)
        if found and about.name in ("latitude", "longitude"):
            spot = agree.coordinate(about.name, found.gazetteer)
            return _Draft(number(spot, domain, step=0.000001), leader=leader)
        return _Draft(number_codec(table, column, domain, about, hints))
    if months(column.type):
        return _Draft(Category(*month_labels(months(column.type), 60)))
    if kind in TIMES:
        return _Draft(time_codec(table, column, domain, hints))
    if kind in COMPOSITE:
        return _composite(table, column, lists, hints)
    form = textual(column.type) if kind != "inet" or column.type.base == "inet6" else None
    if form is not None:
        return _Draft(form.text, node=not domain.patterns)
    match kind:
        case "uuid":
            return _Draft(Uuid(4), node=False)
        case "json":
            return _Draft(_json(table, about, column.type.base))
        case "binary":
            return _Draft(_bytes(domain), node=False)
        case "bit":
            count = domain.max_length or 8
            return _Draft(Text((Chars("01", count),), max_length=count), node=False)
    if (about.name == "json" or _read_as_json(table, column)) and domain.max_length is None and not domain.patterns:
        return _Draft(_json(table, about))
    return _text(table, column, domain, about, lists, found)


def _text(
    table: Table, column: Column, domain: Domain, about: Meaning, lists: Lists, found: agree.Group | None
) -> _Draft:
    pairs = {"gender": (("Female", "Male"), ("F", "M")), "flag": (("no", "yes"), ("N", "Y"))}.get(about.name, ())
    for pair in pairs:
        labels = category_labels(pair, domain)
        if domain.patterns or len(labels) < 2 or sorted(map(len, labels)) != sorted(map(len, pair)):
            continue
        p = 0.5 if about.name == "gender" else truth_rate(table.name, column.name, about.words, column.default)
        return _Draft(Category(labels, (1 - p, p)), leader=found.leader if found else None)
    usual = default_label(column.default)
    if usual and (about.name in LISTED or about.name == "text") and not domain.patterns:
        labels = category_labels(tuple(dict.fromkeys((usual, *containing(usual)))), domain)
        if usual in labels:
            return _Draft(Category(labels, shares(labels, table.name, column.name)), node=len(labels) > 1)
    if about.name in LISTED and not domain.patterns:
        labels = category_labels(lists.get(variant(about.name, about.words, about.subject)), domain)
        if len(labels) > 1:
            return _Draft(Category(labels, shares(labels, table.name, column.name)))
    written = text_codec(table, column, domain, about, lists, found)
    leader = found.leader if found else None
    if leader is None and written.node and any(name.startswith("sentence.review.") for name in names(written.codec)):
        leader = agree.judged(table)
    return _Draft(written.codec, node=written.node, leader=leader, note=written.note)


def _listed(table: Table, column: Column, domain: Domain, about: Meaning, leader: str | None) -> _Draft:
    """One of the listed values; genders in the order of the first names, everything else in an order of its own."""
    values = domain.values or ()
    if column.type.kind == "boolean":
        p = truth_rate(table.name, column.name, about.words, column.default)
        return _Draft(Bool(p if len(values) == 2 else float(values[0])))
    labels = tuple(label(value) for value in values)
    genders = agree.gender_labels(labels) if about.name == "gender" else None
    if genders is not None:
        return _Draft(Category(*genders), leader=leader)
    if about.name not in ("priority", "level", "rating", "size_label", "month", "weekday"):
        labels = _frequent_first(table, column, about, labels)
    return _Draft(Category(labels, shares(labels, table.name, column.name)))


def _frequent_first(table: Table, column: Column, about: Meaning, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The DEFAULT first (but most rows have left their first status), then labels known from our lists in their order,
    then the others in an order that hangs on the names."""
    usual = default_label(column.default) if about.name != "status" else None
    entries = vocabulary(variant(about.name, about.words, about.subject)) if about.name in LISTED else ()
    known = {entry.lower(): place for place, entry in enumerate(entries)}
    places = {
        text: (text != usual, known.get(text.lower(), len(known)), uniform(table.name, column.name, text))
        for text in labels
    }
    return tuple(sorted(labels, key=lambda text: places[text]))


def label(value: Scalar) -> str:
    """A listed value as the text that is cast to the column's type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _read_as_json(table: Table, column: Column) -> bool:
    """Whether a generated column takes the text apart as JSON."""
    read = [other.generated.lower() for other in table.columns if other.generated is not None]
    return any("json" in text and column.name.lower() in text for text in read)


def _json(table: Table, about: Meaning, base: str = "") -> Json:
    """A small object whose members suit the name; a list where the name is a plural, or the type an ARRAY's."""
    tags = ("new", "sale", "popular", "gift", "premium", "archived")
    if base == "array" or (base != "object" and not _PLURALS.isdisjoint(about.words)):
        return Json((("item", Category(tags, weights(len(tags), table.name, *about.words))),), array=True)
    states = ("active", "draft", "archived")
    languages = ("en", "de", "fr", "es")
    return Json(
        (
            ("state", Category(states, weights(3, table.name, *about.words))),
            ("score", number(SHAPES["score"].knots, Domain("float"), step=0.1)),
            ("lang", Category(languages, weights(4, table.name, *about.words, "lang"))),
            ("enabled", Bool(0.8)),
        )
    )


_PLURALS = word_set("tags labels categories keywords list items features roles scopes")


def _composite(table: Table, column: Column, lists: Lists, hints: Hints) -> _Draft:
    notes: list[str] = []

    def fill(owner: Table, inner: Column, its_domain: Domain) -> Codec:
        made = _draft(owner, inner, its_domain, agree.column_meaning(owner, inner), lists, hints)
        notes.extend([made.note] if made.note else [])
        return made.codec

    codec = composite(table, column, fill)
    return _Draft(codec, note="; ".join(dict.fromkeys(notes)) or None)


def _bytes(domain: Domain) -> Bytes:
    most = domain.max_length
    if domain.fixed and most is not None:
        return Bytes(most, most)
    high = min(most, 48) if most is not None else 48
    high = max(high, domain.min_length)
    return Bytes(max(domain.min_length, min(16, high)), high)


_MOSTLY = word_set(
    """email first_name last_name full_name name title price amount total quantity status type username code product
    company gender city country currency reference sku category"""
)
_OFTEN_NULL: dict[str, float] = {
    "middle_name": 0.6, "street2": 0.7, "name_suffix": 0.9, "note": 0.5, "reason": 0.7, "summary": 0.3, "body": 0.15,
    "description": 0.15, "image_url": 0.35, "image_path": 0.4, "honorific": 0.3, "phone_extension": 0.7, "token": 0.4,
    "discount": 0.3, "url": 0.3, "phone": 0.12, "state": 0.05, "postal_code": 0.03, "json": 0.3, "flag": 0.02,
}  # fmt: skip
_ENDED = word_set(
    """deleted removed voided retired cancelled canceled terminated archived death deceased purged banned suspended
    error void retire delete dod left resigned"""
)


def _null(table: Table, column: Column, about: Meaning, node: str | None) -> Null | None:
    """How often the column is NULL, by its name; in three of ten columns with a node the rate follows the rank."""
    ended = sorted(_ENDED.intersection(about.words))
    if ended and about.name != "flag":  # voided_by, date_voided and void_reason are NULL together
        return Null(0.9, lane=ended[0][:4])
    if about.name in ("latitude", "longitude"):
        return Null(0.05, lane="coordinates")
    if "fax" in about.words:
        rate = 0.6
    elif about.name in _OFTEN_NULL:
        rate = _OFTEN_NULL[about.name]
    elif about.name in _MOSTLY:
        rate = 0.01
    else:
        rate = round(0.02 + 0.23 * uniform(table.name, column.name, "null") ** 2, 3)
    depends = node == column.name and uniform(table.name, column.name, "mechanism") < 0.3
    return Null(rate, node=node if depends else None)
