//! Driver: the children of one parent are contiguous rows.
//!
//! Parents are cut into blocks; a block's share of the children is exact (rounded cumulative shares), and inside the block
//! a tree of hashed splits gives each parent its own.

use super::split::{BLOCK, Slot, Split, Target, Tree};
use crate::permute::{GOLDEN, mix};
use crate::rng::Key;
use std::sync::OnceLock;

#[derive(Debug)]
pub struct Driver {
    rows: u64,
    parents: u64,
    minimum: u64,
    cap: u64,
    key: u64,
    split: Split,
    longest: OnceLock<u64>,
}

/// floor(a * b / c), c > 0, where the result fits.
#[inline(always)]
pub(super) fn scale(a: u64, b: u64, c: u64) -> u64 {
    match a.checked_mul(b) {
        Some(product) => product / c,
        None => (u128::from(a) * u128::from(b) / u128::from(c)) as u64,
    }
}

impl Driver {
    /// Requires `parents` > 0 and `minimum * parents <= rows <= cap * parents`.
    pub fn new(rows: u64, parents: u64, spread: f64, minimum: u64, cap: u64, key: Key) -> Self {
        Self { rows, parents, minimum, cap, key: key.0, split: Split::new(spread), longest: OnceLock::new() }
    }

    /// The parent of `row` < rows and that parent's children.
    #[inline]
    pub fn of_row(&self, row: u64) -> Slot {
        let last = (self.parents - 1) / BLOCK;
        // Without a minimum the guess is at most one off; with one it is too, since both shares are proportional.
        let mut block = (scale(row, self.parents, self.rows) / BLOCK).min(last);
        while self.first(block) > row {
            block -= 1;
        }
        while block < last && self.first(block + 1) <= row {
            block += 1;
        }
        self.find(block, |start| Target::Position(row - start))
    }

    /// The children of `parent` < parents.
    #[inline]
    pub fn of_parent(&self, parent: u64) -> Slot {
        self.find(parent / BLOCK, |_| Target::Rank(parent % BLOCK))
    }

    /// The first row whose parent is `parent` or a later one; `rows` for parent = parents.
    #[inline]
    pub fn start(&self, parent: u64) -> u64 {
        if parent >= self.parents { self.rows } else { self.of_parent(parent).start }
    }

    /// The largest number of children of any parent: O(parents) once, then kept.
    pub fn longest(&self) -> u64 {
        *self.longest.get_or_init(|| {
            (0..self.parents)
                .map(|parent| self.of_parent(parent))
                .map(|slot| slot.end - slot.start)
                .max()
                .unwrap_or(0)
        })
    }

    /// An upper bound on any parent's children that costs nothing.
    pub fn bound(&self) -> u64 {
        self.cap.min(self.rows)
    }

    /// The first child of a block: the minimum of all parents before it, and their share of the rest. Every block stays
    /// feasible, since a share of at most `cap - minimum` a parent rounds to at most that.
    #[inline(always)]
    fn first(&self, block: u64) -> u64 {
        let before = (block * BLOCK).min(self.parents);
        before * self.minimum + scale(self.rows - self.parents * self.minimum, before, self.parents)
    }

    #[inline(always)]
    fn find(&self, block: u64, target: impl Fn(u64) -> Target) -> Slot {
        let start = self.first(block);
        let shape = mix(self.key.wrapping_add(GOLDEN.wrapping_mul(block)));
        let tree = Tree {
            shape,
            rounding: shape.rotate_left(32),
            size: BLOCK.min(self.parents - block * BLOCK),
            total: self.first(block + 1) - start,
            minimum: self.minimum,
            cap: self.cap,
        };
        let even = |low, middle, high| ((middle - low) as f64, (high - middle) as f64);
        let slot = self.split.find(tree, target(start), even);
        Slot { rank: block * BLOCK + slot.rank, start: start + slot.start, end: start + slot.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_and_children_agree() {
        for parents in [1, 2, 3, 255, 256, 257, 1000] {
            for rows in [0, 1, 2, 100, parents - 1, parents, parents + 1, 3 * parents + 7, 20 * parents] {
                for spread in [0.0, 1.0, 2.5] {
                    let driver =
                        Driver::new(rows, parents, spread, 0, u64::MAX, Key::new(5, &["driver"]).at(rows));
                    let mut next = 0;
                    for parent in 0..parents {
                        let slot = driver.of_parent(parent);
                        assert_eq!((slot.rank, slot.start), (parent, next), "{rows} {parents}");
                        for row in slot.start..slot.end {
                            assert_eq!(driver.of_row(row), slot);
                        }
                        next = slot.end;
                    }
                    assert_eq!(next, rows);
                    assert_eq!(driver.start(parents), rows);
                }
            }
        }
    }

    #[test]
    fn minimum_and_cap_hold_to_the_brim() {
        for parents in [1, 5, 256, 300, 513] {
            for (minimum, cap) in [(0, 1), (1, 3), (2, 2), (1, 1000)] {
                for rows in [
                    minimum * parents,
                    minimum * parents + 1,
                    (minimum + cap) * parents / 2,
                    cap * parents - 1,
                    cap * parents,
                ] {
                    let rows = rows.clamp(minimum * parents, cap * parents);
                    let driver = Driver::new(rows, parents, 2.0, minimum, cap, Key::new(7, &["brim"]));
                    for parent in 0..parents {
                        let slot = driver.of_parent(parent);
                        assert!(
                            (minimum..=cap).contains(&(slot.end - slot.start)),
                            "{rows}/{parents}: {slot:?}"
                        );
                    }
                    assert!(driver.longest() <= driver.bound());
                }
            }
        }
    }

    #[test]
    fn huge_tables_do_not_overflow() {
        let driver = Driver::new(1 << 45, 1 << 40, 1.0, 1, 1 << 40, Key::new(0, &["huge"]));
        for row in [0, 1 << 44, (1 << 45) - 1] {
            let slot = driver.of_row(row);
            assert!((slot.start..slot.end).contains(&row));
            assert_eq!(driver.of_parent(slot.rank), slot);
        }
    }
}
