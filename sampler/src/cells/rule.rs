//! A plan's column made ready: names resolved to indices, labels to arrays, purposes to keys.

use super::figures::Factors;
use super::slot::Cut;
use crate::codec::Codec;
use crate::permute::Perm;
use crate::plan::{Micros, Part, Rollup};
use crate::rng::Key;
use arrow_array::ArrayRef;
use arrow_schema::DataType;

#[derive(Debug)]
pub struct Column {
    pub name: String,
    pub data_type: DataType,
    pub rule: Rule,
    pub null: Option<Null>,
    pub lower: Option<Lower>,
    /// What its rank is drawn with in a later attempt: that of its node, so that columns of one node stay together.
    pub again: Key,
    /// All columns of the row it depends on, through others too, itself included.
    pub reach: Vec<usize>,
}

#[derive(Debug)]
pub struct Null {
    pub rate: f64,
    pub node: Option<usize>,
    pub key: Key,
    /// The column, and the cells of it beside which this one is there; it is NULL beside all others.
    pub reached: Option<(usize, Vec<String>)>,
}

#[derive(Debug)]
pub struct Lower {
    pub column: usize,
    pub strict: bool,
}

#[derive(Debug)]
pub enum Rule {
    Sequence {
        start: i64,
        step: i64,
        permutation: Option<Perm>,
    },
    Ref {
        link: usize,
        table: usize,
        column: usize,
    },
    Position {
        levels: usize,
        start: i64,
        step: i64,
        jitter: u64,
        ancestor: Option<usize>,
        key: Key,
    },
    Digit {
        tuple: OwnedTuple,
        index: usize,
        labels: Option<ArrayRef>,
        start: i64,
        step: i64,
    },
    Elect {
        levels: usize,
        key: Key,
        chosen: Box<Column>,
        rest: Box<Column>,
    },
    Slot {
        levels: usize,
        cut: Cut,
        part: Part,
        ancestor: Option<usize>,
        /// Of the bounds of a range.
        item: DataType,
    },
    At,
    After {
        base: Option<usize>,
        mean: Micros,
        end: Micros,
        same: f64,
        resolution: Micros,
        key: Key,
        censored: bool,
    },
    Value {
        codec: Codec,
        rank: Rank,
    },
    Product {
        factors: Factors,
    },
    Sum {
        plus: Vec<usize>,
        minus: Vec<usize>,
    },
    /// The parent's number, times 1 with probability `same`, else times a factor from `low` to `high`.
    Quote {
        link: usize,
        table: usize,
        column: usize,
        same: f64,
        low: f64,
        high: f64,
        key: Key,
    },
    /// Of the rows of `table` that refer to this one along `link`: how many, or the sum of the products of `factors`.
    Rollup {
        table: usize,
        link: usize,
        of: Rollup,
        factors: Factors,
    },
    Copy {
        column: usize,
    },
    /// An array of one value.
    Constant {
        value: ArrayRef,
    },
}

/// `world::Tuple` with its own parts.
#[derive(Debug)]
pub struct OwnedTuple {
    pub key: String,
    pub after: Option<usize>,
    pub dims: Vec<u64>,
}

/// Where a value's rank comes from.
#[derive(Debug, Clone, Copy)]
pub enum Rank {
    Node(usize),
    Hashed(Key),
}

impl Column {
    /// The columns of the row it is made of.
    pub fn sources(&self) -> Vec<usize> {
        let mut sources = match &self.rule {
            Rule::After { base, .. } => base.iter().copied().collect(),
            Rule::Value { codec, .. } => codec.columns(),
            Rule::Product { factors } => factors.columns().collect(),
            Rule::Sum { plus, minus } => [plus.as_slice(), minus].concat(),
            Rule::Copy { column } => vec![*column],
            Rule::Elect { chosen, rest, .. } => [chosen.sources(), rest.sources()].concat(),
            _ => Vec::new(),
        };
        sources.extend(self.lower.as_ref().map(|lower| lower.column));
        sources.extend(self.null.as_ref().and_then(|null| null.reached.as_ref()).map(|(column, _)| *column));
        sources
    }

    /// The SCM nodes whose ranks it reads.
    pub fn nodes(&self) -> Vec<usize> {
        let mut nodes = match &self.rule {
            Rule::Value { rank: Rank::Node(node), .. } => vec![*node],
            Rule::Elect { chosen, rest, .. } => [chosen.nodes(), rest.nodes()].concat(),
            _ => Vec::new(),
        };
        nodes.extend(self.null.as_ref().and_then(|null| null.node));
        nodes
    }
}
