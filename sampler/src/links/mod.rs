//! Which row belongs to which: every foreign key as a closed-form function of the row number, and its exact inverse.
//!
//! One file per law; `open` makes a `Topology` from a plan, `check` refuses what can't be. When a row happens is the
//! neighbour's business (`axis`).

mod affinity;
mod check;
mod driver;
mod family;
mod junction;
mod one_to_one;
mod open;
mod pairs;
mod paths;
mod split;
#[cfg(test)]
mod tests;
mod within;

use crate::axis::Running;
use crate::plan::Micros;
use crate::rng::Key;
use crate::world::{Keys, NONE, Place, Tuple};
pub(crate) use affinity::Affinity;
pub(crate) use driver::{Cursor, Driver};
pub use family::Family;
pub(crate) use family::Run;
use junction::{Junction, Scope};
pub(crate) use one_to_one::OneToOne;
pub(crate) use open::affinity;
use pairs::Pair;
use within::Within;

/// Keys and times of a whole plan. Nothing in it changes what it answers: caches only save time.
#[derive(Debug)]
pub struct Topology {
    pub(crate) tables: Vec<Table>,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub name: String,
    pub rows: u64,
    pub key: Key,
    pub links: Vec<Link>,
    /// The link whose law is Driver.
    pub driver: Option<usize>,
    /// None in a table without time.
    pub clock: Option<Box<Running>>,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub parent: usize,
    pub law: Law,
    pub nulls: Nulls,
    pub pair: Pair,
}

/// Rows whose hashed number is below `rate`, or where there are `spans` in one of them, are NULL, whatever the law says.
#[derive(Debug, Clone)]
pub(crate) struct Nulls {
    pub key: Key,
    pub rate: f64,
    pub spans: Vec<(f64, f64)>,
}

impl Nulls {
    #[inline]
    fn holds(&self, row: u64) -> bool {
        if self.rate <= 0.0 {
            return false;
        }
        let number = self.key.uniform(row, 0);
        if self.spans.is_empty() {
            number < self.rate
        } else {
            self.spans.iter().any(|(from, to)| (*from..*to).contains(&number))
        }
    }
}

#[derive(Debug)]
pub(crate) enum Law {
    Driver(Driver),
    Affinity(Affinity),
    OneToOne(OneToOne),
    Within(Within),
    Junction {
        junction: Junction,
        index: usize,
        scope: Option<Scope>,
        ring: bool,
    },
    Derived(Vec<usize>),
    Same(usize),
    /// The parent table is empty.
    Never,
}

impl Topology {
    /// Whether rows of the table have a time.
    pub fn has_time(&self, table: usize) -> bool {
        self.tables[table].clock.is_some()
    }

    /// The parent of one row; `NONE` where NULL.
    pub fn parent(&self, table: usize, link: usize, row: u64) -> u64 {
        if self.is_null(table, link, row) { NONE } else { self.lawful(table, link, row) }
    }

    /// The rows whose parent along `link` is `parent`, ascending: the exact inverse of `parents`. Each law's file says
    /// what it costs.
    pub fn children(&self, table: usize, link: usize, parent: u64) -> Vec<u64> {
        let Link { parent: up, pair, .. } = &self.tables[table].links[link];
        if parent >= self.tables[*up].rows {
            return Vec::new();
        }
        let mut rows = if pair.is_plain() {
            self.drawn_children(table, link, parent)
        } else {
            self.paired_children(table, link, parent)
        };
        if self.tables[table].links[link].nulls.rate > 0.0 {
            rows.retain(|row| !self.is_null(table, link, *row));
        }
        rows
    }

