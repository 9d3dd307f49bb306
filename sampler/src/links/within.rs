//! Within: a parent inside the same scope as another link's parent, so that key columns that both carry agree.

use super::Topology;
use crate::plan::Roots;
use crate::rng::Key;
use crate::world::NONE;
use libm::pow;

#[derive(Debug)]
pub struct Within {
    pub key: Key,
    /// The link whose parent gives the scope, and driver steps from that parent up to it.
    pub via: usize,
    pub from_via: usize,
    /// Driver steps from this link's parent up to the scope.
    pub from_parent: usize,
    pub skew: f64,
    /// The last parents of a range that are left out, for those that the link's pair is moved past.
    pub less: u64,
    /// Roots of a tree: parents are earlier rows of the same table. None: any row of the scope.
    pub tree: Option<Roots>,
}

/// The levels of a tree of `size` rows end at an eighth, a quarter, a half and the whole of it. The start of the level
/// of the row at `position`: the rows it may choose its parent from; 0 for the roots.
fn level_start(position: u64, size: u64) -> u64 {
    [2, 4, 8].into_iter().map(|part| size.div_ceil(part)).find(|start| position >= *start).unwrap_or(0)
}

/// How many rows of a tree of `size` rows are its roots where these refer to one another: the first level of two or more.
fn ring_size(size: u64) -> u64 {
    [8, 4, 2].into_iter().map(|part| size.div_ceil(part)).find(|end| *end >= 2).unwrap_or(size)
}

impl Within {
    /// `0..count` by this row's hashed number, early ones favoured by `skew`.
    fn choose(&self, row: u64, count: u64) -> u64 {
        let u = self.key.uniform(row, 0);
        let x = if self.skew == 1.0 { u } else { pow(u, self.skew) };
        ((count as f64 * x) as u64).min(count - 1)
    }
}

impl Topology {
    /// The parent of `row` given its scope's rows in the parent table.
    #[inline]
    pub(super) fn within_parent(&self, law: &Within, (start, end): (u64, u64), row: u64) -> u64 {
        match law.tree {
            None if start + law.less >= end => NONE,
            None => start + law.choose(row, end - start - law.less),
            Some(Roots::Ring) if row.saturating_sub(start) < ring_size(end - start) => {
                start + (row.saturating_sub(start) + 1) % ring_size(end - start)
            }
            Some(roots) => match (level_start(row.saturating_sub(start), end - start), roots) {
                (0, Roots::Null) => NONE,
                (0, Roots::Itself) => row,
                (eligible, _) => start + law.choose(row, eligible),
            },
        }
    }

    /// The scope row of `row`, None where link `via` is NULL. A tree's rows hang on the scope by themselves.
    pub(super) fn within_scope(&self, (table, link): (usize, usize), law: &Within, row: u64) -> Option<u64> {
        if law.tree.is_some() {
            return Some(self.ancestor(table, law.from_parent, row));
        }
        let parent = if self.is_null(table, law.via, row) {
            NONE
        } else if self.tables[table].links[link].pair.is_sided_with(law.via) {
            // Both parents are of one scope, and which of them is the lower hangs on this very link.
            self.moved(table, law.via, row)
        } else {
            self.lawful(table, law.via, row)
        };
        (parent != NONE)
            .then(|| self.ancestor(self.tables[table].links[law.via].parent, law.from_via, parent))
    }

    /// Children of `parent`: every row of the scope is looked at, O(rows of the scope).
    pub(super) fn within_children(
        &self,
        (table, link): (usize, usize),
        law: &Within,
        parent: u64,
    ) -> Vec<u64> {
        let (up, through) = (self.tables[table].links[link].parent, self.tables[table].links[law.via].parent);
        let scope = self.ancestor(up, law.from_parent, parent);
        let range = self.below(up, law.from_parent, scope);
        let (first, last) = self.below(through, law.from_via, scope);
        let is_sided = self.tables[table].links[link].pair.is_sided_with(law.via);
        let mut rows: Vec<u64> = match self.driver(table, law.via) {
            _ if law.tree.is_some() => (range.0..range.1).collect(),
            Some(driver) if self.tables[table].links[law.via].pair.is_plain() => {
                (driver.start(first)..driver.start(last)).collect()
            }
            _ if is_sided => (first..last).flat_map(|row| self.moved_children(table, law.via, row)).collect(),
            _ => (first..last).flat_map(|row| self.children(table, law.via, row)).collect(),
        };
        if law.tree.is_none() {
            rows.retain(|row| !self.is_null(table, law.via, *row));
        }
        rows.retain(|row| self.within_parent(law, range, *row) == parent);
        rows.sort_unstable();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_whole_levels_of_two_rows_or_more() {
        assert_eq!((0..20).map(ring_size).collect::<Vec<_>>()[..10], [0, 1, 2, 2, 2, 2, 2, 2, 2, 2]);
        for size in 2..300 {
            let ring = ring_size(size);
            assert!(ring >= 2 && (ring == size || level_start(ring, size) == ring), "{size}");
        }
    }

    #[test]
    fn levels_start_with_a_root_and_rise() {
        for size in 1..200 {
            let starts: Vec<u64> = (0..size).map(|position| level_start(position, size)).collect();
            assert_eq!(starts[0], 0);
            assert!(starts.is_sorted());
            assert!(starts.iter().zip(0..).all(|(start, position)| *start <= position));
            assert!(size == 1 || starts.contains(&1) || size > 8, "{size}: {starts:?}");
        }
    }
}
