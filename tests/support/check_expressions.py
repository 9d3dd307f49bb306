"""CHECK expressions by dialect, as they stand in real systems, each on the columns of one table.

``*`` before an expression: it can't be met (contradictory, or of the schema's own functions), and must be noted.
"""

from __future__ import annotations

COLUMNS: dict[str, str] = {
    "postgres": """id int PRIMARY KEY, a int, b int, n int NOT NULL, price numeric(10,2), qty int, total numeric(12,2),
        s varchar(40), code varchar(12) NOT NULL, kind text, d date, e date, starts timestamptz, ends timestamptz,
        j jsonb, f boolean, g boolean NOT NULL, tags text[], amount double precision""",
    "mysql": """id int PRIMARY KEY, a int, b int, n int NOT NULL, price decimal(10,2), qty int, total decimal(12,2),
        s varchar(40), code varchar(12) NOT NULL, kind varchar(20), d date, e date, starts datetime, ends datetime,
        j json, f tinyint(1), g tinyint(1) NOT NULL, amount double""",
    "sqlite": """id integer PRIMARY KEY, a integer, b integer, n integer NOT NULL, price numeric, qty integer,
        total numeric, s text, code text NOT NULL, kind text, d date, e date, starts datetime, ends datetime,
        j text, f boolean, g boolean NOT NULL, amount real""",
    "duckdb": """id int PRIMARY KEY, a int, b int, n int NOT NULL, price decimal(10,2), qty int, total decimal(12,2),
        s varchar, code varchar NOT NULL, kind varchar, d date, e date, starts timestamp, ends timestamp,
        j json, f boolean, g boolean NOT NULL, tags varchar[], amount double""",
}

EVERYWHERE = """
a + b < 100
a <> b
a < b
a <= b
n > a
n >= coalesce(a, 0)
coalesce(a, 0) + coalesce(b, 0) > 0
a IS NULL OR b IS NULL
a IS NOT NULL OR b IS NOT NULL
(a IS NULL AND b IS NULL) OR (a IS NOT NULL AND b IS NOT NULL)
(a IS NULL AND b IS NOT NULL) OR (a IS NOT NULL AND b IS NULL)
total = price * qty
total >= price
price * qty <= 5000
total = price + 10
n <> 2 OR a IS NULL
n <> 2 OR (n = 2 AND d IS NOT NULL)
kind <> 'person' OR (kind = 'person' AND d IS NOT NULL)
kind IN ('email', 'phone') AND (kind <> 'email' OR s LIKE '%@%')
(kind = 'a' AND a IS NOT NULL AND b IS NULL) OR (kind = 'b' AND b IS NOT NULL AND a IS NULL)
CASE WHEN kind = 'x' THEN a IS NOT NULL ELSE a IS NULL END
CASE WHEN a IS NOT NULL THEN 1 ELSE 0 END + CASE WHEN b IS NOT NULL THEN 1 ELSE 0 END = 1
NOT (a IS NULL AND b IS NULL AND d IS NULL)
NOT (a > 10 AND b > 10)
(a > 0 AND b > 0) OR (a < 0 AND b < 0)
a % 5 = 0
n % 2 = 1
a * 2 = b
a - b BETWEEN 1 AND 10
a BETWEEN b AND b + 5
(a = 1) = (b = 1)
n = 3 OR n = 7
n NOT IN (1, 2, 3)
abs(a) < 50
abs(a - b) <= 3
e >= d
e > d OR d IS NULL
ends > starts
ends >= starts OR starts IS NULL
(d IS NULL) = (e IS NULL)
length(trim(s)) > 0
length(code) = 8
length(code) >= 2 AND length(code) <= 5
lower(s) = s
upper(code) = code
s <> code
s LIKE '%@%.%'
s NOT LIKE '% %'
code LIKE 'A%' OR code LIKE 'B%'
substr(code, 1, 2) = 'AB'
replace(s, ' ', '') = s
trim(s) = s
round(price, 0) = price
price > 0 AND price < total
amount >= 0 AND amount <= 1 AND amount + price < 500
g OR a IS NOT NULL
f IS NULL OR n > 10
coalesce(f, g)
a = b OR a = n
a IN (b, n)
(a, b) <> (1, 2)
a IS NOT NULL AND a > 0 OR b IS NOT NULL AND b > 0
price IS NULL OR qty IS NULL OR total IS NULL OR total >= price * qty
nullif(s, '') IS NOT NULL OR n = 1
kind = 'fixed' AND price IS NOT NULL OR kind = 'percent' AND qty BETWEEN 0 AND 100 OR kind IS NULL
a * a < 400
a * b >= 0
* a + n < 0 AND a + n > 1 AND a IS NOT NULL
* secret_function(a) > 3
""".strip().splitlines()

