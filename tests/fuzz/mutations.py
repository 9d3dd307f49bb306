"""Real schemas with faults put into them: what a torn, mixed up or hostile file looks like; by number."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from fuzz.pool import Case

_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\w+|\s+|.", re.DOTALL)
_MOST = 6_000  # characters of a piece of a schema: faults are local, and ten thousand cases must be read


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KEYWORDS = _listed(r"""
    CREATE TABLE ALTER DROP PRIMARY KEY FOREIGN REFERENCES UNIQUE CHECK NOT NULL DEFAULT CONSTRAINT INDEX ON DELETE
    CASCADE GENERATED ALWAYS AS IDENTITY STORED VIRTUAL ENUM DOMAIN TYPE EXCLUDE USING gist WITH WITHOUT OVERLAPS PERIOD
    PARTITION BY RANGE LIST HASH OF FOR VALUES FROM TO INHERITS LIKE INCLUDING ALL SELECT INSERT INTO BEGIN END COMMIT
    COPY stdin DELIMITER GO COLLATE CASE WHEN THEN ELSE AND OR IN BETWEEN IS SIMILAR REGEXP ARRAY [] :: -> ->> @> && ;
    ( ) , . ' " ` [ ] $$ $tag$ /* */ -- # \\ \. / % @ {{ }} ? : = <> <= >= || ~ ~* ^ ! & | E' N' x' 0x 1e
""")
TYPES = _listed("""
    integer bigint smallint tinyint(1) serial bigserial numeric numeric(38,10) numeric(3,5) numeric(3,-2) decimal(65,30)
    float double real boolean bit(3) varbit(9) char varchar varchar(0) varchar(1) text citext uuid json jsonb xml hstore
    bytea blob(5) date time timestamp timestamptz(3) interval year money inet cidr macaddr tsvector int4range tstzrange
    datemultirange point geometry(Point,4326) integer[] text[][] enum('a','b') set('x','y') MAP(int,text) STRUCT(a_int)
    unsigned number(10) number(3,1) varchar2(9) nvarchar(max) rowversion sql_variant variant STRING INT64 hologram
""")
NUMBERS = ("0", "-1", "1", "255", "65536", "9" * 25, "9" * 400, "1e400", "0.0000000001", "0x7f", "2147483648")
_WORDS = (*KEYWORDS, *TYPES, *NUMBERS)


def case(seed: int, schemas: list[tuple[str, str]]) -> Case:
    """Mutation number ``seed`` of ``schemas``, which are (dialect, text)."""
    rng = random.Random(f"mutation {seed}")
    dialect, text = rng.choice(schemas)
    text = _piece(rng, text)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        text = _changed(rng, text)
        if len(text) > 400_000:
            break
    if rng.random() < 0.1:  # a file of two systems
        text += _changed(rng, _piece(rng, rng.choice(schemas)[1]))
    said = rng.choice((dialect, dialect, dialect, None, rng.choice(schemas)[0]))
    return Case(encoded(rng, text), said, write=rng.random() < 0.15)


def _changed(rng: random.Random, text: str) -> str:
    """Another text, by the first fault that finds something to change."""
    for change in rng.sample(_TEXT, len(_TEXT)):
        other = change(rng, text)
        if other != text:
            return other
    return text


def real(folder: Path) -> list[tuple[str, str]]:
    """(dialect, text) of the schemas under ``folder``, whose subfolders are named by dialect."""
    return [(path.parent.name, path.read_bytes().decode("utf-8", "replace")) for path in sorted(folder.glob("*/*.sql"))]


def _piece(rng: random.Random, text: str) -> str:
    """A stretch of the text that starts and ends with a statement, mostly."""
    if len(text) <= _MOST:
        return text
    start = rng.randrange(len(text) - _MOST)
    start = text.find("CREATE TABLE", start)
    start = text.find("CREATE TABLE") if start < 0 else start
    start = max(start, 0)
    end = text.rfind(";", start, start + _MOST)
    return text[start : end + 1 if end > start else start + _MOST]


def _tokens(change: Callable[[random.Random, list[str]], None]) -> Callable[[random.Random, str], str]:
    def changed(rng: random.Random, text: str) -> str:
        tokens = _TOKEN.findall(text) or [";"]
        for _ in range(rng.choice((1, 1, 3, 10))):
            change(rng, tokens)
            if not tokens:
                break
        return "".join(tokens)

    return changed


def _delete(rng: random.Random, tokens: list[str]) -> None:
    at = rng.randrange(len(tokens))
    del tokens[at : at + rng.choice((1, 1, 2, 5))]


def _duplicate(rng: random.Random, tokens: list[str]) -> None:
    at, length = rng.randrange(len(tokens)), rng.choice((1, 2, 10, 60))
    tokens[at:at] = tokens[at : at + length]


def _swap(rng: random.Random, tokens: list[str]) -> None:
    a, b = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[a], tokens[b] = tokens[b], tokens[a]


def _insert(rng: random.Random, tokens: list[str]) -> None:
    tokens.insert(rng.randrange(len(tokens) + 1), f" {rng.choice(_WORDS)} ")


def _replace(rng: random.Random, tokens: list[str]) -> None:
    tokens[rng.randrange(len(tokens))] = f" {rng.choice(_WORDS)} "


def _retype(rng: random.Random, tokens: list[str]) -> None:
    types = [k for k, token in enumerate(tokens) if token.lower().split("(")[0] in _PLAIN_TYPES]
    if types:
        tokens[rng.choice(types)] = rng.choice(TYPES)


def _renumber(rng: random.Random, tokens: list[str]) -> None:
    numbers = [k for k, token in enumerate(tokens) if token.isdigit()]
    if numbers:
        tokens[rng.choice(numbers)] = rng.choice(NUMBERS)


def _rename(rng: random.Random, tokens: list[str]) -> None:
    """One word gets the name of another: keys that point elsewhere, columns twice."""
    words = [k for k, token in enumerate(tokens) if token[:1].isalpha() and token.upper() not in KEYWORDS]
    if words:
        tokens[rng.choice(words)] = tokens[rng.choice(words)]


_PLAIN_TYPES = {word.split("(")[0] for word in TYPES} | {"int", "character", "varying", "datetime", "double"}


def _resize(rng: random.Random, tokens: list[str]) -> None:
    """A type with arguments that can't be, or hardly."""
    types = [k for k, token in enumerate(tokens) if token.lower() in _PLAIN_TYPES]
    if types:
        arguments = ", ".join(rng.choice((*NUMBERS, "max", "*", "'x'", "")) for _ in range(rng.choice((1, 1, 2, 3))))
        tokens.insert(
            rng.choice(types) + 1, f"({arguments}){rng.choice(('', '', '[]', '[3][]', ' unsigned', ' array'))}"
        )