    /// The rows whose law alone leads to `parent`, ascending.
    fn drawn_children(&self, table: usize, link: usize, parent: u64) -> Vec<u64> {
        match &self.tables[table].links[link].law {
            Law::Driver(driver) => {
                let slot = driver.of_parent(parent);
                (slot.start..slot.end).collect()
            }
            Law::Affinity(affinity) => affinity.children(parent),
            Law::OneToOne(law) => law.of_parent(parent).into_iter().collect(),
            Law::Within(law) => self.within_children((table, link), law, parent),
            Law::Junction { junction, scope, ring: true, .. } => {
                self.ring_children((table, link), junction, *scope, parent)
            }
            Law::Junction { junction, index, scope, .. } => {
                self.junction_children((table, link), junction, *index, *scope, parent)
            }
            Law::Derived(path) => self.derived_children(table, path, parent),
            Law::Same(other) => self.children(table, *other, parent),
            Law::Never => Vec::new(),
        }
    }

    /// The number of children; O(1) and O(epochs) for Driver and Affinity links that are never NULL, else the cost of
    /// `children`.
    pub fn count(&self, table: usize, link: usize, parent: u64) -> u64 {
        let Link { parent: up, law, nulls, pair } = &self.tables[table].links[link];
        let is_free = nulls.rate <= 0.0 && pair.is_plain() && parent < self.tables[*up].rows;
        match law {
            Law::Driver(driver) if is_free => {
                let slot = driver.of_parent(parent);
                slot.end - slot.start
            }
            Law::Affinity(affinity) if is_free => affinity.count(parent),
            _ => self.children(table, link, parent).len() as u64,
        }
    }

    /// The contiguous rows `start..end` of `table` below row `row` of `scope`, through driver links; empty where
    /// `table` doesn't hang on `scope`. A table's range below its own row is that row.
    pub fn range(&self, table: usize, scope: usize, row: u64) -> (u64, u64) {
        match self.steps(table, scope) {
            Some(steps) if row < self.tables[scope].rows => self.below(table, steps, row),
            _ => (0, 0),
        }
    }

    /// The permutation of a tuple of `table`.
    fn junction(&self, table: usize, tuple: Tuple<'_>) -> Junction {
        let after = tuple.after.map(|link| (link, self.tables[self.tables[table].links[link].parent].rows));
        Junction::new(self.tables[table].key, tuple, after)
    }

    /// The driver law of a link, if it has one.
    #[inline(always)]
    pub(crate) fn driver(&self, table: usize, link: usize) -> Option<&Driver> {
        match &self.tables[table].links[link].law {
            Law::Driver(driver) => Some(driver),
            _ => None,
        }
    }

    /// The table's driver law and its parent table.
    #[inline(always)]
    fn up(&self, table: usize) -> Option<(&Driver, usize)> {
        let link = self.tables[table].driver?;
        self.driver(table, link).map(|driver| (driver, self.tables[table].links[link].parent))
    }

    /// Driver steps from `table` up to `scope`. Driver links form no cycle, so this ends.
    pub(super) fn steps(&self, table: usize, scope: usize) -> Option<usize> {
        let (mut at, mut steps) = (table, 0);
        while at != scope {
            at = self.up(at)?.1;
            steps += 1;
        }
        Some(steps)
    }

    /// The row that `row` hangs on, `steps` driver steps up (fewer where there are no more), NULLs disregarded.
    fn ancestor(&self, table: usize, steps: usize, row: u64) -> u64 {
        let (mut at, mut row) = (table, row);
        for _ in 0..steps {
            let Some((driver, parent)) = self.up(at) else { break };
            (at, row) = (parent, driver.of_row(row).rank);
        }
        row
    }

    /// The rows of `table` below row `row` of the table `steps` driver steps up.
    fn below(&self, table: usize, steps: usize, row: u64) -> (u64, u64) {
        match self.up(table) {
            Some((driver, parent)) if steps > 0 => {
                let (start, end) = self.below(parent, steps - 1, row);
                (driver.start(start), driver.start(end))
            }
            _ => (row, row + 1),
        }
    }

    #[inline]
    fn is_null(&self, table: usize, link: usize, row: u64) -> bool {
        self.tables[table].links[link].nulls.holds(row)
    }

    /// The parent of one row, NULLs disregarded.
    #[inline]
    fn lawful(&self, table: usize, link: usize, row: u64) -> u64 {
        if self.tables[table].links[link].pair.is_plain() {
            self.drawn(table, link, row)
        } else {
            self.paired(table, link, row)
        }
    }

