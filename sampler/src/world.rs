//! The two small interfaces between the rooms: what is known of rows (keys and times), and what of their values.
//!
//! Every function is pure: the same arguments give the same answer, in any order, from any thread. Tables, links and
//! nodes are given by their index in the plan. Rows come as arrays, because everything is evaluated in blocks of about
//! a thousand rows; outputs are cleared first and then hold one entry per row.

use crate::plan::Micros;

/// "No parent": the link is NULL in this row.
pub const NONE: u64 = u64::MAX;

/// Where a row stands below one of its ancestors: the ancestor's row, the row's ordinal in the ancestor's range, and how
/// many rows that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub ancestor: u64,
    pub ordinal: u64,
    pub count: u64,
}

/// A tuple that must be unique (see `Law::Junction`), borrowed from a link or a `Rule::Digit`.
#[derive(Debug, Clone, Copy)]
pub struct Tuple<'a> {
    pub key: &'a str,
    pub after: Option<usize>,
    pub dims: &'a [u64],
}

/// Keys and times of rows.
pub trait Keys: Send + Sync {
    fn rows(&self, table: usize) -> u64;
    /// The parent row of each row along a link, `NONE` where NULL.
    fn parents(&self, table: usize, link: usize, rows: &[u64], out: &mut Vec<u64>);
    /// The time of each row; 0 in a table without time.
    fn times(&self, table: usize, rows: &[u64], out: &mut Vec<Micros>);
    /// Each row's place below its ancestor `levels` driver steps up (1: its driver parent).
    fn places(&self, table: usize, levels: usize, rows: &[u64], out: &mut Vec<Place>);
    /// Each row's coordinate `index` in a tuple.
    fn digits(&self, table: usize, tuple: Tuple<'_>, index: usize, rows: &[u64], out: &mut Vec<u64>);
    /// How popular each parent row is along a link of `table`: the logarithm of its weight among its neighbours, which decides
    /// its share of the children, whenever they come. 0 under a law that has no weights.
    fn popularity(&self, table: usize, link: usize, parents: &[u64], out: &mut Vec<f32>);
}

/// The keys of a plan, in both directions.
pub trait TwoWay: Keys {
    /// The rows of `table` that refer to row `parent` along a link, in ascending order.
    fn children(&self, table: usize, link: usize, parent: u64) -> Vec<u64>;
}

/// Values of rows, before they are written as cells.
pub trait Values: Send + Sync {
    /// The calibrated rank in (0, 1) of each row at each of `nodes`: one vector per node, in the order asked.
    fn ranks(&self, table: usize, nodes: &[usize], rows: &[u64]) -> Vec<Vec<f64>>;
}