def _check(rng: random.Random, tokens: list[str]) -> None:
    """A condition on words that stand near it, columns mostly."""
    commas = [k for k, token in enumerate(tokens) if token == ","]
    if not commas:
        return
    at = rng.choice(commas)
    near = [token for token in tokens[max(at - 40, 0) : at + 40] if token[:1].isalpha() or token[:1] in '"`'] or ["a"]
    tokens[at] = f" {rng.choice(_CLAUSES).format(condition=_condition(rng, near, rng.choice((1, 2, 4))))},"


def _condition(rng: random.Random, columns: list[str], depth: int) -> str:
    if depth == 0:
        return rng.choice(
            (*columns, *columns, *columns, *NUMBERS, "'x'", "''", "NULL", "TRUE", "now()", "'2021-02-30'")
        )
    a, b, c = (_condition(rng, columns, rng.randrange(depth)) for _ in range(3))
    return rng.choice(_FORMS).format(a=a, b=b, c=c)


_FORMS = ("{a} = {b}", "{a} <> {b}", "{a} < {b}", "{a} BETWEEN {b} AND {c}", "{a} IN ({b}, {c})", "NOT ({a})",
          "({a} OR {b})",
          "({a} AND {b})", "{a} IS NULL", "({a} IS NULL) = ({b} IS NULL)", "CASE WHEN {a} THEN {b} ELSE {c} END > {b}",
          "coalesce({a}, {b}) > {c}", "{a} + {b} > {c}", "{a} % {b} = {c}", "{a} / {b} > {c}", "length({a}) > {b}",
          "{a} LIKE '%' || {b}", "{a} ~ '^[A-Z]{{2,9}}(x|y)+$'", "{a} REGEXP '('", "lower({a}) = {a}", "{a} ~ '(a*)*$'",
          "num_nonnulls({a}, {b}) = 1", "CAST({a} AS date) > {b}", "{a}::text <> ''", "extract(year FROM {a}) = {b}",
          "{a} = ANY (ARRAY[{b}, {c}])", "json_valid({a})", "{a} IS DISTINCT FROM {b}", "power({a}, {b}) > {c}",
          "repeat({a}, 999999999) > {b}", "{a} SIMILAR TO '{b}'", "datediff({a}, {b}) > {c}",
          "({a}) IS TRUE")  # fmt: skip
