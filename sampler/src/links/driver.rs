//! Driver: the children of one parent are contiguous rows.
//!
//! Parents are cut into blocks; a block's share of the children is exact (rounded cumulative shares), and inside the block
//! a tree of hashed splits gives each parent its own.

use super::split::{BLOCK, Slot, Split, Target, Tree, block_of};
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
        let guess = (scale(row, self.parents, self.rows) / BLOCK).min(last);
        let (block, ..) = block_of(row, guess, last, |block| self.first(block));
        self.find(block, |start| Target::Position(row - start))
    }

    /// The children of `parent` < parents.
    #[inline]
    pub fn of_parent(&self, parent: u64) -> Slot {
        self.find(parent / BLOCK, |_| Target::Rank(parent % BLOCK))
    }

    /// See `Keys::popularity`.
    pub fn popularity(&self, parent: u64) -> f32 {
        let block = parent / BLOCK;
        let Tree { shape, size, .. } = self.tree(block, self.first(block));
        self.split.popularity(shape, size, parent % BLOCK)
    }

    /// The first row whose parent is `parent` or a later one; `rows` for parent = parents.
    #[inline]
    pub fn start(&self, parent: u64) -> u64 {
        if parent >= self.parents { self.rows } else { self.of_parent(parent).start }
    }

    /// The largest number of children of any parent: O(parents) once, then kept.
    pub fn longest(&self) -> u64 {
        *self.longest.get_or_init(|| {
            let mut ends = Vec::new();
            let mut longest = 0;
            for block in 0..self.parents.div_ceil(BLOCK) {
                self.split.ends(self.tree(block, self.first(block)), &mut ends);
                let mut start = 0;
                for end in &ends {
                    longest = longest.max(end - start);
                    start = *end;
                }
            }
            longest
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

    /// The tree of a block, which starts at row `start`.
    #[inline(always)]
    fn tree(&self, block: u64, start: u64) -> Tree {
        Tree {
            shape: mix(self.key.wrapping_add(GOLDEN.wrapping_mul(block))),
            rounding: 0,
            size: BLOCK.min(self.parents - block * BLOCK),
            total: self.first(block + 1) - start,
            minimum: self.minimum,
            cap: self.cap,
        }
    }

    #[inline(always)]
    fn find(&self, block: u64, target: impl Fn(u64) -> Target) -> Slot {
        let start = self.first(block);
        let slot = self.split.find(self.tree(block, start), target(start), |rank| rank as f64);
        Slot { rank: block * BLOCK + slot.rank, start: start + slot.start, end: start + slot.end }
    }
}

/// Looks up rows one after another. Where neighbours are asked for, it cuts their whole block at once.
#[derive(Debug)]
pub struct Cursor<'a> {
    driver: &'a Driver,
    last: Option<Slot>,
    /// The block that was cut, its first row, and where each of its parents' children end, counted from there.
    block: u64,
    start: u64,
    ends: Vec<u64>,
}

impl<'a> Cursor<'a> {
    pub fn new(driver: &'a Driver) -> Self {
        Self { driver, last: None, block: 0, start: 0, ends: Vec::new() }
    }

    /// As `Driver::of_row`.
    #[inline]
    pub fn of_row(&mut self, row: u64) -> Slot {
        let slot = match self.last {
            Some(slot) if (slot.start..slot.end).contains(&row) => slot,
            Some(slot) => self.near(row, slot.rank / BLOCK),
            None => self.driver.of_row(row),
        };
        self.last = Some(slot);
        slot
    }

    /// The slot of `row`, which may lie in `block`.
    fn near(&mut self, row: u64, block: u64) -> Slot {
        let is_cut = !self.ends.is_empty() && self.block == block;
        if !is_cut {
            let start = self.driver.first(block);
            if !(start..self.driver.first(block + 1)).contains(&row) {
                return self.driver.of_row(row);
            }
            (self.block, self.start) = (block, start);
            self.driver.split.ends(self.driver.tree(block, start), &mut self.ends);
        }
        let (Some(position), Some(total)) = (row.checked_sub(self.start), self.ends.last()) else {
            return self.driver.of_row(row);
        };
        if position >= *total {
            return self.driver.of_row(row);
        }
        let rank = self.ends.partition_point(|end| *end <= position);
        let before = if rank == 0 { 0 } else { self.ends[rank - 1] };
        Slot {
            rank: block * BLOCK + rank as u64,
            start: self.start + before,
            end: self.start + self.ends[rank],
        }
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
                    let mut cursor = Cursor::new(&driver);
                    for row in (0..rows).chain((0..rows).step_by(37)).chain((0..rows).rev()) {
                        assert_eq!(cursor.of_row(row), driver.of_row(row));
                    }
                    let longest =
                        (0..parents).map(|parent| driver.of_parent(parent)).map(|slot| slot.end - slot.start);
                    assert_eq!(driver.longest(), longest.max().unwrap_or(0));
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
        for (rows, minimum) in [(1 << 45, 1), (1 << 45, 0), (7000, 0), (1, 0)] {
            let driver = Driver::new(rows, 1 << 40, 1.0, minimum, 1 << 40, Key::new(0, &["huge"]));
            for row in (0..rows).step_by(1 << 44).chain(0..rows.min(7000)).chain([rows - 1]) {
                let slot = driver.of_row(row);
                assert!((slot.start..slot.end).contains(&row));
                assert_eq!(driver.of_parent(slot.rank), slot);
            }
        }
    }
}
