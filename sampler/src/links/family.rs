//! Candidates for the children of a parent, by number: what a walk draws from without listing them all.
//!
//! Candidates stand in the order of the law: an affinity's epoch by epoch, inside an epoch by permuted position; all others
//! by row. A NULL is drawn on top of the law, so that a candidate may turn out not to refer to the parent at all.

use super::{Law, Topology};
use crate::axis::Base;
use crate::permute::Perm;
use crate::plan::Micros;

/// Candidates of one parent.
#[derive(Debug)]
pub enum Family {
    Rows(Vec<u64>),
    Runs(Vec<Run>),
}

/// Positions `start..start + count`, which are those of rows from `first` on, permuted or as they stand.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub first: u64,
    pub order: Option<Perm>,
    pub start: u64,
    pub count: u64,
}

impl Family {
    pub fn len(&self) -> u64 {
        match self {
            Self::Rows(rows) => rows.len() as u64,
            Self::Runs(runs) => runs.iter().map(|run| run.count).sum(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Candidate `index` < len.
    pub fn get(&self, mut index: u64) -> u64 {
        match self {
            Self::Rows(rows) => rows[index as usize],
            Self::Runs(runs) => {
                for run in runs {
                    if index < run.count {
                        let position = run.start + index;
                        return run.first + run.order.map_or(position, |order| order.inverse(position));
                    }
                    index -= run.count;
                }
                crate::world::NONE
            }
        }
    }
}

impl Topology {
    /// The candidates for the children of `parent`, of rows before `reach(table, link, before)`. All children among those
    /// rows are there.
    pub fn family(&self, table: usize, link: usize, parent: u64, before: u64) -> Family {
        let found = &self.tables[table].links[link];
        if parent >= self.tables[found.parent].rows {
            return Family::Rows(Vec::new());
        }
        match &found.law {
            Law::Driver(driver) if found.pair.is_plain() => {
                let slot = driver.of_parent(parent);
                let count = slot.end.min(before).saturating_sub(slot.start);
                Family::Runs(vec![Run { first: 0, order: None, start: slot.start, count }])
            }
            Law::Affinity(affinity) if found.pair.is_plain() => Family::Runs(affinity.runs(parent, before)),
            Law::Same(other) if found.pair.is_plain() => self.family(table, *other, parent, before),
            _ => {
                let mut rows = self.children(table, link, parent);
                rows.truncate(rows.partition_point(|row| *row < before));
                Family::Rows(rows)
            }
        }
    }

    /// Where `before` comes to lie: an affinity's epochs are not cut.
    pub fn reach(&self, table: usize, link: usize, before: u64) -> u64 {
        match self.ordered(table, link) {
            Some(affinity) => affinity.epoch_end(before),
            None => before,
        }
    }

    /// All rows in the order in which candidates along the link stand; None where that is their own.
    pub fn order(&self, table: usize, link: usize) -> Option<impl Iterator<Item = u64>> {
        self.ordered(table, link).map(|affinity| affinity.order())
    }

    /// Whether a candidate may turn out not to refer to the parent.
    pub fn is_loose(&self, table: usize, link: usize) -> bool {
        let found = &self.tables[table].links[link];
        match &found.law {
            Law::Driver(_) | Law::Affinity(_) if found.pair.is_plain() => found.nulls.rate > 0.0,
            Law::Same(other) if found.pair.is_plain() => {
                found.nulls.rate > 0.0 || self.is_loose(table, *other)
            }
            _ => false,
        }
    }

    /// Whose candidate a row is that refers to none; None where it is nobody's.
    pub fn nearly(&self, table: usize, link: usize, row: u64) -> Option<u64> {
        let found = &self.tables[table].links[link];
        let parent = match &found.law {
            Law::Driver(_) | Law::Affinity(_) if found.pair.is_plain() => self.drawn(table, link, row),
            Law::Same(other) if found.pair.is_plain() => {
                let same = self.parent(table, *other, row);
                if same == crate::world::NONE { self.nearly(table, *other, row)? } else { same }
            }
            _ => return None,
        };
        (parent < self.tables[found.parent].rows).then_some(parent)
    }

    /// No row from here on is as early as `time` by its axis alone, but for orphans; all rows where that is not known.
    pub fn before(&self, table: usize, time: Micros) -> u64 {
        let rows = self.tables[table].rows;
        match self.running(table).map(|running| &running.base) {
            Some(Base::Own(own)) => own.before(time),
            Some(Base::Inherited(inherited)) => {
                let up = self.tables[table].links[inherited.link].parent;
                match &self.tables[table].links[inherited.link].law {
                    Law::Driver(driver) if self.has_time(up) => driver.start(self.before(up, time)),
                    _ => rows,
                }
            }
            None => rows,
        }
    }

    fn ordered(&self, table: usize, link: usize) -> Option<&super::Affinity> {
        let found = &self.tables[table].links[link];
        match &found.law {
            Law::Affinity(affinity) if found.pair.is_plain() => Some(affinity),
            Law::Same(other) if found.pair.is_plain() => self.ordered(table, *other),
            _ => None,
        }
    }
}