OWN: dict[str, list[str]] = {
    "postgres": r"""
num_nonnulls(a, b) = 1
num_nonnulls(a, b, d) >= 1
num_nulls(a, b) = 1
price <> 'NaN'::numeric AND amount <> 'NaN'
(a IS NULL) <> (b IS NULL)
((a IS NOT NULL)::integer + (b IS NOT NULL)::integer + (d IS NOT NULL)::integer) = 1
(kind = 'paid') = (d IS NOT NULL)
s ~ '^[A-Z]{3}-[0-9]{4}$'
s ~* '^[a-z0-9._%-]+@[a-z0-9.-]+[.][a-z]+$'
code !~ '\s'
code ~ '^\w+$' AND length(code) > 3
s SIMILAR TO '(abc|def)%'
kind = 'email' AND s ~ '^[^@]+@[^@]+$' OR kind = 'phone' AND s ~ '^\+?[0-9]{6,}$' OR kind IS NULL
jsonb_typeof(j) = 'object'
jsonb_typeof(j) = 'array'
j ->> 'k' = 'x'
j ? 'name'
(j ->> 'n')::int > 3
char_length(btrim(s)) > 0
char_length(s::text) BETWEEN 3 AND 20
EXTRACT(year FROM d) >= 2022
EXTRACT(dow FROM d) = 1
date_part('month', d) = 6
date_trunc('month', d) = d
e <= d + interval '1 year'
e - d < 30
(e - d) >= 7
ends <= starts + interval '2 hours'
ends - starts >= interval '1 hour'
d <= CURRENT_DATE
starts < now()
a = ANY (ARRAY[1, 2, 3])
kind = ANY (ARRAY['x'::text, 'y'::text]) AND (kind <> 'x'::text OR a IS NULL)
kind <> ALL (ARRAY['x'::text, 'y'::text])
a IS DISTINCT FROM b
position('@' in s) > 1
strpos(code, '-') > 0
octet_length(s) < 10
array_length(tags, 1) > 0
cardinality(tags) <= 2
tags <@ ARRAY['red', 'green']
a / 2 > 3
a / 4 = b
left(code, 1) = 'X'
right(code, 2) = '00'
split_part(s, '@', 2) <> ''
s = lower(s) AND s !~~ '%x%'
regexp_replace(s, '\D', '', 'g') = s
greatest(a, b) < 60
least(a, b) >= 0
a::text ~ '^[0-9]+$'
(a & 1) = 0
s IS NOT NULL AND s <> '' OR code <> ''
s COLLATE "C" = upper(s)
d > '2022-01-01'::date AND e > d
isfinite(d)
* row(a, b) IS NOT NULL
a NOT BETWEEN 10 AND 20
NOT g OR (a IS NOT NULL AND b IS NOT NULL)
f IS TRUE OR a IS NULL
f IS NOT TRUE OR price > 100
price = trunc(price)
mod(qty, 12) = 0
price >= 0::numeric AND price < 1000::numeric AND total > price
kind::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])
ceil(price) = 10 OR price > 50
""".strip().splitlines(),
    "mysql": r"""
s REGEXP '^[A-Z]{3}[0-9]+$'
code NOT REGEXP '[^A-Za-z0-9]'
char_length(trim(s)) > 0
char_length(code) = 6
json_valid(j)
j IS NULL OR json_valid(j)
if(kind = 'x', a IS NULL, b IS NULL)
a <=> b
kind = 'Paid' OR d IS NULL
(kind = 'paid') = (d IS NOT NULL)
(a IS NULL) + (b IS NULL) = 1
a DIV 2 = 3
a MOD 3 = 0
a / 2 > 3
year(d) >= 2022
month(d) = 6
datediff(e, d) BETWEEN 0 AND 30
e < d + interval 1 year
g = 1 OR a IS NULL
f IN (0, 1)
f <> 0 OR a > 3
ifnull(a, 0) > 0
s LIKE 'AB%'
locate('@', s) > 1
left(code, 1) = 'x'
kind IN ('Red', 'BLUE') AND (kind <> 'red' OR a > 5)
json_extract(j, '$.a') IS NOT NULL
length(s) < 12
concat(s, code) <> 'ab'
a XOR b
""".strip().splitlines(),
    "sqlite": r"""
s GLOB '[A-Z]*'
s NOT GLOB '*[^0-9]*'
code GLOB '[A-Z][A-Z][0-9][0-9]'
typeof(a) = 'integer'
typeof(n) = 'integer' AND n BETWEEN 1 AND 9
json_valid(j)
length(s) BETWEEN 1 AND 5
kind = "x" OR a > 3
instr(s, '@') > 0
a / 2 > 3
iif(kind = 'x', a IS NULL, b IS NULL)
a == b
(a IS NULL) + (b IS NULL) = 1
a IS b
a IS NOT b
julianday(e) > julianday(d)
min(a, b) > 0
max(a, b) < 60
ifnull(a, b) > 4
s LIKE 'ab%'
kind IN ('x', 'y') AND (kind = 'x') = (a IS NOT NULL)
d LIKE '____-__-__'
date(d) IS NOT NULL OR d IS NULL
g IN (0, 1) AND (g = 0 OR a IS NOT NULL)
""".strip().splitlines(),
    "duckdb": r"""
regexp_matches(s, '^[a-z]+$')
len(tags) > 0
list_contains(tags, 'red')
json_valid(j)
json_type(j) = 'OBJECT'
year(d) = 2023
date_diff('day', d, e) < 30
a // 2 = 3
a / 2 > 3
s ILIKE 'AB%'
starts_with(code, 'X')
contains(s, '@')
e <= d + INTERVAL 1 YEAR
a IS DISTINCT FROM b
s SIMILAR TO '[a-z]+'
""".strip().splitlines(),
}


def expressions(dialect: str) -> list[str]:
    """All of one dialect."""
    return [text.strip() for text in (*EVERYWHERE, *OWN[dialect])]
