"""Oracle, including the commands of SQL*Plus scripts."""

from plurel_sql.ddl.dialects.base import Dialect
from plurel_sql.ddl.kinds import UNKNOWN, digits, floating, integer, plain, sized, spatial, special, table, timed
from plurel_sql.schema.model import SqlType

TYPES = table(
    {
        "number | numeric | decimal | dec": digits(bare=SqlType("decimal")),
        "int | integer | smallint": integer(64),
        "float | binary_double | double precision": floating(64),
        "binary_float | real": floating(32),
        "date": timed("timestamp", precision=0),
        "long": plain("text"),
        "raw": sized("binary"),
        "long raw": plain("binary"),
        "xmltype": plain("xml"),
        "sdo_geometry": spatial("sdo_geometry"),
        **special("rowid | urowid"),
        "bfile | anydata": UNKNOWN,
    }
)

DIALECT = Dialect(
    name="oracle",
    sqlglot="oracle",
    types=TYPES,
    fold="upper",
    name_quotes='"',
    word_characters="$#",
    ends="/",
    skips=r"(?:set|prompt|prom|rem|remark|spool|define|undefine|accept|whenever|exit|quit|connect|conn|column|col|"
    r"variable|show|host|pause|clear|ttitle|start|timing)(?:\s.*)?|@.*",
    routines_end_at_line=True,
)
