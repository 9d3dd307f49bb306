//! Contexts for training: a seed row and the rows around it, cell by cell, out of a database of any size.
//!
//! `walk` decides which rows and in which order, over the small interface `Source`; `stored` implements that for rows in
//! memory. `labels` lays a task's rows over a source, `seeds` draws what is asked about, `batch` writes sequences as
//! flat arrays. All random numbers are addressed by the seed's key, so a context depends on nothing else.

pub mod batch;
pub mod labels;
pub mod seeds;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod walk;

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The table that each link leads to.
    pub links: Vec<usize>,
    pub referrers: Vec<Referrer>,
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
pub trait Source: Send + Sync {
    fn tables(&self) -> &[Table];

    fn rows(&self, table: usize) -> u64;

    fn time(&self, node: Node) -> Nanos;

    /// The parent row along each of the table's links, `NONE` where NULL; appended to `out`.
    fn parents(&self, node: Node, out: &mut Vec<u64>);

    /// The rows that refer to row `parent`, of those no later than `until`, in order of time and, among equals, of row
    /// number.
    fn children(&self, referrer: Referrer, parent: u64, until: Nanos) -> &[u32];

    /// How many rows of the table are no later than `until`.
    fn visible(&self, table: usize, until: Nanos) -> u64;

    /// The row at a position in the table's order of time.
    fn at(&self, table: usize, position: u64) -> u64;

    /// The bits of a row's cells: one entry per column.
    fn cells(&self, node: Node) -> &[u32];
}

/// How a context is gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Most rows that are sampled of those that refer to one row.
    pub max_width: u64,
    /// Parents are followed whatever their time, as in the published sampler: rows of the future may be seen.
    pub published: bool,
    /// Where there is room left, further rows of the seed's table are added.
    pub fill: bool,
}
