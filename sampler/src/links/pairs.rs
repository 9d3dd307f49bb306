//! Pairs: links of one table that must lead to parents of different row numbers, or (to one parent table) be in order.
//!
//! *Apart*: a link's law draws from as many parents fewer as it has links to keep away from; what it draws is moved past
//! each of theirs, so the diagonal is left out and all else is as likely as before. *Sides*: of what two links draw, one
//! takes the lower and the other the higher parent. Both are inverted by looking at the few rows that could have been
//! moved or swapped: a parent's children cost as much as those of its neighbours by their laws.

use super::Topology;
use crate::codec::Uuid;
use crate::world::NONE;

#[derive(Debug, Default)]
pub(crate) struct Pair {
    /// Links whose parents this one never shares.
    pub apart: Vec<usize>,
    pub side: Option<Side>,
}

/// The lower or the higher of the parents that this link and link `other` draw.
#[derive(Debug)]
pub(crate) struct Side {
    pub other: usize,
    pub high: bool,
    /// What the parents are known by, where they are not in the order of their rows.
    pub uuid: Option<Uuid>,
}

impl Pair {
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        self.apart.is_empty() && self.side.is_none()
    }

    pub fn is_sided_with(&self, link: usize) -> bool {
        self.side.as_ref().is_some_and(|side| side.other == link)
    }

    /// How many of a range's parents the law leaves out.
    pub fn less(&self) -> u64 {
        self.apart.len() as u64
    }
}

impl Side {
    fn pick(&self, mine: u64, other: u64) -> u64 {
        let is_lower = match &self.uuid {
            None => mine <= other,
            Some(uuid) => uuid.random(mine) <= uuid.random(other),
        };
        if is_lower == self.high { other } else { mine }
    }
}

impl Topology {
    /// The parent of one row of a link that is part of a pair.
    pub(super) fn paired(&self, table: usize, link: usize, row: u64) -> u64 {
        let mine = self.moved(table, link, row);
        let Some(side) = &self.tables[table].links[link].pair.side else { return mine };
        let other = self.moved(table, side.other, row);
        if mine == NONE || other == NONE { mine } else { side.pick(mine, other) }
    }

    /// The parent that the law draws, moved past those of the links that this one keeps away from.
    pub(super) fn moved(&self, table: usize, link: usize, row: u64) -> u64 {
        let mut parent = self.drawn(table, link, row);
        let apart = &self.tables[table].links[link].pair.apart;
        if parent == NONE || apart.is_empty() {
            return parent;
        }
        let mut others: Vec<u64> = apart.iter().map(|other| self.moved(table, *other, row)).collect();
        others.sort_unstable();
        for other in others {
            parent += u64::from(parent >= other);
        }
        parent
    }

    /// The exact inverse of `paired`, ascending.
    pub(super) fn paired_children(&self, table: usize, link: usize, parent: u64) -> Vec<u64> {
        let mut rows = self.moved_children(table, link, parent);
        if let Some(side) = &self.tables[table].links[link].pair.side {
            rows.extend(self.moved_children(table, side.other, parent));
            rows.retain(|row| self.paired(table, link, *row) == parent);
            rows.sort_unstable();
            rows.dedup();
        }
        rows
    }

