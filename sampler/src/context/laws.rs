//! Rows of a plan as a walk sees them, stored or not: they are numbered as in the plan, positions are row numbers, and
//! candidates stand as their law has them. So both give the same contexts.

use super::{Nanos, TIMELESS};
use crate::links::{Family, Topology};
use crate::plan::Micros;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Laws {
    keys: Arc<Topology>,
    tables: Vec<Lawful>,
}

/// A table of the source in the plan: its index, and the index of each of its links, None for one that has no law there.
#[derive(Debug, Clone)]
pub struct Lawful {
    pub table: usize,
    pub links: Vec<Option<usize>>,
}

impl Laws {
    pub fn new(keys: Arc<Topology>, tables: Vec<Lawful>) -> Self {
        Self { keys, tables }
    }

    pub fn keys(&self) -> &Topology {
        &self.keys
    }

    /// Index of a table in the plan.
    pub fn table(&self, table: usize) -> usize {
        self.tables[table].table
    }

    /// A link of a table in the plan.
    pub fn link(&self, table: usize, link: usize) -> Option<(usize, usize)> {
        let found = &self.tables[table];
        found.links[link].map(|link| (found.table, link))
    }

    /// `Source::end`: by the axis alone, so that later rows may stand before it, and orphans after it.
    pub fn end(&self, table: usize, until: Nanos) -> u64 {
        self.keys.before(self.tables[table].table, until.div_euclid(1000))
    }

    /// Where candidates along a link end that are asked for before `end`.
    pub fn reach(&self, table: usize, link: usize, end: u64) -> u64 {
        self.link(table, link).map_or(end, |(table, link)| self.keys.reach(table, link, end))
    }

    /// All rows in the order of candidates along a link; None where that is their own.
    pub fn order(&self, table: usize, link: usize) -> Option<impl Iterator<Item = u64>> {
        let (table, link) = self.link(table, link)?;
        self.keys.order(table, link)
    }

    /// Whose candidate a row is whose link is NULL.
    pub fn nearly(&self, table: usize, link: usize, row: u64) -> Option<u64> {
        let (table, link) = self.link(table, link)?;
        self.keys.nearly(table, link, row)
    }

    pub fn family(&self, table: usize, link: usize, parent: u64, end: u64) -> Family {
        let found = self.link(table, link);
        found.map_or(Family::Rows(Vec::new()), |(table, link)| self.keys.family(table, link, parent, end))
    }

    /// Whether a candidate along a link may turn out to be no child.
    pub fn is_loose(&self, table: usize, link: usize) -> bool {
        self.link(table, link).is_some_and(|(table, link)| self.keys.is_loose(table, link))
    }

    /// Whether no row is earlier on its axis than its parent along a link is on its own.
    pub fn is_ordered(&self, table: usize, link: usize) -> bool {
        self.link(table, link).is_some_and(|(table, link)| self.keys.is_ordered(table, link))
    }

    /// The parent of a row, `world::NONE` where NULL.
    pub fn parent(&self, table: usize, link: usize, row: u64) -> u64 {
        let found = self.link(table, link);
        found.map_or(super::NONE, |(table, link)| self.keys.parent(table, link, row))
    }
}

/// Nanoseconds; none where 64 bits don't hold them, as in a dataset's folder.
pub fn nanos(time: Micros) -> Nanos {
    time.checked_mul(1000).unwrap_or(TIMELESS)
}
