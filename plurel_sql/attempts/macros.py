"""Functions of other engines that DuckDB lacks, as macros of the evaluating connection."""

from __future__ import annotations

from collections.abc import Iterator

MOST_ARGUMENTS = 12


def _counts(name: str, condition: str) -> str:
    """A function of any number of arguments that counts those for which ``condition`` holds."""
    forms = []
    for count in range(1, MOST_ARGUMENTS + 1):
        names = [f"a{k}" for k in range(count)]
        terms = " + ".join(f"CAST({each} {condition} AS INTEGER)" for each in names)
        forms.append(f"({', '.join(names)}) AS {terms}")
    return name + ", ".join(forms)


def _type_of(name: str, words: dict[str, str], other: str) -> str:
    cases = " ".join(f"WHEN '{kind}' THEN '{word}'" for kind, word in words.items())
    return f"{name}(x) AS CASE json_type(x) {cases} WHEN NULL THEN NULL ELSE {other} END"


_POSTGRES = {"OBJECT": "object", "ARRAY": "array", "VARCHAR": "string", "BOOLEAN": "boolean", "NULL": "null"}
_MYSQL = {"OBJECT": "OBJECT", "ARRAY": "ARRAY", "VARCHAR": "STRING", "BOOLEAN": "BOOLEAN", "NULL": "NULL",
          "BIGINT": "INTEGER", "UBIGINT": "INTEGER"}  # fmt: skip


def _macros() -> Iterator[str]:
    yield _counts("num_nonnulls", "IS NOT NULL")
    yield _counts("num_nulls", "IS NULL")
    yield _type_of("jsonb_typeof", _POSTGRES, "CASE WHEN json_type(x) IS NOT NULL THEN 'number' END")
    yield _type_of("json_typeof", _POSTGRES, "CASE WHEN json_type(x) IS NOT NULL THEN 'number' END")
    yield _type_of("mysql_json_type", _MYSQL, "CASE WHEN json_type(x) IS NOT NULL THEN 'DOUBLE' END")
    yield "jsonb_array_length(x) AS json_array_length(x)"
    yield "json_length(x) AS CASE json_type(x) WHEN 'OBJECT' THEN len(json_keys(x)) ELSE json_array_length(x) END"
    yield """json_has(x, k) AS json_exists(x, '$."' || k || '"')"""
    yield "isjson(x) AS CAST(json_valid(x) AS INTEGER)"
    yield "btrim(x) AS trim(x), (x, chars) AS trim(x, chars)"
    yield "julianday(x) AS julian(CAST(x AS TIMESTAMP))"
    yield "array_upper(x, n) AS nullif(len(x), 0)"
    yield "array_lower(x, n) AS CASE WHEN len(x) > 0 THEN 1 END"
    yield """range_low(x) AS nullif(regexp_extract(x, '^[\\[(]"?([^",]*)"?,', 1), '')"""
    yield """range_high(x) AS nullif(regexp_extract(x, ',"?([^",]*)"?[\\])]$', 1), '')"""
    yield (
        "sqlite_typeof(x) AS CASE WHEN x IS NULL THEN 'null' WHEN typeof(x) LIKE '%INT' OR typeof(x) IN ('INTEGER', "
        "'BOOLEAN') THEN 'integer' WHEN typeof(x) = 'BLOB' THEN 'blob' WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR "
        "typeof(x) LIKE 'DECIMAL%' THEN 'real' ELSE 'text' END"
    )


MACROS: tuple[str, ...] = tuple(_macros())
