//! Junction: tuples of parents that are distinct by construction.
//!
//! The row's ordinal k below its `after` parent a is permuted over the product of the dims and split into digits; every
//! digit is turned by a permutation of a. For one a the tuples are distinct, whatever the turns. For the inverse, a
//! digit's value and a guess of k give the turn, and the turn gives a.

use super::{Link, Topology};
use crate::permute::{Perm, mix};
use crate::rng::Key;
use crate::world::{NONE, Tuple};

/// Parents share the permutation of k in classes, so that their tuples are not turned copies of one another.
const CLASSES: u64 = 16;
/// The permuted range; dims past it are drawn by hash, which no distinctness needs.
const LARGEST: u64 = 1 << 62;

#[derive(Debug, Clone)]
pub struct Junction {
    key: Key,
    /// The link before it, and its parents' number.
    after: Option<(usize, u64)>,
    dims: Vec<u64>,
    /// The dims whose product is permuted.
    leading: usize,
    /// That product: how many distinct tuples one parent can have, as far as it matters.
    range: u64,
    classes: [Key; CLASSES as usize],
    turn: Perm,
}

impl Junction {
    /// `key` belongs to the table; `after` is the index of a driver link and its parents' number.
    pub fn new(key: Key, tuple: Tuple<'_>, after: Option<(usize, u64)>) -> Self {
        let key = key.child(tuple.key).child("junction");
        let (mut leading, mut range) = (0, 1_u64);
        while let Some(product) = tuple.dims.get(leading).and_then(|dim| range.checked_mul(*dim)) {
            if product > LARGEST {
                break;
            }
            (leading, range) = (leading + 1, product);
        }
        let parents = after.map_or(1, |(_, parents)| parents);
        Self {
            key,
            after,
            dims: tuple.dims.to_vec(),
            leading,
            range,
            classes: std::array::from_fn(|class| key.child("class").at(class as u64)),
            turn: Perm::new(parents, key.child("turn")),
        }
    }

    /// Parents with the same permutation of k.
    #[inline]
    fn class(&self, turn: u64) -> usize {
        (mix(self.key.0 ^ turn) % CLASSES) as usize
    }

    #[inline]
    fn permutation(&self, turn: u64, range: u64) -> Perm {
        Perm::new(range, self.classes[self.class(turn)])
    }

    /// Digit `index` of the `k`-th tuple of `a`; 0 where there are no more tuples.
    #[inline]
    pub fn digit(&self, a: u64, k: u64, index: usize) -> u64 {
        let dim = self.dims[index];
        if index >= self.leading {
            return self.key.at(index as u64).below(a, k, dim);
        }
        let turn = self.turn.forward(a);
        let value = self.permutation(turn, self.range).forward(k % self.range);
        (value / self.stride(index) % dim + turn % dim) % dim
    }

    /// The same for a tuple of one digit, out of `size`.
    #[inline]
    fn scoped(&self, a: u64, k: u64, size: u64) -> u64 {
        let turn = self.turn.forward(a);
        (self.permutation(turn, size).forward(k % size) + turn % size) % size
    }

    /// The ordinal that `scoped` sends to `digit`.
    fn unscoped(&self, a: u64, digit: u64, size: u64) -> u64 {
        let turn = self.turn.forward(a);
        self.permutation(turn, size).inverse((digit + size - turn % size) % size)
    }

    /// The parent that the `k`-th child of `a` meets on a ring of the parents `start..start + size`: one of the next half of
    /// them, each at most once. So no two parents meet twice, whichever of them comes first; None past the half.
    fn ahead(&self, a: u64, k: u64, (start, size): (u64, u64)) -> Option<u64> {
        let half = half(size);
        let step = || self.permutation(self.turn.forward(a), half).forward(k);
        (k < half).then(|| start + (a - start + 1 + step()) % size)
    }

    /// All (a, k) with k below `longest` that `ahead` sends to `parent`; k may be past the degree of a.
    /// O(classes * longest).
    fn behind(&self, parent: u64, (start, size): (u64, u64), longest: u64, mut found: impl FnMut(u64, u64)) {
        let half = half(size);
        for (class, key) in self.classes.iter().enumerate().filter(|_| half > 0) {
            let perm = Perm::new(half, *key);
            for k in 0..longest.min(half) {
                let a = start + (parent - start + size - 1 - perm.forward(k)) % size;
                if self.class(self.turn.forward(a)) == class {
                    found(a, k);
                }
            }
        }
    }

    fn stride(&self, index: usize) -> u64 {
        self.dims[..index].iter().product()
    }

    /// All (a, k) with k below `longest` whose digit `index` is `value`, unordered; k may be past the degree of a.
    /// O(classes * longest * (1 + parents / dim)).
    fn undigit(&self, value: u64, index: usize, longest: u64, mut found: impl FnMut(u64, u64)) {
        let (dim, stride) = (self.dims[index], self.stride(index));
        for (class, key) in self.classes.iter().enumerate() {
            let perm = Perm::new(self.range, *key);
            for k in 0..longest.min(self.range) {
                let first = (value + dim - perm.forward(k) / stride % dim) % dim;
                for turn in (first..self.turn.len()).step_by(dim as usize) {
                    if self.class(turn) == class {
                        found(self.turn.inverse(turn), k);
                    }
                }
            }
        }
    }
}

