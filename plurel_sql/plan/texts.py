"""Text codecs: a format of the meaning, fitted to length, case and patterns; else one made from the pattern itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from plurel_sql.plan import agree
from plurel_sql.plan.domains import Domain
from plurel_sql.plan.formats import Format, formats, generic
from plurel_sql.plan.model import Cell, Chars, Codec, Json, List, Lit, Prose, Record, Segment, Serial, Text, Vocab
from plurel_sql.plan.patterns import Untranslatable, meets, segments
from plurel_sql.plan.render import examples, longest
from plurel_sql.schema.model import Column, Table
from plurel_sql.semantics.classifier import Meaning
from plurel_sql.semantics.vocabularies import vocabulary

_UNKNOWN_CELL = 40


class Written(NamedTuple):
    """A text codec; ``node`` says whether its rank should come from the SCM, ``note`` what it can't honour."""

    codec: Text
    node: bool
    note: str | None = None


class Lists:
    """Word lists by the names that codecs use: those of ``vocabularies``, with the marks ``|lower``, ``|upper`` (case)
    and ``|<n>`` (entries of at most n characters) after the name."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def get(self, name: str) -> tuple[str, ...]:
        """The entries; KeyError where there is no such list."""
        base, *marks = name.split("|")
        entries = vocabulary(base, self.locale)
        for mark in marks:
            if mark == "lower":
                entries = tuple(entry.lower() for entry in entries)
            elif mark == "upper":
                entries = tuple(entry.upper() for entry in entries)
            else:
                entries = tuple(entry for entry in entries if len(entry) <= int(mark))
        return entries

    def used(self, codec: Codec) -> dict[str, tuple[str, ...]]:
        """The lists that a codec refers to."""
        return {name: self.get(name) for name in dict.fromkeys(names(codec))}


def names(codec: Codec) -> list[str]:
    """The names of the lists that a codec refers to."""
    match codec:
        case Text(segments=parts):
            found: list[str] = []
            for part in parts:
                if isinstance(part, Vocab):
                    found.append(part.list)
                elif isinstance(part, Prose):
                    found += [*part.topics, part.common]
            return found
        case List(item=item):
            return names(item)
        case Json(fields=fields):
            return [name for _, inner in fields for name in names(inner)]
        case Record(members=members):
            return [name for member in members for name in names(member.codec)]
        case _:
            return []


def cell_length(table: Table, name: str, lists: Lists) -> int:
    """The most characters another text column of the row has: its own length, or that of the names that fill it."""
    column = table.column(name)
    about = agree.column_meaning(table, column).name
    named = {"first_name": ("first_name",), "last_name": ("last_name",), "full_name": ("first_name", "last_name")}
    longest_name = sum(max(map(len, lists.get(each))) + 1 for each in named.get(about, ()))
    return min(column.type.length or _UNKNOWN_CELL, longest_name or _UNKNOWN_CELL)


def text_codec(
    table: Table, column: Column, domain: Domain, about: Meaning, lists: Lists, found: agree.Group | None = None
) -> Written:
    """A text inside ``domain``: the first format of the meaning that fits, else one made from the first pattern.

    What no format meets (a pattern that can't be written, a case that can't be had) is said in ``note``.
    """
    most = domain.max_length
    offered: list[Format] = []
    if found is not None and about.name in agree.PLACE:
        parts = agree.place_segments(about.name, found, most)
        offered += [Format(parts, cut=about.name in ("city", "state", "country"), node=True)] if parts else []
    if found is not None and about.name in ("first_name", "honorific"):
        offered.append(Format((Vocab(about.name, by="rank"),), cut=True, node=True))
    offered += formats(table, column, about, lists.locale, most)
    offered += generic(table, about, most, column)
    for each in offered:
        fitted = _fit(table, each, domain, lists)
        if fitted is not None and honours(fitted.parts, domain, lists):
            return Written(_text(fitted.parts, domain, lists), fitted.node)
    if domain.patterns:
        return _from_pattern(domain, lists)
    count = max(domain.min_length, min(most if most is not None else 8, 8))
    parts = force_case((Chars("abcdefghijklmnopqrstuvwxyz", count),), domain) if count else (Lit(""),)
    return Written(_text(parts, domain, lists), False)


def _fit(table: Table, offered: Format, domain: Domain, lists: Lists) -> Format | None:
    """The format in the forced case and within the greatest length; None where it can't be."""
    parts = force_case(offered.parts, domain)
    most = domain.max_length
    if domain.min_length > 1 and _sentences(parts) and _shortest(parts, lists) < domain.min_length:
        return None
    if most is None:
        return offered._replace(parts=parts)
    if len(parts) == 1 and isinstance(parts[0], Vocab) and parts[0].by == "hash":
        short = f"{parts[0].list}|{most}"
        kept, total = len(lists.get(short)), len(lists.get(parts[0].list))
        if kept < total and kept >= 8:
            parts = (msgspec.structs.replace(parts[0], list=short),)
    if longest(parts, lists.get, lambda name: cell_length(table, name, lists)) <= most:
        return offered._replace(parts=parts)
    if not offered.cut:
        return None
    typical = sorted(len(text) for text in examples(parts, lists.get))
    if isinstance(parts[0], Prose) or typical[len(typical) // 2] <= most:
        return offered._replace(parts=parts)
    return None


def _sentences(parts: Sequence[Segment]) -> bool:
    return any(isinstance(part, Vocab) and part.list.startswith("sentence.") for part in parts)


def _shortest(parts: Sequence[Segment], lists: Lists) -> int:
    return min(len(text) for text in examples(parts, lists.get))


def force_case(parts: Sequence[Segment], domain: Domain) -> tuple[Segment, ...]:
    """The segments in the case that the domain forces."""
    if domain.case is None:
        return tuple(parts)
    lower = domain.case == "lower"
    fold = str.lower if lower else str.upper
    out: list[Segment] = []
    for part in parts:
        match part:
            case Lit(text=text):
                out.append(Lit(fold(text)))
            case Vocab(list=name):
                out.append(msgspec.structs.replace(part, list=f"{name}|{domain.case}"))
            case Chars(alphabet=alphabet) | Serial(alphabet=alphabet):
                folded = "".join(dict.fromkeys(fold(alphabet)))
                out.append(msgspec.structs.replace(part, alphabet=folded))
            case Cell(form="slug") if lower:
                out.append(part)
            case Cell():
                out.append(msgspec.structs.replace(part, form="lower" if lower else "upper"))
            case Prose(topics=topics, common=common):  # sentences have capitals: three words instead
                named = (f"{common}|{domain.case}", f"{topics[0]}|{domain.case}")
                out += [Vocab(named[1], by="rank"), Lit(" "), Vocab(named[0]), Lit(" "), Vocab(named[1])]
            case _:
                out.append(part)
    return tuple(out)


def honours(parts: Sequence[Segment], domain: Domain, lists: Lists) -> bool:
    """Whether examples of the format meet every pattern, the forced case, the least length and the exclusions."""
    if not domain.patterns and not domain.excluded and domain.case is None:
        return True
    for text in examples(parts, lists.get):
        shown = text if domain.max_length is None else text[: domain.max_length]
        shown = shown.ljust(domain.min_length, "X" if domain.case == "upper" else "x")
        if domain.case is not None and shown != (shown.lower() if domain.case == "lower" else shown.upper()):
            return False
        if not meets(shown, domain.patterns) or shown in domain.excluded:
            return False
    return True


def _from_pattern(domain: Domain, lists: Lists) -> Written:
    """Texts made from the first pattern that can be written and whose texts meet the others."""
    problem = ""
    for pattern in domain.patterns:
        if pattern.negated:
            continue
        try:
            parts = force_case(segments(pattern, domain.min_length, domain.max_length), domain)
        except Untranslatable as error:
            problem = problem or str(error)
            continue
        if honours(parts, domain, lists):
            return Written(_text(parts or (Lit(""),), domain, lists), False)
    for word in ("abcdefgh", "ABCDEFGH", "12345678", "00000000"):
        count = max(domain.min_length, 1 if domain.max_length is None else min(domain.max_length, 6))
        parts = (Chars(word, count),)
        if honours(parts, domain, lists):
            return Written(_text(parts, domain, lists), False)
    shown = " and ".join(f"{'not ' if each.negated else ''}{each.syntax} {each.pattern!r}" for each in domain.patterns)
    problem = problem or "no text found that meets all of it"
    plain = _text((Chars("abcdefgh", max(domain.min_length, min(domain.max_length or 6, 6))),), domain, lists)
    return Written(plain, False, f"not honoured: {shown} ({problem})")


def _text(parts: Sequence[Segment], domain: Domain, lists: Lists) -> Text:
    """The codec. Prose whose words may fall short of the least length gets more of them."""
    filled: list[Segment] = []
    for part in parts:
        if isinstance(part, Prose) and part.low * 6 < domain.min_length:
            low = domain.min_length // 5 + 1
            part = msgspec.structs.replace(part, low=low, high=max(part.high, low + 4))
        filled.append(part)
    least = domain.min_length
    if domain.case == "upper" and least and not domain.patterns:  # the sampler pads with a small x
        filled, least = [*filled, Lit("X" * least)], 0
    return Text(tuple(filled), max_length=domain.max_length, min_length=least)


def category_labels(entries: Sequence[str], domain: Domain) -> tuple[str, ...]:
    """Own labels within the domain: in its case, cut to distinct initials where there is room for no more."""
    labels = list(entries)
    if domain.case is not None:
        labels = [each.upper() if domain.case == "upper" else each.lower() for each in labels]
    most = domain.max_length
    if most is not None and any(len(each) > most for each in labels):
        fitting = [each for each in labels if len(each) <= most]
        if len(fitting) < 2:
            fitting = [each.replace(" ", "").replace("-", "")[:most] for each in labels]
            fitting = [each.upper() if most <= 3 and domain.case != "lower" else each for each in fitting]
        labels = fitting
    kept = dict.fromkeys(each for each in labels if each and len(each) >= domain.min_length)
    return tuple(each for each in kept if each not in domain.excluded)
