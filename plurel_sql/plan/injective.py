"""Rules that give every row another value: for keys and UNIQUE columns, with an honest count of how many there are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator

import msgspec

from plurel_sql.plan.agree import column_meaning
from plurel_sql.plan.codecs import label
from plurel_sql.plan.composite import COMPOSITE, counted
from plurel_sql.plan.domains import NUMERIC, Domain
from plurel_sql.plan.formats import LISTED, NAMED, own_name, prefix_code, sibling
from plurel_sql.plan.model import (
    Bytes,
    Cell,
    Chars,
    Digit,
    Json,
    Lit,
    Rule,
    Segment,
    Sequence,
    Serial,
    Text,
    Uuid,
    Value,
    Vocab,
)
from plurel_sql.plan.naming import distinct_names, entries_of, short_codes
from plurel_sql.plan.numbers import month_labels
from plurel_sql.plan.patterns import Untranslatable, segments, width
from plurel_sql.plan.render import longest
from plurel_sql.plan.texts import Lists, cell_length, force_case, honours
from plurel_sql.plan.textual import textual
from plurel_sql.plan.types import DAY, limits, micros, months
from plurel_sql.schema.model import Column, Table
from plurel_sql.semantics.classifier import Meaning
from plurel_sql.semantics.vocabularies import variant

DIGITS = "0123456789"
HEX = "0123456789abcdef"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# One case of letters only: most engines can be set to call "a" and "A" equal.
BASE36 = DIGITS + UPPER
_RANDOM = frozenset({"uuid", "token", "hash", "password"})
_FIRST_DAY = "2000-01-01"
_LABELS = 100_000
"""The most labels that a plan lists one by one."""


class Injective(msgspec.Struct, frozen=True):
    """``rule`` gives each of the asked rows another value; None where there are not enough of them.

    ``capacity`` is the most rows the column can hold by any rule made here, None where there is no bound;
    ``vocabularies`` are the word lists the rule refers to.
    """

    rule: Rule | None
    capacity: int | None
    why: str
    vocabularies: dict[str, tuple[str, ...]] = {}


def injective(
    table: Table,
    column: Column,
    domain: Domain,
    rows: int,
    *,
    permute: bool,
    locale: str = "en",
    prefix: int | None = None,
) -> Injective:
    """A rule that is distinct for every row number below ``rows``, inside ``domain``.

    Args:
        table: the column's table.
        column: a column that is a key, or UNIQUE by itself, and is not a foreign key.
        domain: ``domains.domain(table, column)``.
        rows: how many rows are wanted.
        permute: whether values come in mixed order (numbers and serials are a permutation of the row number).
        locale: of the word lists.
        prefix: texts must differ within so many characters; None: in all.
    """
    if domain.empty:
        return Injective(None, 0, f"CHECKs contradict each other: {domain.empty}")
    kind = column.type.kind
    if domain.values is not None:
        return _labels(table, column, tuple(label(value) for value in domain.values), rows, "listed values")
    if kind == "boolean" or (kind == "bit" and column.type.length == 1):
        return _labels(table, column, ("false", "true"), rows, "true and false")
    if kind in NUMERIC:
        return _numbers(table, column, domain, rows, permute)
    if months(column.type):
        labels, _ = month_labels(months(column.type), max(1, min(rows, _LABELS)))
        found = _labels(table, column, labels, rows, "numbers of months")
        return msgspec.structs.replace(found, capacity=_LABELS)
    if kind in ("date", "timestamp", "time", "interval"):
        return _times(column, domain, rows, permute)
    if kind == "uuid":
        return Injective(Value(Uuid(4)), None, "a UUID for each row number")
    if kind == "binary":
        return _bytes(domain, rows)
    if kind == "json":
        serial = Text((Serial(permute=permute),))
        return Injective(Value(Json((("id", serial),))), None, "an object that holds the row number")
    if kind == "bit":
        size = domain.max_length or 64
        rule = Value(Text((Serial("01", size, 0, permute),), max_length=size))
        return _counted(rule, 2**size, rows, f"bit patterns of length {size}")
    if kind == "set":
        return _sets(table, column, rows)
    if kind in COMPOSITE or textual(column.type) is not None:
        codec, capacity = counted(column.type)
        if codec is None:
            return Injective(None, 0, f"values of type {column.type.written} are not made distinct")
        return _counted(Value(codec), capacity, rows, "holds the row number", Lists(locale).used(codec))
    return _texts(table, column, domain, rows, permute, locale, prefix)


def _counted(
    rule: Rule, capacity: int | None, rows: int, why: str, lists: dict[str, tuple[str, ...]] | None = None
) -> Injective:
    enough = capacity is None or rows <= capacity
    return Injective(rule if enough else None, capacity, why, (lists or {}) if enough else {})


def _labels(table: Table, column: Column, labels: tuple[str, ...], rows: int, why: str, key: str = "") -> Injective:
    """Each label once. ``key`` is shared by columns whose labels belong together row by row."""
    if column.type.kind in ("text", "enum", "unknown"):
        labels = told_apart(labels)
    rule = Digit(f"{table.id}.{key or column.name}", None, (len(labels),), 0, labels)
    return _counted(rule, len(labels), rows, f"{len(labels)} {why}")


def folded(text: str) -> str:
    """What engines take for one and the same text at their most tolerant: case, accents, blanks at the end aside."""
    letters = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(letters).casefold().rstrip()


def told_apart(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels that every engine tells apart, each the first of its kind."""
    return tuple({folded(each): each for each in reversed(labels)}.values())[::-1]


