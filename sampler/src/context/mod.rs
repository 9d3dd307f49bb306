//! Contexts for training: a seed row and the rows around it, cell by cell, out of a database of any size.
//!
//! `walk` decides which rows and in which order, over the small interface `Source`; `stored` implements that for rows in
//! memory, `unmade` for rows that are made from a plan when a walk meets them. `laws` is what the rows of a plan have in common,
//! stored or not. `labels` lays a task's rows over a source, `seeds` draws what is asked about, `batch` writes sequences
//! as flat arrays. All random numbers are addressed by the seed's key, so a context depends on nothing else.

pub mod batch;
pub mod labels;
pub mod laws;
pub mod seeds;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod unmade;
pub mod walk;

use crate::error::Result;
use crate::links::Family;
use std::cell::OnceCell;
use std::collections::HashMap;

/// Nanoseconds since 1970-01-01 UTC.
pub type Nanos = i64;

/// "No time": earlier than everything, so such a row may always be seen.
pub const TIMELESS: Nanos = Nanos::MIN;

/// "No parent" among row numbers.
pub const NONE: u64 = u64::MAX;

/// A cell that is NULL, among the bits of others.
pub const NULL: u32 = u32::MAX;

/// A row: a table by its index, and the row's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node {
    pub table: usize,
    pub row: u64,
}

/// What a cell's 32 bits are: a standardised float, 0 or 1 as a float, or an index into the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    Datetime,
    Boolean,
}

impl Kind {
    /// The number that stands for it in batches.
    pub fn code(self) -> i8 {
        self as i8
    }

    /// The kind of a code; None where there is none such.
    pub fn of(code: i8) -> Option<Self> {
        [Self::Number, Self::Text, Self::Datetime, Self::Boolean].into_iter().find(|kind| kind.code() == code)
    }
}

/// A column that has cells: its number over all tables, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub id: i32,
    pub kind: Kind,
}

/// A link that leads to a table: the table that has it, and which of its links it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Referrer {
    pub table: usize,
    pub link: usize,
    /// Whether its rows are labels, which are sampled apart from the database's own rows.
    pub labels: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The table that each link leads to.
    pub links: Vec<usize>,
    pub referrers: Vec<Referrer>,
    /// How many cells of a row are not NULL, about: contexts don't hang on it, only how many rows are asked for at once.
    pub fullness: f64,
}

impl Table {
    /// Fills in `referrers` from the links.
    pub fn refer(tables: &mut [Self]) {
        for table in 0..tables.len() {
            for (link, parent) in tables[table].links.clone().into_iter().enumerate() {
                tables[parent].referrers.push(Referrer { table, link, labels: false });
            }
        }
    }
}

/// A database as a walk sees it. Every function is pure.
///
/// Rows stand in an order: a walk draws positions below an end, before which (nearly) all rows stand that are early
/// enough. What is drawn is a candidate: `holds` says whether it is truly so early, and a child.
pub trait Source: Send + Sync {
    fn tables(&self) -> &[Table];

    fn rows(&self, table: usize) -> u64;

    fn time(&self, node: Node) -> Nanos;

    /// The parent row along each of the table's links, `NONE` where NULL; appended to `out`.
    fn parents(&self, node: Node, out: &mut Vec<u64>);

    /// Candidates for the rows that refer to row `parent` and are no later than the horizon.
    fn children(&self, referrer: Referrer, parent: u64, horizon: &Horizon<'_>) -> Children<'_>;

    /// How many positions of the table hold candidates for the rows no later than `until`.
    fn end(&self, table: usize, until: Nanos) -> u64;

    /// The row at a position.
    fn at(&self, table: usize, position: u64) -> u64;

    /// Whether a candidate is no later than `until`, and refers to row `of.1` along link `of.0` where that is asked.
    fn holds(&self, node: Node, of: Option<(Referrer, u64)>, until: Nanos) -> bool;

    /// Whether a parent along a link is known to be no later than its child, so that its time need not be asked for.
    fn is_ordered(&self, table: usize, link: usize) -> bool;

    /// The bits of rows' cells, one entry per column, row after row; appended to `out`.
    ///
    /// # Errors
    /// `Error::Run` where a row can't be made.
    fn cells(&self, nodes: &[Node], out: &mut Cells) -> Result<()>;
}

/// What a walk may see: rows no later than `until`, of each table those before some position.
pub struct Horizon<'a> {
    source: &'a dyn Source,
    pub until: Nanos,
    ends: Vec<OnceCell<u64>>,
}

impl<'a> Horizon<'a> {
    pub fn new(source: &'a dyn Source, until: Nanos) -> Self {
        Self { source, until, ends: vec![OnceCell::new(); source.tables().len()] }
    }

    /// `Source::end`, found once.
    pub fn end(&self, table: usize) -> u64 {
        *self.ends[table].get_or_init(|| self.source.end(table, self.until))
    }
}

/// Candidates for the children of one row.
#[derive(Debug)]
pub enum Children<'a> {
    Listed(&'a [u32]),
    Lawful(Family),
}

impl Children<'_> {
    pub fn len(&self) -> u64 {
        match self {
            Self::Listed(rows) => rows.len() as u64,
            Self::Lawful(family) => family.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Candidate `index` < len.
    pub fn get(&self, index: u64) -> u64 {
        match self {
            Self::Listed(rows) => u64::from(rows[index as usize]),
            Self::Lawful(family) => family.get(index),
        }
    }
}

/// Cells of rows, and the texts that they point to where a source has no list of its own.
#[derive(Debug, Default)]
pub struct Cells {
    pub words: Vec<u32>,
    pub texts: Texts,
}

/// Texts, each once.
#[derive(Debug, Default)]
pub struct Texts {
    places: HashMap<String, u32>,
}

impl Texts {
    /// The number of a text: they count in order of first appearance.
    pub fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.places.len() as u32;
        self.places.insert(text.to_owned(), place);
        place
    }

    /// All texts by number.
    pub fn list(self) -> Vec<String> {
        let mut list = vec![String::new(); self.places.len()];
        for (text, place) in self.places {
            list[place as usize] = text;
        }
        list
    }
}

/// How a context is gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Most rows that are sampled of those that refer to one row.
    pub max_width: u64,
    /// Parents are followed whatever their time, as in the published sampler: rows of the future may be seen.
    pub published: bool,
    /// What comes where there is room left.
    pub fill: Fill,
}

/// Further rows of the seed's table, where a context has room left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    Nothing,
    /// Each with the rows that it refers to, and no further: more of them.
    Rows,
    /// Each with what is around it.
    Neighbourhoods,
}
