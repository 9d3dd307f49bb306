"""The plan: everything that decides the data, as plain JSON. ``sampler/src/plan.rs`` is its twin in Rust.

The contract (docs/decisions/0001): ``cell(table, column, row) = f(plan, table, column, row)``. The plan is the whole
state; no generator carries anything from row to row. Random numbers are drawn from a counter-based generator keyed by
``(seed, names..., purpose)``, never by positions, so a table that doesn't depend on a change doesn't move.

``tables`` stand in *value order*: a table's values may depend on tables that stand before it and, through a self
reference, on itself. Keys need no order: every key is a closed-form function of the row number.

Times are microseconds since 1970-01-01 UTC, everywhere.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import msgspec

from plurel_sql.schema.model import Check, Note, Schema, Source

Micros = int


# --- links: the laws of foreign keys --------------------------------------------------------------------------------


class Driver(msgspec.Struct, frozen=True, tag="driver"):
    """Children of one parent are contiguous rows; at most one link of a table has this law.

    Each parent gets at least ``minimum`` and at most ``cap`` children; ``spread`` s shapes the degrees (0 constant,
    1 geometric-like, 2 heavy-tailed). Feasible iff ``minimum * parents <= rows <= cap * parents``.
    """

    spread: float = 1.0
    minimum: int = 0
    cap: int = 2**40


class Level(msgspec.Struct, frozen=True):
    """One level of the hierarchical block model: cluster counts on either side, share of weight on the diagonal."""

    child: int
    parent: int
    focus: float


Roots = Literal["null", "self", "ring"]


class Affinity(msgspec.Struct, frozen=True, tag="affinity"):
    """Any child row may meet any parent that exists by then, hubs first.

    Child rows are cut into ``epochs``; the parents eligible in an epoch are the prefix that exists when it starts.
    ``skew`` is the power of the rank map (1 uniform, 3 a few hubs), ``recency`` the share of children that go to
    recent parents, ``spread`` the irregularity of degrees within a piece, ``levels`` the block model.
    For a self reference the eligible prefix is the rows before the epoch: epoch 0 are the ``roots``, which are NULL,
    point to themselves, or ("ring") each to the next root and the last to the first. With one epoch all are roots.
    """

    epochs: int = 1
    skew: float = 1.5
    recency: float = 0.0
    spread: float = 1.0
    levels: tuple[Level, ...] = ()
    roots: Roots = "null"


class OneToOne(msgspec.Struct, frozen=True, tag="one_to_one"):
    """No parent has two children. With more rows than parents the surplus rows are NULL (nullable links only). A
    "chain" of a table's rows: each refers to the one before it, but the first of each chain to none."""

    order: Literal["monotone", "permuted", "chain"] = "monotone"


class Within(msgspec.Struct, frozen=True, tag="within"):
    """A parent inside the same scope as another link's parent, so that shared key columns agree.

    ``scope`` is a table that both the parent of link ``via`` and this link's parent hang on by drivers (either may be
    the scope's own child or deeper). With ``tree`` the parent is an earlier row of the same table in the same scope.
    """

    via: int
    scope: str
    skew: float = 1.0
    tree: bool = False
    roots: Roots = "null"


class Junction(msgspec.Struct, frozen=True, tag="junction"):
    """One coordinate of a tuple that must be unique together with link ``after``'s parent.

    The row's ordinal k among the children of its ``after`` parent (the row number itself where ``after`` is None) is
    permuted over the product of ``dims`` and split into coordinates; this link takes coordinate ``index`` (its dim is
    its parent's row count, or the size of the parent's range inside ``scope``). ``key`` names the tuple, so that all
    its members share one permutation. On a ``ring`` (both links lead to one table) the parent is as many rows after
    the ``after`` parent as the coordinate says, at most half way round: no two parents meet twice in either order.
    """

    key: str
    after: int | None
    dims: tuple[int, ...]
    index: int
    scope: str | None = None
    ring: bool = False


class Derived(msgspec.Struct, frozen=True, tag="derived"):
    """The parent is reached over other links: ``path[0]`` of this table, then ``path[1]`` of that parent, ..."""

    path: tuple[int, ...]