def _sets(table: Table, column: Column, rows: int) -> Injective:
    """Each set of labels once: the row number's bits say which labels are in it."""
    labels = column.type.labels
    capacity = 2 ** len(labels) - 1
    if rows > min(capacity, _LABELS):
        return Injective(None, min(capacity, _LABELS), f"{capacity} sets of {len(labels)} labels")
    sets = tuple(",".join(each for k, each in enumerate(labels) if n >> k & 1) for n in range(1, rows + 1))
    return Injective(Digit(f"{table.id}.{column.name}", None, (rows,), 0, sets), min(capacity, _LABELS), "sets")


def _numbers(table: Table, column: Column, domain: Domain, rows: int, permute: bool) -> Injective:
    """Whole numbers from 1 where the domain has them. Decimals with room for fractions only use their labels."""
    low, high = domain.low, domain.high
    if column.type.kind == "float":
        top = 2**24 if column.type.bits == 32 else 2**53
        low, high = max(low if low is not None else -top, -top), min(high if high is not None else top, top)
    assert low is not None and high is not None  # integer and decimal types are bounded
    first, last = math.ceil(low), math.floor(high)
    if column.type.kind == "decimal" and domain.step > 1:  # a negative scale: tens, hundreds, ...
        unit = int(domain.step)
        first, last = -(-first // unit), last // unit
        whole = max(0, last - first + 1)
        start = max(first, min(1, last - rows + 1))
        return _counted(Sequence(start * unit, unit, permute), whole, rows, f"multiples of {unit}")
    whole = max(0, last - first + 1)
    if whole < rows and column.type.kind == "decimal" and 0 < domain.step < 1:
        count = round((high - low) / domain.step) + 1
        if rows <= count <= 100_000:
            places = round(-math.log10(domain.step))
            labels = tuple(f"{low + domain.step * k:.{places}f}" for k in range(count))
            return Injective(Digit(f"{table.id}.{column.name}", None, (count,), 0, labels), count, f"{count} decimals")
        if count <= 100_000:
            return Injective(None, count, f"{count} decimals")
    if column.counts is not None and column.type.kind == "integer":
        begin, stride = column.counts
        room = ((last - begin) // stride if stride > 0 else (begin - first) // -stride) + 1
        if first <= begin <= last and rows <= room:
            return Injective(Sequence(begin, stride, permute), room, f"counts from {begin} by {stride}")
    start = max(first, min(1, last - rows + 1)) if first <= 1 else first
    if column.type.base == "year":
        start = max(first, min(2000, last - rows + 1))
    smallest, largest = (math.floor(bound) if bound is not None else 0 for bound in limits(column.type))
    if column.type.kind != "float":
        start = max(start, smallest)
    elif largest < start:
        start = smallest
    return _counted(Sequence(start, 1, permute), whole, rows, f"whole numbers {start} to {last}")


def _times(column: Column, domain: Domain, rows: int, permute: bool) -> Injective:
    """Equal steps through the domain: days for dates, for others minutes or, where there are too many rows, less."""
    size = int(domain.step) or 1
    if domain.kind in ("time", "interval"):
        first = int(domain.low or 0)
        last = int(domain.high) if domain.high is not None else 2**62
    else:
        last = int(domain.high) if domain.high is not None else micros("9999-12-31", domain.kind) or 0
        begin = micros(_FIRST_DAY, domain.kind) or 0
        earliest = int(domain.low) if domain.low is not None else micros("0001-01-01", domain.kind) or 0
        asked = domain.low is not None and domain.low != limits(column.type)[0]
        first = earliest if asked else max(earliest, min(begin, last))
        if (last - first) // size + 1 < rows:
            first = earliest
    capacity = max(0, (last - first) // size + 1)
    if domain.kind in ("date", "timestamp"):
        capacity = max(0, (last - earliest) // size + 1)
    stride = size
    span = min(last - first, 7_300 * DAY)
    for nice in (DAY, 3_600_000_000, 60_000_000, 1_000_000):
        if nice % size == 0 and nice * rows <= span:
            stride = nice
            break
    return _counted(Sequence(first, stride, permute), capacity, rows, f"steps of {stride / 1e6:g} s")


def _bytes(domain: Domain, rows: int) -> Injective:
    high = domain.max_length if domain.max_length is not None else max(16, domain.min_length)
    low = high if domain.fixed else max(domain.min_length, min(high, 8))
    rule = Value(Bytes(low, high, serial=True))
    return _counted(rule, 256 ** min(8, low), rows, f"bytes that hold the row number in {min(8, low)} of them")


# --- texts ------------------------------------------------------------------------------------------------------------


def _texts(
    table: Table, column: Column, domain: Domain, rows: int, permute: bool, locale: str, prefix: int | None
) -> Injective:
    about = column_meaning(table, column)
    lists = Lists(locale)
    if prefix is not None:
        return _prefixed(domain, rows, permute, prefix, lists)
    listed = _vocabulary(table, column, domain, about, rows, lists)
    if listed is not None:
        return listed
    room = domain.min_length <= 36 and (domain.max_length is None or domain.max_length >= 36)
    if about.name in _RANDOM and domain.case != "upper" and room and not domain.patterns:
        return Injective(Value(Uuid(4)), None, f"a UUID for each row number, as {about.name}")
    capacity = _capacity(domain)
    for parts in _candidates(table, column, domain, about, rows, permute, locale):
        parts = force_case(parts, domain)
        width = longest(parts, lists.get, lambda name: cell_length(table, name, lists))
        spare = width - cell_length(table, parts[0].column, lists) + 8 if isinstance(parts[0], Cell) else width
        if domain.max_length is not None and spare > domain.max_length:  # a cell before the number may lose its end
            continue
        padded = any(isinstance(part, Serial) and part.width >= domain.min_length for part in parts)
        if domain.case == "upper" and not padded:  # the sampler would pad with a small x
            continue
        if not honours(parts, domain, lists):
            continue
        codec = Text(parts, max_length=domain.max_length, min_length=domain.min_length)
        why = f"{about.name}: {about.why}; carries the row number"
        return Injective(Value(codec), capacity, why, lists.used(codec))
    most = rows - 1 if capacity is None else min(capacity, rows - 1)
    return Injective(None, most, "no format has room for the row number")


def _prefixed(domain: Domain, rows: int, permute: bool, most: int, lists: Lists) -> Injective:
    """Texts of a pattern with the row number in a run of characters among the first ``most``."""
    room = 0
    for parts in _translated(domain):
        head, rest = _split(parts, most)
        room = max(room, *(len(_distinct(part.alphabet)) ** part.count for part in head if isinstance(part, Chars)), 0)
        numbered = _numbered(head, rows, permute)
        if numbered is not None and honours((*numbered, *rest), domain, lists):
            codec = Text((*numbered, *rest), max_length=domain.max_length, min_length=domain.min_length)
            return Injective(Value(codec), room, f"carries the row number in its first {most} characters")
    return Injective(None, min(room, rows - 1), f"no pattern has room for the row number in {most} characters")


def _split(parts: tuple[Segment, ...], most: int) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """The segments that write the first ``most`` characters, and the others; a run across the border is cut."""
    head: list[Segment] = []
    for index, part in enumerate(parts):
        size = width((part,))
        if size > most:
            if isinstance(part, Chars) and most:
                rest = msgspec.structs.replace(part, count=part.count - most)
                return (*head, msgspec.structs.replace(part, count=most)), (rest, *parts[index + 1 :])
            return tuple(head), parts[index:]
        head.append(part)
        most -= size
    return tuple(head), ()


def _capacity(domain: Domain) -> int | None:
    """The most texts that differ even when case is ignored: by length, or by the pattern's widest run."""
    best: int | None = 0
    patterns = [pattern for pattern in domain.patterns if not pattern.negated]
    if patterns:
        for part in _runs(domain):
            best = max(best or 0, len(_distinct(part.alphabet)) ** part.count)
        return best or None
    if domain.max_length is None:
        return None
    return 36**domain.max_length if domain.max_length < 40 else None


def _distinct(alphabet: str) -> str:
    """The alphabet with one case of each letter, and without letters that differ by an accent alone."""
    return "".join({folded(char) or char: char for char in reversed(alphabet)}.values())[::-1]


def _translated(domain: Domain) -> Iterator[tuple[Segment, ...]]:
    for pattern in domain.patterns:
        if pattern.negated:
            continue
        for least in dict.fromkeys((domain.min_length, min(12, domain.max_length or 12), domain.max_length or 0)):
            try:
                yield segments(pattern, max(least, domain.min_length), domain.max_length)
            except Untranslatable:
                continue


def _runs(domain: Domain) -> list[Chars]:
    return [part for parts in _translated(domain) for part in parts if isinstance(part, Chars)]


def _from_patterns(domain: Domain, rows: int, permute: bool) -> Iterator[tuple[Segment, ...]]:
    """Each pattern's text with its widest run of characters turned into the row number."""
    for parts in _translated(domain):
        numbered = _numbered(parts, rows, permute)
        if numbered is not None:
            yield numbered


def _numbered(parts: tuple[Segment, ...], rows: int, permute: bool) -> tuple[Segment, ...] | None:
    """The segments with the row number in place of their widest run of characters; None where no run has room."""
    runs = [(len(_distinct(p.alphabet)) ** p.count, k) for k, p in enumerate(parts) if isinstance(p, Chars)]
    if not runs or max(runs)[0] < rows:
        return None
    size, index = max(runs)
    run = parts[index]
    assert isinstance(run, Chars)
    alphabet = _distinct(run.alphabet)
    start = 1 if alphabet == DIGITS and size > rows else 0
    return (*parts[:index], Serial(alphabet, run.count, start, permute), *parts[index + 1 :])


def _digits(alphabet: str, rows: int, start: int) -> int:
    """How many digits of ``alphabet`` the last row's number needs."""
    count, most = 1, len(alphabet)
    while most < rows + start:
        count, most = count + 1, most * len(alphabet)
    return count


def _serial(rows: int, permute: bool, *, width: int = 1, alphabet: str = DIGITS, start: int = 1) -> Serial:
    return Serial(alphabet, max(width, _digits(alphabet, rows, start)), start, permute)


def _candidates(
    table: Table, column: Column, domain: Domain, about: Meaning, rows: int, permute: bool, locale: str
) -> Iterator[tuple[Segment, ...]]:
    """Formats with a row number in them, the most telling first; patterns and bare numbers last.

    The number is always set apart from what varies before it by a character that is no digit, or has a fixed width.
    """
    code = prefix_code(table, column)
    tail = _serial(rows, permute)
    most = domain.max_length
    if about.name in ("email", "username"):
        at = (Lit("@"), Vocab("mail_host")) if about.name == "email" else ()
        yield (*own_name(table, column, locale), Lit("."), tail, *at)
        yield (Vocab("user.first"), Lit("."), Vocab("user.last"), tail, *at)
        yield (Vocab("user.first"), tail, *((Lit("@example.com"),) if at else ()))
        yield (Lit("u"), tail, *((Lit("@example.com"),) if at else ()))
    composed: dict[str, tuple[Segment, ...]] = {
        "phone": (Lit("+1-"), Serial(DIGITS, 10, 2_005_550_100, permute)),
        "full_name": (Vocab("first_name"), Lit(" "), Vocab("last_name"), Lit(" "), tail),
        "display_name": (Vocab("first_name"), Lit(" "), Vocab("last_name"), Lit(" "), tail),
        "first_name": (Vocab("first_name"), Lit(" "), tail),
        "last_name": (Vocab("last_name"), Lit(" "), tail),
        "company": (Vocab("company"), Lit(" "), tail),
        "product": (Vocab("adjective"), Lit(" "), Vocab("noun"), Lit(" "), tail),
        "url": (Lit("https://www."), Vocab("user.last"), Lit(".example.com/"), tail),
        "image_url": (Lit("https://img.example.com/"), tail, Lit(".jpg")),
        "domain": (Vocab("user.last"), Lit("-"), tail, Lit(".example.com")),
        "slug": (Vocab("slug.adjective"), Lit("-"), Vocab("slug.noun"), Lit("-"), tail),
        "name": (Vocab("project_word"), Lit(" "), Vocab("place_word"), Lit(" "), tail),
        "file_name": (Vocab("slug.noun"), Lit("_"), tail, Lit(".pdf")),
        "file_path": (Lit("/data/"), Vocab("slug.noun"), Lit("/"), tail, Lit(".pdf")),
        "image_path": (Lit("images/"), tail, Lit(".jpg")),
        "isbn": (Lit("978"), Serial(DIGITS, 10, 1, permute)),
        "iban": (Lit("ZZ00TEST"), Serial(DIGITS, 14, 1, permute)),
        "card_number": (Lit("0000"), Serial(DIGITS, 12, 1, permute)),
        "mac": (Lit("02"), Serial(HEX, 10, 1, permute)),
        "vin": (Lit("ZZZ"), Serial(DIGITS, 14, 1, permute)),
        "city": (Vocab("locale_city"), Lit(" "), tail),
        "street": (tail, Lit(" "), Vocab("street_name"), Lit(" "), Vocab("street_suffix")),
        "job_title": (Vocab("job_title"), Lit(" "), tail),
        "sku": (Lit(code + "-"), _serial(rows, permute, width=5)),
        "reference": (Lit(code + "-"), _serial(rows, permute, width=6)),
        "code": (Lit(code), _serial(rows, permute, width=3)),
        "licence_plate": (Lit("T-"), _serial(rows, permute, width=5)),
        "version": (Lit("1."), tail, Lit(".0")),
    }
    named = sibling(table, column, *NAMED) if about.name == "slug" else None
    if named is not None:
        yield (Cell(named, "slug"), Lit("-"), tail)
    if about.name in composed:
        yield composed[about.name]
    if about.name == "ip" and rows < 65_536:
        yield (Lit("2001:db8::"), Serial(HEX, 1, 1, permute))
    if about.name in LISTED:
        yield (Vocab(variant(about.name, about.words, about.subject)), Lit(" "), tail)
    yield from _from_patterns(domain, rows, permute)
    if column.type.fixed and most is not None and most <= 40 and not domain.patterns:
        alphabet = UPPER if most <= 8 else BASE36
        if len(alphabet) ** most >= rows:
            yield (_serial(rows, permute, width=most, alphabet=alphabet, start=0),)
    yield (Vocab("adjective"), Lit(" "), Vocab("noun"), Lit(" "), tail)
    yield (Vocab("project_word"), Lit(" "), tail)
    yield (Lit(code + "-"), tail)
    yield (Lit(code[:1]), tail)
    least = max(1, domain.min_length)
    yield (_serial(rows, permute, width=least),)
    yield (_serial(rows, permute, width=least, start=0),)
    yield (_serial(rows, permute, width=least, alphabet=BASE36, start=0),)


def _vocabulary(
    table: Table, column: Column, domain: Domain, about: Meaning, rows: int, lists: Lists
) -> Injective | None:
    """Entries of a list, each once, where the list is long enough: countries, currencies, languages, statuses, ..."""
    if about.name in ("slug", "code"):
        return _named_after(table, column, domain, about.name, rows, lists)
    found = entries_of(about, domain.max_length, rows, lists)
    if found is None:
        return None
    key, entries = found
    return _each(table, column, domain, entries, rows, lists, about.name, key)


def _named_after(table: Table, column: Column, domain: Domain, form: str, rows: int, lists: Lists) -> Injective | None:
    """The entries that name the row, as slugs or short codes, where the names are drawn each once too."""
    named = sibling(table, column, *NAMED) or _unique(table, column)
    if named is None or not distinct_names(table, table.column(named)):
        return None
    other = table.column(named)
    found = entries_of(column_meaning(table, other), other.type.length, rows, lists)
    if found is None:
        return None
    key, entries = found
    most = domain.max_length
    if form == "slug":
        made = tuple(re.sub("[^a-z0-9]+", "-", each.lower()).strip("-") for each in entries)
    else:
        made = short_codes(entries, most if most is not None and most <= 8 else 4)
    return _each(table, column, domain, made, rows, lists, named, key or named)


def _each(
    table: Table, column: Column, domain: Domain, entries: tuple[str, ...], rows: int, lists: Lists, name: str, key: str
) -> Injective | None:
    """The first entries, as many as there are rows and within the domain, or None."""
    most = domain.max_length
    if domain.case is not None:
        entries = tuple(each.upper() if domain.case == "upper" else each.lower() for each in entries)
    if any(len(each) < domain.min_length or (most is not None and len(each) > most) for each in entries):
        if key:
            return None
        entries = tuple(each for each in entries if domain.min_length <= len(each) <= (most or len(each)))
    unmet = [each for each in entries if not honours((Lit(each),), domain, lists)]
    distinct = len(told_apart(entries)) == len(entries)
    if unmet or rows > len(entries) or not distinct:
        return None
    found = _labels(table, column, entries, rows, f"known values of {name}", key)
    return msgspec.structs.replace(found, capacity=_capacity(domain))


def _unique(table: Table, column: Column) -> str | None:
    """A text column that is UNIQUE by itself and has a meaning that slugs are made of."""
    for unique in table.uniques:
        if unique.plain and len(unique.columns) == 1 and unique.columns != (column.name,):
            other = table.column(unique.columns[0])
            if other.type.kind == "text" and column_meaning(table, other).name in NAMED:
                return other.name
    return None
