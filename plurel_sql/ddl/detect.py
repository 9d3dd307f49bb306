"""Which dialect a text is written in, by what stands in it."""

from __future__ import annotations

import re
from typing import NamedTuple


class _Sign(NamedTuple):
    """A pattern, the dialects it speaks for, and how loudly (once, however often it is met).

    ``habit``: any dialect takes it, so that it tells nothing where another one is likely already.
    """

    pattern: re.Pattern[str]
    dialects: tuple[str, ...]
    weight: float
    habit: bool


def _sign(pattern: str, dialects: str, weight: float = 1.0, habit: bool = False) -> _Sign:
    return _Sign(re.compile(pattern, re.IGNORECASE | re.MULTILINE), tuple(dialects.split()), weight, habit)


_LENGTH = 400_000
"""Characters that are looked at: the head of a dump says enough."""

_SIGNS = (
    _sign(r"`\w+`", "mysql", 2.5),
    _sign(r"`\w+`", "sqlite bigquery", 1),
    _sign(r"`[\w-]+\.[\w.-]+`", "bigquery", 3),
    _sign(r"\)\s*(?:default\s+)?(?:engine|type)\s*=\s*\w+", "mysql", 5),
    _sign(r"\bauto_increment\b", "mysql", 4),
    _sign(r"/\*!\d{5}", "mysql", 4),
    _sign(r"\bunsigned\b", "mysql", 1.5),
    _sign(r"^\s*(?:unique\s+)?key\s+[`\w]+\s*\(", "mysql", 2),
    _sign(r"\b(?:tiny|medium|long)(?:text|blob)\b|\bmediumint\b", "mysql", 2),
    _sign(r"\bcharacter\s+set\b|\bcharset\b", "mysql", 1),
    _sign(r"^\s*delimiter\s+\S+\s*$", "mysql", 3),
    _sign(r"\bforeign_key_checks\b", "mysql", 3),
    _sign(r"\b(?:tiny|small|big)?int\s*\(\s*\d+\s*\)", "mysql", 1),
    _sign(r"\bdrop\s+(?:database|schema)\s+if\s+exists\b", "mysql postgres", 0.3),
    _sign(r"\w'?::\s*\"?[a-z]", "postgres duckdb redshift snowflake", 2),
    _sign(r"\b(?:big|small)?serial\b", "postgres", 3),
    _sign(r"\bpg_catalog\b|\bsearch_path\b|\bplpgsql\b|\bnextval\s*\(|\bregclass\b", "postgres", 4),
    _sign(r"\$\$|\$\w+\$", "postgres", 1),
    _sign(r"\bcreate\s+(?:domain|extension)\b", "postgres", 3),
    _sign(r"\bas\s+enum\b", "postgres duckdb", 2),
    _sign(r"\b(?:jsonb|bytea|timestamptz|tsvector|citext|inet)\b", "postgres", 3),
    _sign(r"\balter\s+table\s+only\b|\bon\s+only\b|\busing\s+(?:btree|gin|gist|hash)\b", "postgres", 2),
    _sign(r"\bwith(?:out)?\s+time\s+zone\b|\bcharacter\s+varying\b", "postgres redshift", 1.5),
    _sign(r"\bcomment\s+on\s+(?:table|column)\b", "postgres oracle redshift", 0.7),
    _sign(r"\binherits\s*\(|\bpartition\s+of\b", "postgres", 3),
    _sign(r"\btext\s*\[\s*\]|\bint(?:eger|4|8)?\s*\[\s*\]", "postgres duckdb", 2),
    _sign(r"^\\\w+", "postgres", 3),
    _sign(r"\bowner\s+to\b", "postgres", 3),
    _sign(r"\buuid_generate_v4\s*\(|\bgen_random_uuid\s*\(", "postgres", 2),
    _sign(
        r"\b(?:distkey|sortkey|diststyle)\b|\bencode\s+(?:zstd|lzo|raw|az64|runlength|bytedict|text255)\b",
        "redshift",
        9,
    ),
    _sign(r"^\s*go\s*;?\s*$", "tsql", 4),
    _sign(r"\[\w+\]\s*\.\s*\[\w+\]", "tsql", 4),
    _sign(r"\[\w+\]\s*\[?\w+\]?\s*(?:\(|not\b|null\b)", "tsql sqlite", 1),
    _sign(r"\bnvarchar\b", "tsql", 1),
    _sign(r"\bdatetime2\b|\bsmalldatetime\b", "tsql", 3),
    _sign(r"\buniqueidentifier\b|\bdatetimeoffset\b|\bhierarchyid\b", "tsql", 4),
    _sign(r"\bidentity\s*\(\s*\d+\s*,\s*\d+\s*\)", "tsql redshift snowflake", 2),
    _sign(r"\b(?:non)?clustered\b", "tsql", 3),
    _sign(r"\bvarchar\s*\(\s*max\s*\)|\bdbo\s*\.|\bwith\s+(?:no)?check\b", "tsql", 3),
    _sign(r"\bvarchar2\b", "oracle", 5),
    _sign(r"\bnumber\s*\(\s*\d+|\bnumber\s*(?:,|not\b|primary\b|default\b)", "oracle snowflake", 2),
    _sign(r"^\s*/\s*$|\bsysdate\b|\bclob\b", "oracle", 1.5),
    _sign(r"\borganization\s+index\b|\bnovalidate\b|\bpctfree\b", "oracle", 4),
    _sign(r"\bautoincrement\b", "sqlite snowflake", 3),
    _sign(r"\bwithout\s+rowid\b|^\s*pragma\b|\bsqlite_\w+", "sqlite", 5),
    _sign(r"\binteger\s+(?:not\s+null\s+)?primary\s+key\b", "sqlite", 1.5, habit=True),
    _sign(r"\bon\s+conflict\s+(?:fail|ignore|replace|abort|rollback)\b", "sqlite", 2),
    _sign(r"\[\w+\]\s+(?:integer|text|real|blob|numeric)\b", "sqlite", 3),
    _sign(r"\btext\s+(?:not\s+null\s+)?primary\s+key\b", "sqlite postgres duckdb", 1.5),
    _sign(r"\bdatetime\b", "sqlite mysql tsql", 1),
    _sign(r"\bblob\b", "sqlite mysql oracle", 0.7),
    _sign(r"\bdatetime\s*\(\s*'now'|\bnew\.rowid\b", "sqlite", 4),
    _sign(r"\bcollate\s+nocase\b|\busing\s+fts\d|\bstrftime\s*\(|\bglob\b", "sqlite", 3),
    _sign(r"\b(?:hugeint|utinyint|usmallint|uinteger|ubigint)\b|\bstruct\s*\(|\bmap\s*\(", "duckdb", 5),
    _sign(
        r"\bread_(?:csv|parquet|json)(?:_auto)?\s*\(|\bcreate\s+or\s+replace\s+table\b", "duckdb snowflake bigquery", 1
    ),
    _sign(r"\bread_(?:csv|parquet|json)(?:_auto)?\s*\(|^\s*(?:install|load)\s+\w+\s*;", "duckdb", 3),
    _sign(r"\bvariant\b|\btimestamp_(?:ntz|ltz|tz)\b|\btransient\s+table\b|\bcluster\s+by\s*\(", "snowflake", 4),
    _sign(r"\b(?:create|use)\s+(?:or\s+replace\s+)?(?:warehouse|stage|file\s+format)\b", "snowflake", 4),
    _sign(r"\b(?:int64|float64|bignumeric)\b|\bstruct\s*<|\barray\s*<", "bigquery", 6),
    _sign(r"\boptions\s*\(\s*\w+\s*=", "bigquery", 3),
)


_LEAST = 1.0
"""What a dialect's signs must weigh together."""


def detect(text: str, likely: str = "") -> str:
    """The most likely dialect of ``text``; ``likely`` ("": standard SQL) where no more speaks for another one.

    Each sign counts once, so that a long dump weighs no more than a short one.

    Args:
        text: SQL.
        likely: the dialect of the engine that is to run the text. Signs for another one win over it where they weigh
            more than its own and ``_LEAST``.
    """
    head = text[:_LENGTH]
    scores = {likely: _LEAST if likely else 0.0}
    for pattern, names, weight, habit in _SIGNS:
        if not (habit and likely) and pattern.search(head):
            for name in names:
                scores[name] = scores.get(name, 0.0) + weight / len(names) ** 0.5
    best = max(scores, key=lambda name: (scores[name], name == likely))
    return best if scores[best] >= _LEAST else ""
