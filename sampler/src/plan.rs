//! The plan as Rust sees it: the serde twin of `plurel_sql/plan/model.py`, where every field is documented.
//!
//! Unknown fields are refused, so that the two sides cannot drift apart unnoticed. `schema` and `notes` pass through.

use serde::{Deserialize, Serialize};
use serde_json::Value as Raw;
use std::collections::BTreeMap;

/// Microseconds since 1970-01-01 UTC, or a duration in microseconds.
pub type Micros = i64;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Law {
    Driver {
        spread: f64,
        minimum: u64,
        cap: u64,
    },
    Affinity {
        epochs: u64,
        skew: f64,
        recency: f64,
        spread: f64,
        levels: Vec<Level>,
        roots: Roots,
    },
    OneToOne {
        order: Order,
    },
    Within {
        via: usize,
        scope: String,
        skew: f64,
        tree: bool,
        roots: Roots,
    },
    Junction {
        key: String,
        after: Option<usize>,
        dims: Vec<u64>,
        index: usize,
        scope: Option<String>,
        #[serde(default)]
        ring: bool,
    },
    Derived {
        path: Vec<usize>,
    },
    Same {
        link: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    pub child: u64,
    pub parent: u64,
    pub focus: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roots {
    Null,
    #[serde(rename = "self")]
    Itself,
    Ring,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Monotone,
    Permuted,
    Chain,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub name: String,
    pub parent: String,
    pub law: Law,
    pub null_rate: f64,
    pub causal: bool,
    #[serde(default)]
    pub lane: Option<String>,
    #[serde(default)]
    pub spans: Vec<(f64, f64)>,
    #[serde(default)]
    pub apart: Vec<usize>,
    #[serde(default)]
    pub side: Option<Side>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    pub other: usize,
    pub high: bool,
    #[serde(default)]
    pub uuid: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Axis {
    Static {},
    Own {
        start: Micros,
        end: Micros,
        trend: f64,
        yearly: f64,
        weekly: Vec<f64>,
        hourly: Vec<f64>,
        resolution: Micros,
        distinct: bool,
    },
    Inherited {
        link: usize,
        end: Micros,
        mode: Mode,
        delay: Micros,
        resolution: Micros,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Delay,
    Span,
    Together,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knots {
    pub u: Vec<f64>,
    pub x: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Codec {
    Number {
        knots: Knots,
        #[serde(default)]
        step: f64,
        #[serde(default)]
        low: Option<f64>,
        #[serde(default)]
        high: Option<f64>,
        #[serde(default)]
        endings: Vec<f64>,
        #[serde(default)]
        ending_share: f64,
    },
    Bool {
        p: f64,
    },
    Category {
        labels: Vec<String>,
        weights: Vec<f64>,
    },
    Text {
        segments: Vec<Segment>,
        #[serde(default)]
        max_length: Option<usize>,
        #[serde(default)]
        min_length: usize,
    },
    Uuid {
        version: u8,
    },
    Json {
        fields: Vec<(String, Codec)>,
        array: bool,
    },
    Bytes {
        low: usize,
        high: usize,
        serial: bool,
    },
    List {
        item: Box<Codec>,
        low: usize,
        high: usize,
    },
    Span {
        item: String,
        low: Box<Codec>,
        width: Box<Codec>,
        #[serde(default)]
        empty: f64,
        #[serde(default)]
        open: f64,
        #[serde(default)]
        count: Option<(usize, usize)>,
        #[serde(default)]
        serial: Option<(i64, i64)>,
    },
    Counter {
        start: i64,
        step: i64,
    },
    Set {
        labels: Vec<String>,
        weights: Vec<f64>,
        p: f64,
    },
    Record {
        members: Vec<Member>,
        form: RecordForm,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub name: String,
    #[serde(rename = "type")]
    pub arrow_type: String,
    pub codec: Codec,
    #[serde(default)]
    pub absent: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordForm {
    Json,
    Row,
    Map,
    Hstore,
    Union,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Segment {
    Lit { text: String },
    Vocab { list: String, by: By, zipf: f64 },
    Chars { alphabet: String, count: usize },
    Serial { alphabet: String, width: usize, start: u64, permute: bool },
    Cell { column: String, form: Form },
    Prose { topics: Vec<String>, common: String, low: usize, high: usize, title: bool },
    Num { low: i64, high: i64, width: usize },
    Groups { base: u64, count: usize, mark: String, hex: bool, width: usize, start: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Rank,
    Hash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Plain,
    Lower,
    Upper,
    Slug,
    Initial,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Start,
    End,
    Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollup {
    Count,
    Sum,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    Sequence {
        start: i64,
        step: i64,
        permute: bool,
    },
    Ref {
        link: usize,
        column: String,
    },
    Position {
        levels: usize,
        start: i64,
        step: i64,
        jitter: i64,
        from_time: bool,
    },
    Digit {
        key: String,
        after: Option<usize>,
        dims: Vec<u64>,
        index: usize,
        labels: Vec<String>,
        start: i64,
        step: i64,
    },
    Elect {
        key: String,
        levels: usize,
        chosen: Box<Rule>,
        rest: Box<Rule>,
    },
    Slot {
        key: String,
        levels: usize,
        part: Part,
        low: i64,
        high: i64,
        resolution: i64,
        longest: i64,
        from_time: bool,
        #[serde(default)]
        item: Option<String>,
    },
    At {},
    After {
        base: Option<String>,
        mean: Micros,
        end: Micros,
        same: f64,
        resolution: Micros,
        #[serde(default)]
        censored: bool,
    },
    Value {
        codec: Codec,
        node: Option<String>,
        lane: Option<String>,
    },
    Product {
        columns: Vec<String>,
        #[serde(default)]
        complements: Vec<String>,
    },
    Sum {
        plus: Vec<String>,
        minus: Vec<String>,
    },
    Quote {
        link: usize,
        column: String,
        same: f64,
        low: f64,
        high: f64,
    },
    Rollup {
        table: String,
        link: usize,
        of: Rollup,
        #[serde(default)]
        columns: Vec<String>,
        #[serde(default)]
        complements: Vec<String>,
    },
    Copy {
        column: String,
    },
    Constant {
        value: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Null {
    pub rate: f64,
    #[serde(default)]
    pub node: Option<String>,
    #[serde(default)]
    pub lane: Option<String>,
    #[serde(default)]
    pub reached: Option<Reached>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    pub column: String,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    pub column: String,
    pub strict: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub arrow_type: String,
    pub rule: Rule,
    #[serde(default)]
    pub null: Option<Null>,
    #[serde(default)]
    pub lower: Option<Bound>,
    #[serde(default)]
    pub why: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSpec {
    pub name: String,
    #[serde(default)]
    pub categories: u32,
    /// Whether its column is free text: it causes nothing, since nobody could tell from the text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaf: bool,
    /// Of use in planning alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transform: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prior {
    pub name: PriorName,
    pub width: usize,
    pub layout: Option<String>,
    pub noise: (f64, f64),
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub params: serde_json::Map<String, Raw>,
}

impl Default for Prior {
    fn default() -> Self {
        Self {
            name: PriorName::Default,
            width: 16,
            layout: None,
            noise: (0.02, 0.6),
            params: serde_json::Map::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorName {
    Default,
    Plurel,
}

/// `mechanism`, `fit` and `Scm::foreign` have their own types in `scm`; here they are carried as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub name: String,
    #[serde(default)]
    pub inputs: Vec<String>,
    #[serde(default)]
    pub mechanism: Raw,
    #[serde(default)]
    pub fit: Option<Raw>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scm {
    pub prior: Prior,
    #[serde(default)]
    pub wanted: Vec<NodeSpec>,
    #[serde(default)]
    pub layout: String,
    #[serde(default)]
    pub foreign: Vec<Raw>,
    #[serde(default)]
    pub nodes: Vec<Node>,
}

/// What the core needs of a retry is which columns are drawn anew; the rest belongs to Python, which judges the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    #[serde(default)]
    pub columns: Vec<String>,
    #[serde(default)]
    pub changed: Vec<String>,
    #[serde(default)]
    pub reads: Vec<String>,
    #[serde(default)]
    pub checks: Vec<Raw>,
    #[serde(default)]
    pub guards: Vec<String>,
    #[serde(default)]
    pub hopes: Vec<String>,
    #[serde(default)]
    pub attempts: u32,
    #[serde(default)]
    pub moves: Vec<Vec<Vec<Option<String>>>>,
    #[serde(default)]
    pub solutions: Vec<Vec<Option<String>>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub name: String,
    pub rows: u64,
    pub axis: Axis,
    pub links: Vec<Link>,
    pub columns: Vec<Column>,
    pub scm: Scm,
    #[serde(default)]
    pub retries: Vec<Retry>,
    #[serde(default)]
    pub pending: Vec<Raw>,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub seed: u64,
    pub tables: Vec<Table>,
    #[serde(default)]
    pub vocabularies: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub schema: Option<Raw>,
    #[serde(default)]
    pub notes: Vec<Raw>,
    #[serde(default = "one")]
    pub format: u32,
}