/// How many of `size` parents each one may meet, so that no two meet from both sides.
fn half(size: u64) -> u64 {
    size.saturating_sub(1) / 2
}

/// Where a coordinate's parents lie: driver steps from the `after` link's parent, and from this link's, up to the scope.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    pub from_after: usize,
    pub from_parent: usize,
}

impl Topology {
    /// The `after` parent of a row and the row's ordinal among that parent's children.
    #[inline]
    pub(super) fn junction_place(&self, table: usize, junction: &Junction, row: u64) -> (u64, u64) {
        match junction.after {
            None => (0, row),
            Some((link, _)) => match self.driver(table, link) {
                Some(driver) => {
                    let slot = driver.of_row(row);
                    (slot.rank, row - slot.start)
                }
                None => (0, row),
            },
        }
    }

    /// The parents that `a` may choose from, where the coordinate has a scope.
    fn scoped_range(&self, table: usize, link: usize, after: usize, scope: Scope, a: u64) -> (u64, u64) {
        let Link { parent: up, pair, .. } = &self.tables[table].links[link];
        let ancestor = self.ancestor(self.tables[table].links[after].parent, scope.from_after, a);
        let (start, end) = self.below(*up, scope.from_parent, ancestor);
        (start, end.saturating_sub(pair.less()).max(start))
    }

    /// The ring that `a` stands on: first parent and size.
    fn ring(&self, table: usize, link: usize, scope: Option<Scope>, a: u64) -> (u64, u64) {
        let up = self.tables[table].links[link].parent;
        match scope {
            None => (0, self.tables[up].rows),
            Some(scope) => {
                let (start, end) = self.below(up, scope.from_parent, self.ancestor(up, scope.from_parent, a));
                (start, end - start)
            }
        }
    }

    pub(super) fn ring_parent(
        &self,
        (table, link): (usize, usize),
        junction: &Junction,
        scope: Option<Scope>,
        row: u64,
    ) -> u64 {
        let (a, k) = self.junction_place(table, junction, row);
        junction.ahead(a, k, self.ring(table, link, scope, a)).unwrap_or(NONE)
    }

    /// Children of `parent`; see `Junction::behind`.
    pub(super) fn ring_children(
        &self,
        (table, link): (usize, usize),
        junction: &Junction,
        scope: Option<Scope>,
        parent: u64,
    ) -> Vec<u64> {
        let Some(driver) = junction.after.and_then(|(after, _)| self.driver(table, after)) else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        junction.behind(parent, self.ring(table, link, scope, parent), driver.longest(), |a, k| {
            let slot = driver.of_parent(a);
            if k < slot.end - slot.start {
                rows.push(slot.start + k);
            }
        });
        rows.sort_unstable();
        rows
    }

    pub(super) fn junction_parent(
        &self,
        (table, link): (usize, usize),
        junction: &Junction,
        index: usize,
        scope: Option<Scope>,
        row: u64,
    ) -> u64 {
        let (a, k) = self.junction_place(table, junction, row);
        match (scope, junction.after) {
            (Some(scope), Some((after, _))) => {
                let (start, end) = self.scoped_range(table, link, after, scope, a);
                if k < end - start { start + junction.scoped(a, k, end - start) } else { NONE }
            }
            _ => junction.digit(a, k, index),
        }
    }

    /// Children of `parent`: with a scope O(parents of `after` in it); else see `Junction::undigit`; without `after`
    /// O(rows) or the tuples that share the digit, whichever is less.
    pub(super) fn junction_children(
        &self,
        (table, link): (usize, usize),
        junction: &Junction,
        index: usize,
        scope: Option<Scope>,
        parent: u64,
    ) -> Vec<u64> {
        let Some((after, parents)) = junction.after else {
            return self.free_children(table, junction, index, parent);
        };
        let Some(driver) = self.driver(table, after) else { return Vec::new() };
        let mut rows = Vec::new();
        let mut push = |a: u64, k: u64| {
            let slot = driver.of_parent(a);
            if k < slot.end - slot.start {
                rows.push(slot.start + k);
            }
        };
        match scope {
            Some(scope) => {
                let ancestor =
                    self.ancestor(self.tables[table].links[link].parent, scope.from_parent, parent);
                let Link { parent: up, pair, .. } = &self.tables[table].links[link];
                let (start, end) = self.below(*up, scope.from_parent, ancestor);
                let (first, last) =
                    self.below(self.tables[table].links[after].parent, scope.from_after, ancestor);
                let size = (end - start).saturating_sub(pair.less());
                let is_drawn = parent - start < size; // else it is left out for the sake of a pair
                for a in (first..last.min(parents)).filter(|_| is_drawn) {
                    push(a, junction.unscoped(a, parent - start, size));
                }
            }
            None if index < junction.leading && parent < junction.dims[index] => {
                junction.undigit(parent, index, driver.longest(), push);
            }
            None => {
                rows = (0..self.tables[table].rows)
                    .filter(|row| self.junction_parent((table, link), junction, index, None, *row) == parent)
                    .collect();
            }
        }
        rows.sort_unstable();
        rows
    }