_CLAUSES = (" CHECK ({condition})", ", CHECK ({condition})", " DEFAULT ({condition})",
            ", CONSTRAINT c CHECK ({condition})",
            " GENERATED ALWAYS AS ({condition}) STORED", ", EXCLUDE USING gist (({condition}) WITH =)")  # fmt: skip


def _requote(rng: random.Random, tokens: list[str]) -> None:
    """One name everywhere becomes a strange one."""
    words = [token for token in tokens if token[:1].isalpha() and token.upper() not in KEYWORDS]
    if words:
        old, quote = rng.choice(words), rng.choice('"`')
        new = rng.choice(
            ("", " ", "select", "a;b", "--", "/*", "\\", "'", "表🐘", "n" * 300, "#t", "a.b", "\r\n", "%s", "\u202e")
        )
        tokens[:] = [f"{quote}{new}{quote}" if token == old else token for token in tokens]


def _truncate(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _behead(rng: random.Random, text: str) -> str:
    return text[rng.randrange(len(text) + 1) :]


def _nest(rng: random.Random, text: str) -> str:
    """Something opened very often, and closed as often or not."""
    opened, closed = rng.choice((("(", ")"), ("(", ""), ("NOT ", ""), ("CASE WHEN ", " END"), ("[", "]"), ("/*", "*/"),
                                 ("coalesce(a, ", ")"), ("ARRAY[", "]"), ("- ", ""), ("a AND (", ")"), ("$$", "$$"),
                                 ("STRUCT(a ", ")"), ("{", "}"), ("'", "'"), ("a || ", ""), ("1 + ", ""),
                                 ("a = 1 OR ", ""), ("SELECT (", ")")))  # fmt: skip
    depth = rng.choice((5, 60, 400, 3000))
    at = rng.choice([m.end() for m in re.finditer(r"[(,]|CHECK|DEFAULT|\n", text)] or [0])
    return f"{text[:at]} {opened * depth} a {closed * depth} {text[at:]}"


def _huge(rng: random.Random, text: str) -> str:
    """Something very long."""
    long = rng.choice(("9" * 5000, "'" + "x" * 100_000 + "'", "a" * 50_000, '"' + "b" * 3000 + '"', "x'" + "f" * 40_001,
                       " " * 100_000, "--" + "-" * 50_000 + "\n", "(1)," * 5000, "enum(" + "'a'," * 3000 + "'b')",
                       ", c integer" * 1700, "varchar(" + "9" * 30 + ")", "numeric(999999, 999999)"))  # fmt: skip
    at = rng.randrange(len(text) + 1)
    return f"{text[:at]} {long} {text[at:]}"


def _strange(rng: random.Random, text: str) -> str:
    """Characters that seldom stand in SQL."""
    strange = ("\x00", "\x1a", "\x7f", "\ufeff", "\u202e", "\u00a0", "\u2028", "é", "表", "🐘", "\ud7ff", "\r", "\x0b")
    for _ in range(rng.choice((1, 5))):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(strange) + text[at:]
    return text


def _line_ends(rng: random.Random, text: str) -> str:
    return text.replace("\n", rng.choice(("\r\n", "\r", "", " ", "\n\n")))


def _quotes(rng: random.Random, text: str) -> str:
    old, new = rng.sample(['"', "`", "'", "["], 2)
    return text.replace(old, new)


def _double(rng: random.Random, text: str) -> str:
    return text + rng.choice(("\n", "", ";", "\nGO\n")) + text


_TEXT: tuple[Callable[[random.Random, str], str], ...] = (
    *map(
        _tokens,
        (_delete, _duplicate, _swap, _insert, _replace, _retype, _resize, _renumber, _rename, _requote, _check, _check),
    ),
    _truncate,
    _behead,
    _nest,
    _huge,
    _strange,
    _line_ends,
    _quotes,
    _double,
)


def encoded(rng: random.Random, text: str) -> bytes:
    """The text as a file may hold it."""
    encoding = rng.choice(("utf-8",) * 20 + _ENCODINGS)
    if encoding == "torn":
        return torn(rng, text)
    if encoding == "twice":  # UTF-8 read as Latin-1 and saved again
        return text.encode("utf-8", "surrogatepass").decode("latin-1").encode()
    return text.encode(encoding, "replace")


_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "cp1251", "shift_jis",
              "utf-7", "cp037", "twice", "torn", "torn")  # fmt: skip


def torn(rng: random.Random, text: str) -> bytes:
    """Some of its bytes are others."""
    data = bytearray(text.encode("utf-8", "surrogatepass") or b" ")
    for _ in range(rng.choice((1, 3, 40))):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.choice((0, 1, 1, 64))] = rng.randbytes(rng.choice((1, 1, 8)))
    return bytes(data)