    /// The exact inverse of `moved`, ascending.
    pub(super) fn moved_children(&self, table: usize, link: usize, parent: u64) -> Vec<u64> {
        let less = self.tables[table].links[link].pair.less();
        let mut rows: Vec<u64> = (parent.saturating_sub(less)..=parent)
            .flat_map(|drawn| self.drawn_children(table, link, drawn))
            .collect();
        if less > 0 {
            rows.retain(|row| self.moved(table, link, *row) == parent);
            rows.sort_unstable();
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::codec::Uuid;
    use crate::links::Topology;
    use crate::links::tests::{
        affinity, all_parents, driver, inherited, junction, link, own, plan, table, verify,
    };
    use crate::plan::{self, Axis, Law, Mode, Roots};
    use crate::world::NONE;
    use std::collections::BTreeSet;

    /// Two links to "a", the second apart from the first, and the sides that they take.
    fn pair(first: Law, second: Law, apart: bool, sides: bool, nulls: f64) -> Vec<plan::Link> {
        let mut links = vec![link("x", "a", first, nulls), link("y", "a", second, nulls / 2.0)];
        links[1].apart = if apart { vec![0] } else { vec![] };
        if sides {
            links[0].side = Some(plan::Side { other: 1, high: false, uuid: None });
            links[1].side = Some(plan::Side { other: 0, high: true, uuid: None });
        }
        links
    }

    fn pairs_of(topology: &Topology, table: usize) -> Vec<(u64, u64)> {
        let found = all_parents(topology, table, 0).into_iter().zip(all_parents(topology, table, 1));
        found.filter(|(x, y)| *x != NONE && *y != NONE).collect()
    }

    #[test]
    fn free_links_differ_or_are_in_order() {
        for (rows, parents) in [(1, 2), (40, 2), (700, 3), (900, 90), (3000, 1500)] {
            for axis in [own(0, 400), Axis::Static {}] {
                for (apart, sides, nulls) in [(true, false, 0.2), (true, true, 0.0), (false, true, 0.3)] {
                    let links = pair(affinity(4), affinity(7), apart, sides, nulls);
                    let tables =
                        vec![table("a", parents, axis.clone(), vec![]), table("b", rows, own(0, 500), links)];
                    let found = pairs_of(&verify(&plan(parents, tables)), 1);
                    assert!(!apart || found.iter().all(|(x, y)| x != y));
                    assert!(!sides || found.iter().all(|(x, y)| x <= y));
                    assert!(rows < 700 || found.iter().any(|(x, _)| *x > 0));
                }
            }
        }
    }

    #[test]
    fn three_links_all_differ() {
        let mut links = pair(affinity(4), affinity(4), true, false, 0.0);
        links.push(link("z", "a", affinity(2), 0.1));
        links[2].apart = vec![0, 1];
        let tables = vec![table("a", 3, own(0, 90), vec![]), table("b", 400, own(0, 90), links)];
        let topology = verify(&plan(3, tables));
        let (pairs, third) = (pairs_of(&topology, 1), all_parents(&topology, 1, 2));
        assert!(pairs.iter().zip(third).all(|((x, y), z)| x != y && z != *x && z != *y));
    }

    #[test]
    fn self_references_differ() {
        let mut links = pair(affinity(6), affinity(6), true, true, 0.0);
        links.iter_mut().for_each(|link| link.parent = "b".into());
        let topology = verify(&plan(5, vec![table("b", 800, own(0, 90), links)]));
        let found = pairs_of(&topology, 0);
        assert!(found.len() > 700 && found.iter().all(|(x, y)| x < y));
    }

    #[test]
    fn distinct_pairs_leave_the_diagonal_out() {
        for (rows, parents) in [(2, 2), (6, 3), (800, 30), (500, 2000)] {
            let cap = (parents - 1).min(rows);
            let links =
                pair(driver(1.0, 0, cap), junction(Some(0), &[parents - 1], 0, None), true, false, 0.0);
            let tables = vec![
                table("a", parents, own(0, 90), vec![]),
                table("b", rows, inherited(0, Mode::Span), links),
            ];
            let found = pairs_of(&verify(&plan(rows, tables)), 1);
            assert!(found.iter().all(|(x, y)| x != y));
            assert_eq!(found.iter().collect::<BTreeSet<_>>().len() as u64, rows);
        }
    }

    #[test]
    fn distinct_pairs_in_order() {
        for (rows, parents) in [(1, 3), (3, 3), (4, 4), (150, 31), (500, 2000)] {
            let half = (parents - 1) / 2;
            let mut links =
                pair(driver(1.5, 0, half.min(rows)), junction(Some(0), &[half], 0, None), false, true, 0.0);
            if let Law::Junction { ring, .. } = &mut links[1].law {
                *ring = true;
            }
            let tables = vec![
                table("a", parents, own(0, 90), vec![]),
                table("b", rows, inherited(0, Mode::Span), links),
            ];
            let found = pairs_of(&verify(&plan(rows, tables)), 1);
            assert!(found.iter().all(|(x, y)| x < y));
            assert_eq!(found.iter().collect::<BTreeSet<_>>().len() as u64, rows);
        }
    }

    /// Pairs of users of one tenant, by all the laws that a scope allows.
    #[test]
    fn pairs_inside_a_scope() {
        let within = |skew| Law::Within { via: 0, scope: "t".into(), skew, tree: false, roots: Roots::Null };
        let scoped = |ring| Law::Junction {
            key: "pk".into(),
            after: Some(0),
            dims: vec![400],
            index: 0,
            scope: Some("t".into()),
            ring,
        };
        let mut ring = pair(driver(1.0, 0, 2), scoped(true), false, true, 0.0);
        ring[1].null_rate = 0.0;
        let cases = [
            pair(affinity(3), within(1.5), true, false, 0.2),
            pair(affinity(3), within(1.5), true, true, 0.2),
            pair(driver(1.0, 0, 5), scoped(false), true, false, 0.0),
            ring,
        ];
        for (case, links) in cases.into_iter().enumerate() {
            let is_unique = case > 1;
            let tables = vec![
                table("t", 12, own(0, 50), vec![]),
                table("a", 200, inherited(0, Mode::Span), vec![link("t", "t", driver(1.0, 6, 200), 0.0)]),
                table("b", 250, own(0, 90), links),
            ];
            let topology = verify(&plan(9, tables));
            let found = pairs_of(&topology, 2);
            let tenant = |user: u64| topology.parent(1, 0, user);
            assert!(found.iter().all(|(x, y)| x != y && tenant(*x) == tenant(*y)), "{case}");
            assert!(case % 2 == 0 || found.iter().all(|(x, y)| x < y), "{case}");
            assert!(!is_unique || found.iter().collect::<BTreeSet<_>>().len() == 250, "{case}");
        }
    }

    #[test]
    fn sides_by_uuid() {
        let mut links = pair(affinity(3), affinity(3), true, true, 0.0);
        links.iter_mut().flat_map(|link| &mut link.side).for_each(|side| side.uuid = Some("id".into()));
        let tables = vec![table("a", 60, own(0, 90), vec![]), table("b", 300, own(0, 90), links)];
        let topology = verify(&plan(1, tables));
        let uuid = Uuid::of_column(1, "a", "id");
        let found = pairs_of(&topology, 1);
        assert!(found.iter().all(|(x, y)| uuid.random(*x) < uuid.random(*y)));
        assert!(found.iter().any(|(x, y)| x > y));
    }

    /// Rows of the same number in two tables are never met together, whichever of the tables is the larger.
    #[test]
    fn numbers_of_two_tables_differ() {
        for (first, second) in [(60, 60), (9, 400), (400, 9), (1, 2)] {
            let mut links = pair(affinity(3), affinity(3), true, false, 0.1);
            links[1].parent = "c".into();
            let tables = vec![
                table("a", first, own(0, 90), vec![]),
                table("c", second, Axis::Static {}, vec![]),
                table("b", 700, own(0, 90), links),
            ];
            let found = pairs_of(&verify(&plan(1, tables)), 2);
            assert!(found.len() > 500 && found.iter().all(|(x, y)| x != y));
        }
    }

    #[test]
    fn too_few_parents_are_an_error() {
        let links = pair(affinity(1), affinity(1), true, false, 0.0);
        let tables = vec![table("a", 1, own(0, 90), vec![]), table("b", 5, own(0, 90), links)];
        let error = Topology::open(&plan(1, tables)).unwrap_err();
        assert!(matches!(error, crate::error::Error::Impossible { .. }), "{error}");
    }

    #[test]
    fn values_are_stable() {
        let links = pair(affinity(4), affinity(4), true, true, 0.0);
        let tables = vec![table("a", 50, own(0, 90), vec![]), table("b", 200, own(0, 90), links)];
        let found = pairs_of(&verify(&plan(2, tables)), 1);
        assert_eq!(found[195..], [(3, 24), (29, 39), (7, 31), (17, 36), (30, 32)]);
    }
}