class Same(msgspec.Struct, frozen=True, tag="same"):
    """The same row number as another link's parent: two keys on one column whose parents count alike."""

    link: int


Law = Driver | Affinity | OneToOne | Within | Junction | Derived | Same


class Side(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of the parent rows that this link and link ``other`` draw from one table this one takes the lower, or with
    ``high`` the higher. They are ordered by row number, which is the order of their keys, or where ``uuid`` names the
    key column by the UUIDs (of version 4) in it."""

    other: int
    high: bool
    uuid: str | None = None


class Link(msgspec.Struct, frozen=True):
    """One foreign key. ``name`` (ForeignKey.label) keys its random numbers; ``causal`` says whether the parent's
    values and hidden trait are causes of this table's columns.

    With ``lane`` the link is NULL where the row's number in (0, 1) of that lane lies in one of ``spans``: links of one
    lane are NULL as a CHECK over them allows (an arc), and ``null_rate`` is the length of the spans.

    The link's parent never has the row number of a parent of the links ``apart`` (of this table; to the same parent
    table it is another row then), and with ``side`` it is in order with another one."""

    name: str
    parent: str
    law: Law
    null_rate: float = 0.0
    causal: bool = False
    lane: str | None = None
    spans: tuple[tuple[float, float], ...] = ()
    apart: tuple[int, ...] = ()
    side: Side | None = None


# --- axes: when a row happens ---------------------------------------------------------------------------------------


class Static(msgspec.Struct, frozen=True, tag="static"):
    """The table has no time."""


class Own(msgspec.Struct, frozen=True, tag="own"):
    """Row order is time order from ``start`` to ``end``: an inverse cumulative intensity.

    Intensity per day = exp(``trend`` * x) * (1 + ``yearly`` * sin(2 pi (day of year + phase) / 365.25)) *
    ``weekly[weekday]``, x in 0..1 along the axis; within a day by ``hourly[24]``. Times are rounded *up* to
    ``resolution``; ``distinct`` makes them strictly increasing (at least one resolution apart).
    """

    start: Micros
    end: Micros
    trend: float = 0.0
    yearly: float = 0.0
    weekly: tuple[float, ...] = (1.0,) * 7
    hourly: tuple[float, ...] = (1.0,) * 24
    resolution: Micros = 1_000_000
    distinct: bool = False


class Inherited(msgspec.Struct, frozen=True, tag="inherited"):
    """Time of link ``link``'s parent plus a delay: ``mode`` "delay" is exponential with mean ``delay``; "span" spreads
    the children of one parent evenly, in order, between the parent's time and ``end``; "together" adds nothing.
    No time passes ``end`` (except by rounding up to ``resolution``)."""

    link: int
    end: Micros
    mode: Literal["delay", "span", "together"] = "delay"
    delay: Micros = 86_400_000_000
    resolution: Micros = 1_000_000


Axis = Static | Own | Inherited
"""A row is never earlier than any of its parents that stand before it in value order: the sampler lifts it."""


# --- codecs: from latent rank to cell -------------------------------------------------------------------------------


class Knots(msgspec.Struct, frozen=True):
    """A quantile function, piecewise linear: ``x[k]`` at rank ``u[k]``; u rises from 0 to 1."""

    u: tuple[float, ...]
    x: tuple[float, ...]


class Number(msgspec.Struct, frozen=True, tag="number", omit_defaults=True):
    """A number or a point in time (microseconds; date columns are cut to the day), by its quantile function.

    Rounded to a multiple of ``step`` (0: not rounded), then, with probability ``ending_share``, the fraction is
    replaced by one of ``endings`` (0.99, ...); clamped to ``low..high``.
    """

    knots: Knots
    step: float = 0.0
    low: float | None = None
    high: float | None = None
    endings: tuple[float, ...] = ()
    ending_share: float = 0.0


class Bool(msgspec.Struct, frozen=True, tag="bool"):
    """True where the rank is above ``1 - p``."""

    p: float


class Category(msgspec.Struct, frozen=True, tag="category"):
    """One of ``labels`` (text, cast to the column's type), chosen by rank along the cumulated ``weights``."""

    labels: tuple[str, ...]
    weights: tuple[float, ...]


class Lit(msgspec.Struct, frozen=True, tag="lit"):
    text: str


class Vocab(msgspec.Struct, frozen=True, tag="vocab"):
    """An entry of the plan's vocabulary ``list``. ``by`` "rank" walks the list with the column's rank (so that parallel
    lists under one rank agree: city, state, zip), "hash" draws anew; ``zipf`` > 0 favours early entries."""

    list: str
    by: Literal["rank", "hash"] = "hash"
    zipf: float = 0.0


class Chars(msgspec.Struct, frozen=True, tag="chars"):
    """``count`` random characters of ``alphabet``."""

    alphabet: str
    count: int


class Serial(msgspec.Struct, frozen=True, tag="serial"):
    """The row number (permuted over the table where ``permute``), plus ``start``, written in the digits of
    ``alphabet``, left-padded with its first character to ``width``: injective."""

    alphabet: str = "0123456789"
    width: int = 1
    start: int = 1
    permute: bool = False


class Cell(msgspec.Struct, frozen=True, tag="cell"):
    """Another column of the row as text: "plain", "lower", "upper", "slug" (ascii, a-z0-9 and -), "initial"."""

    column: str
    form: Literal["plain", "lower", "upper", "slug", "initial"] = "plain"


class Prose(msgspec.Struct, frozen=True, tag="prose"):
    """``low``..``high`` words from the topic lists ``topics`` (vocabulary names) mixed with ``common``; the rank picks
    the topic, so the words carry signal. ``title`` capitalises each word and ends without a stop."""

    topics: tuple[str, ...]
    common: str
    low: int
    high: int
    title: bool = False


class Num(msgspec.Struct, frozen=True, tag="num"):
    """A whole number, low..high inclusive, zero-padded to ``width``."""

    low: int
    high: int
    width: int = 0


class Groups(msgspec.Struct, frozen=True, tag="groups"):
    """The row number plus ``start`` in ``count`` places of base ``base``, each written as a decimal (``hex``:
    hexadecimal) number padded to ``width``, ``mark`` between them: injective. IPv4: base 256, 4 places, "."."""

    base: int
    count: int
    mark: str
    hex: bool = False
    width: int = 1
    start: int = 1


Segment = Lit | Vocab | Chars | Serial | Cell | Prose | Num | Groups


class Text(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    """Segments written one after another, cut at ``max_length`` characters (never inside a Serial: the planner sees to
    that by cutting from the first segment), padded with "x" up to ``min_length``."""

    segments: tuple[Segment, ...]
    max_length: int | None = None
    min_length: int = 0


class Uuid(msgspec.Struct, frozen=True, tag="uuid"):
    """A UUID of ``version`` 4, or 7 (ordered by the row's time); unique by construction (a bijection of the row number
    under the column's key)."""

    version: Literal[4, 7] = 4


class Json(msgspec.Struct, frozen=True, tag="json"):
    """An object (or with ``array`` a list of one kind of item) of a few members."""

    fields: tuple[tuple[str, Codec], ...]
    array: bool = False


class Bytes(msgspec.Struct, frozen=True, tag="bytes"):
    """``low``..``high`` random bytes; with ``serial`` the first 8 (or fewer) carry the row number: injective."""

    low: int
    high: int
    serial: bool = False


class List(msgspec.Struct, frozen=True, tag="list"):
    """``low``..``high`` items."""

    item: Codec
    low: int
    high: int


class Counter(msgspec.Struct, frozen=True, tag="counter"):
    """``start + step * row``: for an item or member that makes its list or record distinct (a column has Sequence)."""

    start: int = 1
    step: int = 1


class Span(msgspec.Struct, frozen=True, tag="span", omit_defaults=True):
    """A range as text, ``[low,high)``: bounds of Arrow type ``item``, the upper one above the lower by ``width`` (of
    time types in microseconds), at least by the type's smallest step.

    A share ``empty`` is the empty range, a share ``open`` has no upper bound. With ``count`` it is a multirange of that
    many pieces (from, to). With ``serial`` (start, step) the lower bound is ``start + step * row``, in units of
    the type's last digit (microseconds of time types): injective, and without overlap where no width exceeds the step.
    """

    item: str
    low: Codec
    width: Codec
    empty: float = 0.0
    open: float = 0.0
    count: tuple[int, int] | None = None
    serial: tuple[int, int] | None = None


class Set(msgspec.Struct, frozen=True, tag="set"):
    """Labels joined by commas, in their own order: the one that the rank picks along ``weights``, and each other one
    with probability ``p``."""

    labels: tuple[str, ...]
    weights: tuple[float, ...]
    p: float


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a record: ``type`` is the Arrow type in short that its codec fills, ``absent`` the share without."""

    name: str
    type: str
    codec: Codec
    absent: float = 0.0


class Record(msgspec.Struct, frozen=True, tag="record"):
    """Members written as text: "json" an object (absent ones null), "row" PostgreSQL's ``("a",1,)``, "map" DuckDB's
    ``{"k"=v}``, "hstore" ``"k"=>"v"`` (absent ones left out), "union" the one that the rank picks."""

    members: tuple[Member, ...]
    form: Literal["json", "row", "map", "hstore", "union"] = "json"


Codec = Number | Bool | Category | Text | Uuid | Json | Bytes | List | Counter | Span | Set | Record


# --- rules: what fills a column -------------------------------------------------------------------------------------


class Sequence(msgspec.Struct, frozen=True, tag="sequence"):
    """``start + step * row`` (row permuted over the table where ``permute``): integer, decimal or float columns;
    in text columns its decimal digits; in date and time columns microseconds. Injective."""

    start: int = 1
    step: int = 1
    permute: bool = False


class Ref(msgspec.Struct, frozen=True, tag="ref"):
    """The parent's cell in ``column``, NULL where link ``link`` is."""

    link: int
    column: str


class Position(msgspec.Struct, frozen=True, tag="position"):
    """``start + step * ordinal`` of the row inside its ancestor's range, ``levels`` driver steps up (1: its driver
    parent). With ``jitter`` > 0 a hashed amount below ``jitter`` (at most step) is added: still strictly increasing.
    ``from_time`` adds the ancestor's time (for date and time columns; micros)."""

    levels: int = 1
    start: int = 1
    step: int = 1
    jitter: int = 0
    from_time: bool = False


class Digit(msgspec.Struct, frozen=True, tag="digit"):
    """Coordinate ``index`` of the tuple of a Junction (same ``key``, ``after``, ``dims``), as a label or, without
    labels, as ``start + step * coordinate``."""

    key: str
    after: int | None
    dims: tuple[int, ...]
    index: int
    labels: tuple[str, ...] = ()
    start: int = 1
    step: int = 1


class Elect(msgspec.Struct, frozen=True, tag="elect"):
    """One row of each group, picked by hash, follows ``chosen``, the others ``rest`` (one default address a user).

    The group is the range of the row's ancestor ``levels`` driver steps up, for 0 the whole table; columns with the
    same ``key`` pick the same row.
    """

    key: str
    levels: int
    chosen: Rule
    rest: Rule


class Slot(msgspec.Struct, frozen=True, tag="slot", omit_defaults=True):
    """A stretch that overlaps no other one of its group (a room's bookings): the row's position in the group takes that
    slot of a monotone cut of ``low``..``high`` (microseconds or whole numbers).

    ``part`` is the bound that this column holds, or "range" for both as text, of Arrow type ``item``. Groups are
    those of Elect; columns with the same ``key`` belong together. Bounds are multiples of ``resolution``, stretches no
    longer than ``longest``; where there is too little room the line goes on past ``high``. ``from_time``: a group's
    line begins at its ancestor's time at the earliest.
    """

    key: str
    levels: int
    part: Literal["start", "end", "range"]
    low: int
    high: int
    resolution: int
    longest: int
    from_time: bool
    item: str | None = None


class At(msgspec.Struct, frozen=True, tag="at"):
    """The row's own time."""


class After(msgspec.Struct, frozen=True, tag="after"):
    """Column ``base`` (the row's own time where None) plus an exponential delay of mean ``mean``, none with probability
    ``same``; never past ``end`` (the delay is squeezed into what is left, or with ``censored`` the cell is NULL: it has
    not happened yet), rounded up to ``resolution``."""

    base: str | None
    mean: Micros
    end: Micros
    same: float = 0.0
    resolution: Micros = 1_000_000
    censored: bool = False


class Value(msgspec.Struct, frozen=True, tag="value"):
    """A codec fed with the calibrated rank of SCM node ``node``; with node None the rank is a hashed uniform number of
    lane ``lane`` (the column's own name where None)."""

    codec: Codec
    node: str | None = None
    lane: str | None = None


class Product(msgspec.Struct, frozen=True, tag="product", omit_defaults=True):
    """The product of numeric columns of the row, and of one less each share in ``complements``, rounded to the column's
    scale (total = quantity * price * (1 - discount))."""

    columns: tuple[str, ...]
    complements: tuple[str, ...] = ()


class Sum(msgspec.Struct, frozen=True, tag="sum"):
    """The sum of numeric columns of the row, less others, at least 0; NULL counts as 0."""

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()


class Quote(msgspec.Struct, frozen=True, tag="quote"):
    """The parent's number in ``column``, as it is with probability ``same``, else times a factor from ``low`` to
    ``high``; NULL where link ``link`` or the number is."""

    link: int
    column: str
    same: float
    low: float
    high: float


class Rollup(msgspec.Struct, frozen=True, tag="rollup", omit_defaults=True):
    """Of the rows of ``table`` that refer to this one along their link ``link``: how many ("count"), or the sum of a
    product of theirs (as of ``Product``)."""

    table: str
    link: int
    of: Literal["count", "sum"]
    columns: tuple[str, ...] = ()
    complements: tuple[str, ...] = ()


class Copy(msgspec.Struct, frozen=True, tag="copy"):
    """The same value as another column of the row."""

    column: str


class Constant(msgspec.Struct, frozen=True, tag="constant"):
    """One value for all rows, as text cast to the column's type; None is NULL."""

    value: str | None = None


Rule = (
    Sequence
    | Ref
    | Position
    | Digit
    | Elect
    | Slot
    | At
    | After
    | Value
    | Product
    | Sum
    | Quote
    | Rollup
    | Copy
    | Constant
)


class Reached(msgspec.Struct, frozen=True):
    """The cells of another column of the row, as texts, beside which a column is there."""

    column: str
    labels: tuple[str, ...]


class Null(msgspec.Struct, frozen=True, omit_defaults=True):
    """NULL with probability ``rate``; where ``node`` is named the probability rises with that node's rank u as
    min(1, 2 * rate * u) for rate <= 1/2 (mean ``rate``), and 1 - 2 * (1 - rate) * (1 - u) above.
    Columns with the same ``lane`` are NULL together. With ``reached`` the other column's cell decides, not the rate."""

    rate: float
    node: str | None = None
    lane: str | None = None
    reached: Reached | None = None


class Bound(msgspec.Struct, frozen=True):
    """This column is at least (with ``strict``: above, by the smallest step of its type) another column of the row."""

    column: str
    strict: bool = False


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """``type`` is the Arrow type in short: bool, int8..int64, uint8..uint64, float32, float64, decimal128(p,s), utf8,
    date32, time64 (us), timestamp (us), timestamptz (us, UTC), interval (month-day-nano), binary, list<...>. UUIDs
    and JSON travel as utf8. ``why`` says in words how the rule came about (explain shows it)."""

    name: str
    type: str
    rule: Rule
    null: Null | None = None
    lower: Bound | None = None
    why: str = ""


# --- the structural causal model ------------------------------------------------------------------------------------


class NodeSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node that a column needs: numeric, or categorical with ``categories`` states (research mode). A ``leaf`` is
    free text: it has causes, but causes nothing, since nobody could tell from the text.

    With ``transform`` the column's marginal is the node's own under that transform ("identity", "rank_uniform",
    "log", "sqrt", "standardize"); of states it is their shares. ``natural.py`` writes it into the codec once the node
    is calibrated."""

    name: str
    categories: int = 0
    leaf: bool = False
    transform: str = ""


class Prior(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to draw the SCM from. ``name`` "default" (calibrated strength) or "plurel" (the published prior); ``width``
    is the embedding width; ``layout`` fixes a graph layout by name, None draws one; ``noise`` the range of the share of
    a node's variance that is its own noise. ``params`` are those of the published prior that differ from its defaults
    (``plan.params``, SCMParams and DAGParams)."""

    name: Literal["default", "plurel"] = "default"
    width: int = 16
    layout: str | None = None
    noise: tuple[float, float] = (0.02, 0.6)
    params: dict[str, Any] = {}


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A drawn node. ``inputs`` are names: of nodes of this table, or "<link name>.<parent node>" and "<link name>.*"
    (the hidden trait of that parent row). ``mechanism`` and ``fit`` belong to the sampler (sampler/src/scm)."""

    name: str
    inputs: tuple[str, ...] = ()
    mechanism: dict[str, Any] = {}
    fit: dict[str, Any] | None = None


class Scm(msgspec.Struct, frozen=True, omit_defaults=True):
    """``prior`` and ``wanted`` are set in planning; ``layout``, ``foreign`` and ``nodes`` (in topological order) are
    drawn and calibrated by ``fit``."""

    prior: Prior
    wanted: tuple[NodeSpec, ...] = ()
    layout: str = ""
    foreign: tuple[dict[str, Any], ...] = ()
    nodes: tuple[Node, ...] = ()


# --- CHECKs met by trying again -------------------------------------------------------------------------------------


class RowCheck(msgspec.Struct, frozen=True, omit_defaults=True):
    """A CHECK as DuckDB evaluates it on a row (``expression``; NULL passes), and what it is called in messages;
    ``failed`` is the share of the pilot's rows that break it as they are first drawn."""

    expression: str
    check: str
    name: str | None = None
    source: Source | None = None
    failed: float = 0.0


class Retry(msgspec.Struct, frozen=True, omit_defaults=True):
    """CHECKs that a row may fail as it is first drawn, and how it is mended (docs/decisions/0006).

    A row that fails one of ``checks`` is tried again: attempts 1 to ``attempts`` draw ``columns`` anew, under the
    number of the attempt; columns made of those follow. Then ``moves``, tier after tier: each gives for every column of
    ``changed`` an expression of the row (DuckDB's; None leaves the cell); in a tier a row begins at a move picked by
    hash. Then ``solutions``: rows of texts for ``changed`` that meet everything, picked by hash. What a move or
    solution makes must meet ``guards`` too: what the columns' own rules would have seen to; moves are first tried
    under ``hopes`` (values in the columns' usual range). ``reads`` are all columns that it takes.
    """

    columns: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    checks: tuple[RowCheck, ...] = ()
    guards: tuple[str, ...] = ()
    hopes: tuple[str, ...] = ()
    attempts: int = 0
    moves: tuple[tuple[tuple[str | None, ...], ...], ...] = ()
    solutions: tuple[tuple[str | None, ...], ...] = ()


# --- table and plan -------------------------------------------------------------------------------------------------


class Table(msgspec.Struct, frozen=True):
    """``name`` is the schema table's id; it keys the table's random numbers. ``pending`` are the CHECKs that no rule
    vouches for: fitting turns them into ``retries`` or notes."""

    name: str
    rows: int
    axis: Axis
    links: tuple[Link, ...]
    columns: tuple[Column, ...]
    scm: Scm
    retries: tuple[Retry, ...] = ()
    pending: tuple[Check, ...] = ()


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """See the module's text. ``schema`` rides along so that a plan file alone can fill a target; ``notes`` are what
    could not be honoured or was changed on the way; ``vocabularies`` the word lists that codecs refer to by name."""

    seed: int
    tables: tuple[Table, ...]
    vocabularies: dict[str, tuple[str, ...]] = {}
    schema: Schema | None = None
    notes: tuple[Note, ...] = ()
    format: int = 1

    def table(self, name: str) -> Table:
        """The planned table of this name; KeyError where there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Table]:
        return {table.name: table for table in reversed(self.tables)}


def encode(plan: Plan) -> bytes:
    """The plan as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=1)


def decode(data: bytes) -> Plan:
    """The plan in ``data``; msgspec.ValidationError where it is not one."""
    return msgspec.json.decode(data, type=Plan)
