//! Derived and Same: laws that follow other links.

use super::Topology;
use crate::world::NONE;

impl Topology {
    /// Along `path[0]` of `table`, then `path[1]` of that parent, and so on.
    pub(super) fn derived_parent(&self, table: usize, path: &[usize], row: u64) -> u64 {
        let mut at = (table, row);
        for link in path {
            let parent = self.parent(at.0, *link, at.1);
            if parent == NONE {
                return NONE;
            }
            at = (self.tables[at.0].links[*link].parent, parent);
        }
        at.1
    }

    /// The path walked back: O(all rows met on the way).
    pub(super) fn derived_children(&self, table: usize, path: &[usize], parent: u64) -> Vec<u64> {
        let mut steps = Vec::with_capacity(path.len());
        let mut at = table;
        for link in path {
            steps.push((at, *link));
            at = self.tables[at].links[*link].parent;
        }
        let mut rows = vec![parent];
        for (table, link) in steps.into_iter().rev() {
            rows = rows.into_iter().flat_map(|row| self.children(table, link, row)).collect();
        }
        rows.sort_unstable();
        rows
    }
}