    /// The parent of one row by the law alone.
    #[inline]
    fn drawn(&self, table: usize, link: usize, row: u64) -> u64 {
        let Link { parent, law, .. } = &self.tables[table].links[link];
        match law {
            Law::Driver(driver) => driver.of_row(row).rank,
            Law::Affinity(affinity) => affinity.of_row(row),
            Law::OneToOne(law) => law.of_row(row),
            Law::Within(law) => match self.within_scope((table, link), law, row) {
                Some(scope) => self.within_parent(law, self.below(*parent, law.from_parent, scope), row),
                None => NONE,
            },
            Law::Junction { junction, scope, ring: true, .. } => {
                self.ring_parent((table, link), junction, *scope, row)
            }
            Law::Junction { junction, index, scope, .. } => {
                self.junction_parent((table, link), junction, *index, *scope, row)
            }
            Law::Derived(path) => self.derived_parent(table, path, row),
            Law::Same(other) => {
                let same = self.parent(table, *other, row);
                if same < self.tables[*parent].rows { same } else { NONE }
            }
            Law::Never => NONE,
        }
    }
}

impl Keys for Topology {
    fn rows(&self, table: usize) -> u64 {
        self.tables[table].rows
    }

    fn parents(&self, table: usize, link: usize, rows: &[u64], out: &mut Vec<u64>) {
        out.clear();
        let Link { parent, law, pair, .. } = &self.tables[table].links[link];
        match law {
            _ if !pair.is_plain() => out.extend(rows.iter().map(|row| self.paired(table, link, *row))),
            // Neighbours mostly share their parent, or at least their scope.
            Law::Driver(driver) => {
                let mut cursor = Cursor::new(driver);
                out.extend(rows.iter().map(|row| cursor.of_row(*row).rank));
            }
            Law::Within(law) => {
                let mut last = (None, (0, 0));
                out.extend(rows.iter().map(|row| {
                    let scope = self.within_scope((table, link), law, *row);
                    match scope {
                        None => return NONE,
                        Some(above) if scope != last.0 => {
                            last = (scope, self.below(*parent, law.from_parent, above))
                        }
                        _ => {}
                    }
                    self.within_parent(law, last.1, *row)
                }));
            }
            _ => out.extend(rows.iter().map(|row| self.lawful(table, link, *row))),
        }
        if self.tables[table].links[link].nulls.rate > 0.0 {
            for (parent, row) in out.iter_mut().zip(rows) {
                if self.is_null(table, link, *row) {
                    *parent = NONE;
                }
            }
        }
    }

    fn times(&self, table: usize, rows: &[u64], out: &mut Vec<Micros>) {
        out.clear();
        self.clock_times(table, rows, out);
    }

    fn places(&self, table: usize, levels: usize, rows: &[u64], out: &mut Vec<Place>) {
        out.clear();
        let (mut ancestor, mut start, mut end) = (0, 0, 0);
        out.extend(rows.iter().map(|row| {
            if !(start..end).contains(row) {
                ancestor = self.ancestor(table, levels, *row);
                (start, end) = self.below(table, levels, ancestor);
            }
            Place { ancestor, ordinal: *row - start, count: end - start }
        }));
    }

    fn popularity(&self, table: usize, link: usize, parents: &[u64], out: &mut Vec<f32>) {
        out.clear();
        out.extend(parents.iter().map(|parent| match &self.tables[table].links[link].law {
            Law::Driver(driver) => driver.popularity(*parent),
            Law::Affinity(affinity) => affinity.popularity(*parent),
            _ => 0.0,
        }));
    }

    fn digits(&self, table: usize, tuple: Tuple<'_>, index: usize, rows: &[u64], out: &mut Vec<u64>) {
        out.clear();
        let junction = self.junction(table, tuple);
        out.extend(rows.iter().map(|row| {
            let (a, k) = self.junction_place(table, &junction, *row);
            junction.digit(a, k, index)
        }));
    }
}