    /// The inverse where k is the row number itself.
    fn free_children(&self, table: usize, junction: &Junction, index: usize, parent: u64) -> Vec<u64> {
        let rows = self.tables[table].rows;
        let dim = junction.dims[index];
        if parent >= dim {
            return Vec::new();
        }
        if index >= junction.leading || junction.range / dim > rows {
            return (0..rows).filter(|row| junction.digit(0, *row, index) == parent).collect();
        }
        // The only parent is 0, and so is its turn.
        let (stride, digit, perm) = (junction.stride(index), parent, junction.permutation(0, junction.range));
        let mut found: Vec<u64> = (0..junction.range / (stride * dim))
            .flat_map(|high| (0..stride).map(move |low| (high * dim + digit) * stride + low))
            .map(|value| perm.inverse(value))
            .filter(|row| *row < rows)
            .collect();
        found.sort_unstable();
        found
    }

    /// The first `after` parent with more children than tuples: (its row, its children, its tuples). O(parents) where
    /// no bound on the driver's degrees rules it out.
    pub(super) fn junction_excess(
        &self,
        (table, link): (usize, usize),
        junction: &Junction,
        scope: Option<Scope>,
        ring: bool,
    ) -> Option<(u64, u64, u64)> {
        let Some((after, parents)) = junction.after else {
            let rows = self.tables[table].rows;
            return (rows > junction.range).then_some((0, rows, junction.range));
        };
        let driver = self.driver(table, after)?;
        if scope.is_none() && !ring && driver.bound() <= junction.range {
            return None;
        }
        (0..parents).find_map(|a| {
            let slot = driver.of_parent(a);
            let room = match scope {
                _ if ring => half(self.ring(table, link, scope, a).1),
                None => junction.range,
                Some(scope) => {
                    let (start, end) = self.scoped_range(table, link, after, scope, a);
                    end - start
                }
            };
            (slot.end - slot.start > room).then_some((a, slot.end - slot.start, room))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::links::Topology;
    use crate::links::tests::{all_parents, driver, inherited, junction, link, own, plan, table, verify};
    use crate::plan::{Axis, Mode};
    use crate::world::{Keys, Tuple};
    use std::collections::BTreeSet;

    #[test]
    fn junctions_are_distinct() {
        for (rows, a, b) in [(1, 1, 1), (12, 3, 4), (500, 100, 30), (500, 20, 300), (60, 40, 3)] {
            let cap = b.min(rows);
            let links = vec![
                link("a", "a", driver(1.5, 0, cap), 0.0),
                link("b", "b", junction(Some(0), &[b], 0, None), 0.0),
            ];
            let tables = vec![
                table("a", a, own(0, 90), vec![]),
                table("b", b, own(0, 90), vec![]),
                table("c", rows, inherited(0, Mode::Delay), links),
            ];
            let topology = verify(&plan(rows, tables));
            let pairs = all_parents(&topology, 2, 0).into_iter().zip(all_parents(&topology, 2, 1));
            assert_eq!(pairs.collect::<BTreeSet<_>>().len() as u64, rows);
        }
    }

    #[test]
    fn junctions_of_three_and_free_ones() {
        let dims = [5, 7];
        for (after, rows) in [(Some(0), 300), (None, 35), (None, 11)] {
            let mut links = vec![link("x", "x", junction(after.map(|_| 2), &dims, 0, None), 0.0)];
            links.push(link("y", "y", junction(after.map(|_| 2), &dims, 1, None), 0.0));
            links.push(link("a", "a", driver(1.0, 0, 35), 0.0));
            let stat = || Axis::Static {};
            let tables = vec![
                table("a", 20, stat(), vec![]),
                table("x", 5, stat(), vec![]),
                table("y", 7, stat(), vec![]),
                table("c", rows, stat(), links),
            ];
            let topology = verify(&plan(2, tables));
            let (x, y) = (all_parents(&topology, 3, 0), all_parents(&topology, 3, 1));
            let first = |row: usize| if after.is_some() { topology.parent(3, 2, row as u64) } else { 0 };
            let tuples: BTreeSet<_> = (0..rows as usize).map(|row| (first(row), x[row], y[row])).collect();
            assert_eq!(tuples.len() as u64, rows);
            let tuple = Tuple { key: "pk", after: after.map(|_| 2), dims: &dims };
            let (all, mut digits) = ((0..rows).collect::<Vec<u64>>(), Vec::new());
            topology.digits(3, tuple, 1, &all, &mut digits);
            assert_eq!(digits, y, "digits and links share the tuple");
        }
        let full = table("c", 13, Axis::Static {}, vec![link("x", "x", junction(None, &[12], 0, None), 0.0)]);
        let error =
            Topology::open(&plan(2, vec![table("x", 12, Axis::Static {}, vec![]), full])).unwrap_err();
        assert!(matches!(error, crate::error::Error::Impossible { .. }), "{error}");
    }
}
