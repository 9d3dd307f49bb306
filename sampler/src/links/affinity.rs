//! Affinity: any child row may meet any parent that exists by then.
//!
//! Child rows are cut into epochs, and an epoch's parents are the prefix of those that exist when it starts. Inside an
//! epoch the rows are permuted; the permuted range is cut into a piece for recent parents and one for each pair of child
//! and parent communities (a hierarchical block model); a piece's positions are laid monotonously over its parents'
//! ranks. Monotone pieces invert to intervals and the permutation inverts, so the children of a parent are enumerated
//! exactly, in O(epochs * child communities + answer).
//!
//! Parent communities are residue classes of the parent's row, so that a parent keeps its community, and its hashed
//! popularity, as the prefix grows.

use super::Run;
use super::driver::scale;
use super::split::{BLOCK, Curve, Slot, Split, Target, Tree, block_of};
use crate::permute::{GOLDEN, Perm, mix};
use crate::plan::{Level, Roots};
use crate::rng::Key;
use crate::world::NONE;

/// Recent parents are the last eighth of the eligible prefix.
const RECENT: u64 = 8;
/// Blocks of ranks from here on take the curve as straight inside.
const STRAIGHT: u64 = 4;

/// Child rows `start..end` may meet parents `0..eligible`; with none eligible they are roots.
#[derive(Debug)]
pub struct Epoch {
    pub start: u64,
    pub end: u64,
    pub eligible: u64,
    order: Perm,
    /// Positions below it go to recent parents.
    recent: u64,
    /// Where the pieces of the others start: parent communities inside child communities; one more for the end.
    starts: Box<[u64]>,
}

/// The numbers that shape the law (see `plan::Law::Affinity`).
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    pub skew: f64,
    pub recency: f64,
    pub spread: f64,
    pub levels: &'a [Level],
    pub roots: Roots,
}

#[derive(Debug)]
pub struct Affinity {
    key: Key,
    epochs: Vec<Epoch>,
    /// The residues of the parent communities, in the order of their pieces.
    residues: Vec<u64>,
    roots: Roots,
    curve: Curve,
    split: Split,
    /// Rank to parent row, where parents have no order of their own.
    shuffle: Option<Perm>,
}

/// Positions `start..start + total` of an epoch, laid over the ranks of `size` parents; `shape` and `rounding` as in `Tree`.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: u64,
    total: u64,
    size: u64,
    shape: u64,
    rounding: u32,
}

impl Affinity {
    /// `spans` are the epochs: (first row, parents eligible), the first at row 0. With `shuffled` ranks are not rows.
    pub fn new(key: Key, rows: u64, spans: &[(u64, u64)], shape: Shape<'_>, shuffled: Option<u64>) -> Self {
        let ends = spans.iter().skip(1).map(|(start, _)| *start).chain([rows]);
        let order = key.child("order");
        let epochs = spans.iter().zip(ends).zip(0..).map(|((&(start, eligible), end), index)| {
            let recent = ((end - start) as f64 * shape.recency) as u64;
            let starts = pieces(shape.levels, (recent, end - start - recent), eligible);
            Epoch { start, end, eligible, order: Perm::new(end - start, order.at(index)), recent, starts }
        });
        Self {
            key,
            epochs: epochs.collect(),
            residues: residues(shape.levels),
            roots: shape.roots,
            curve: Curve::new(shape.skew),
            split: Split::new(shape.spread),
            shuffle: shuffled.map(|parents| Perm::new(parents, key.child("shuffle"))),
        }
    }

    /// The epoch of `row`.
    #[inline]
    pub fn epoch(&self, row: u64) -> &Epoch {
        &self.epochs[self.epochs.partition_point(|epoch| epoch.start <= row).max(1) - 1]
    }

    /// The parent of `row` < rows; `NONE` for a root that refers to nothing.
    pub fn of_row(&self, row: u64) -> u64 {
        let epoch = self.epoch(row);
        if epoch.eligible == 0 {
            return self.root(epoch, row);
        }
        let position = epoch.order.forward(row - epoch.start);
        if position < epoch.recent {
            let slot = self.find(self.recent(epoch), Target::Position(position));
            return self.parent(epoch.eligible - 1 - slot.rank);
        }
        let index = epoch.starts.partition_point(|start| *start <= position) - 1;
        let slot = self.find(self.piece(epoch, index), Target::Position(position));
        self.parent(self.residues[index % self.residues.len()] + self.residues.len() as u64 * slot.rank)
    }

    /// The rows of all children of `parent`, ascending.
    pub fn children(&self, parent: u64) -> Vec<u64> {
        let mut rows = Vec::new();
        self.visit(parent, u64::MAX, |epoch, slot| {
            rows.extend((slot.start..slot.end).map(|position| epoch.start + epoch.order.inverse(position)));
        });
        rows.sort_unstable();
        rows
    }

    /// The permuted positions of all children of `parent`, in the epochs that begin before a row.
    pub fn runs(&self, parent: u64, before: u64) -> Vec<Run> {
        let mut runs = Vec::new();
        self.visit(parent, before, |epoch, Slot { start, end, .. }| {
            if start < end {
                runs.push(Run { first: epoch.start, order: Some(epoch.order), start, count: end - start });
            }
        });
        runs
    }

    /// Where the epoch ends that holds the row before this one.
    pub fn epoch_end(&self, before: u64) -> u64 {
        before.checked_sub(1).map_or(0, |last| self.epoch(last).end)
    }

    /// All rows in the order of `runs`.
    pub fn order(&self) -> impl Iterator<Item = u64> {
        self.epochs.iter().flat_map(|epoch| {
            (0..epoch.end - epoch.start).map(|position| epoch.start + epoch.order.inverse(position))
        })
    }

    /// Calls `found` with the permuted positions of `parent`'s children, piece by piece, in the epochs that begin before a
    /// row.
    fn visit(&self, parent: u64, before: u64, mut found: impl FnMut(&Epoch, Slot)) {
        if self.shuffle.is_some_and(|perm| parent >= perm.len()) {
            return; // left out for the sake of a pair
        }
        let rank = self.shuffle.map_or(parent, |perm| perm.inverse(parent));
        let epochs = &self.epochs[..self.epochs.partition_point(|epoch| epoch.start < before)];
        let roots = epochs.iter().filter(|epoch| epoch.eligible == 0);
        for epoch in roots.filter(|epoch| (epoch.start..epoch.end).contains(&parent)) {
            let root = match self.roots {
                Roots::Null => continue,
                Roots::Itself => parent,
                Roots::Ring if parent == epoch.start => epoch.end - 1,
                Roots::Ring => parent - 1,
            };
            let position = epoch.order.forward(root - epoch.start);
            found(epoch, Slot { rank, start: position, end: position + 1 });
        }
        let communities = self.residues.len();
        let residue = rank % communities as u64;
        let first = self.residues.iter().position(|of_piece| *of_piece == residue).unwrap_or(0);
        for epoch in epochs.iter().filter(|epoch| epoch.eligible > rank) {
            let recent = self.recent(epoch);
            if epoch.eligible - 1 - rank < recent.size {
                found(epoch, self.find(recent, Target::Rank(epoch.eligible - 1 - rank)));
            }
            for index in (first..epoch.starts.len() - 1).step_by(communities) {
                if epoch.starts[index] < epoch.starts[index + 1] {
                    found(
                        epoch,
                        self.find(self.piece(epoch, index), Target::Rank(rank / communities as u64)),
                    );
                }
            }
        }
    }

    /// The number of children of `parent`.
    pub fn count(&self, parent: u64) -> u64 {
        let mut count = 0;
        self.visit(parent, u64::MAX, |_, slot| count += slot.end - slot.start);
        count
    }

    /// See `Keys::popularity`: weights are the same in all epochs, but for the last block of those where it is not full yet.
    pub fn popularity(&self, parent: u64) -> f32 {
        let rank = self
            .shuffle
            .map_or(parent, |perm| if parent < perm.len() { perm.inverse(parent) } else { parent });
        let Some(last) = self.epochs.last().filter(|epoch| rank < epoch.eligible) else {
            return 0.0; // nobody refers to it
        };
        let communities = self.residues.len() as u64;
        let Some(index) = self.residues.iter().position(|residue| *residue == rank % communities) else {
            return 0.0;
        };
        let (piece, rank) = (self.piece(last, index), rank / communities);
        let block = rank / BLOCK;
        self.split.popularity(
            block_shape(piece.shape, block),
            BLOCK.min(piece.size - block * BLOCK),
            rank % BLOCK,
        )
    }

    /// What rows of a table to itself refer to that have no earlier one.
    pub fn roots(&self) -> Roots {
        self.roots
    }

    fn root(&self, epoch: &Epoch, row: u64) -> u64 {
        match self.roots {
            Roots::Null => NONE,
            Roots::Itself => row,
            Roots::Ring if row + 1 == epoch.end => epoch.start,
            Roots::Ring => row + 1,
        }
    }

    #[inline]
    fn parent(&self, rank: u64) -> u64 {
        self.shuffle.map_or(rank, |perm| perm.forward(rank))
    }

    /// The share of an epoch that goes to its most recent parents: ranks count back from the last.
    #[inline]
    fn recent(&self, epoch: &Epoch) -> Piece {
        Piece {
            start: 0,
            total: epoch.recent,
            size: epoch.eligible.div_ceil(RECENT),
            shape: mix(self.key.0 ^ epoch.start),
            rounding: 0,
        }
    }

    #[inline]
    fn piece(&self, epoch: &Epoch, index: usize) -> Piece {
        let start = epoch.starts[index];
        let communities = self.residues.len();
        let residue = self.residues[index % communities];
        Piece {
            start,
            total: epoch.starts[index + 1] - start,
            size: (epoch.eligible - residue).div_ceil(communities as u64),
            // The weights of a community's parents stay over the epochs, what is rounded does not.
            shape: mix(self.key.0.wrapping_add(GOLDEN.wrapping_mul(residue + 1))),
            rounding: mix(epoch.start + start) as u32,
        }
    }

    /// The slot of a position (counted in the epoch) or of a rank; `Slot::start` and `end` count in the epoch.
    #[inline]
    fn find(&self, piece: Piece, target: Target) -> Slot {
        let (total, size) = (piece.total as f64, piece.size as f64);
        let unit = 1.0 / size;
        let share = |rank: u64| self.curve.share(rank as f64 * unit);
        let last = (piece.size - 1) / BLOCK;
        let first =
            |block: u64| if block > last { piece.total } else { (total * share(block * BLOCK)) as u64 };
        let (block, start, end, target) = match target {
            Target::Rank(rank) => {
                let block = rank / BLOCK;
                (block, first(block), first(block + 1), Target::Rank(rank % BLOCK))
            }
            Target::Position(position) => {
                let position = position - piece.start;
                let guess = self.curve.ranks((position as f64 + 0.5) / total) * size;
                let guess = (guess as u64 / BLOCK).min(last);
                let (block, start, end) = block_of(position, guess, last, first);
                (block, start, end, Target::Position(position - start))
            }
        };
        let low = block * BLOCK;
        let tree = Tree {
            shape: block_shape(piece.shape, block),
            rounding: piece.rounding,
            size: BLOCK.min(piece.size - low),
            total: end - start,
            minimum: 0,
            cap: u64::MAX,
        };
        // Far out the curve is as good as straight inside a block.
        let slot = if block >= STRAIGHT {
            self.split.find(tree, target, |rank| rank as f64)
        } else {
            self.split.find(tree, target, |rank| share(low + rank))
        };
        let start = piece.start + start;
        Slot { rank: low + slot.rank, start: start + slot.start, end: start + slot.end }
    }
}

/// The shape of the tree of one block of a piece.
#[inline(always)]
fn block_shape(piece: u64, block: u64) -> u64 {
    mix(piece.wrapping_add(GOLDEN.wrapping_mul(block)))
}

/// The residue of each leaf community of parents, modulo their number: the first level is the least digit.
fn residues(levels: &[Level]) -> Vec<u64> {
    let (mut residues, mut stride) = (vec![0], 1);
    for level in levels {
        residues = residues.iter().flat_map(|low| (0..level.parent).map(move |d| low + stride * d)).collect();
        stride *= level.parent;
    }
    residues
}

/// Where the pieces of a range (start, length) start, one for each pair of leaf communities, and where the last ends.
fn pieces(levels: &[Level], whole: (u64, u64), eligible: u64) -> Box<[u64]> {
    // Child communities: their ranges, and the community at each level.
    let mut children = vec![(whole, Vec::new())];
    for level in levels {
        children = children
            .into_iter()
            .flat_map(|(range, path)| {
                (0..level.child).map(move |c| (cut(range, c, level.child), [path.as_slice(), &[c]].concat()))
            })
            .collect();
    }
    let mut starts = Vec::new();
    for (range, path) in children {
        // Parent communities: their ranges and their residue so far.
        let (mut parents, mut stride) = (vec![(range, 0)], 1);
        for (level, community) in levels.iter().zip(path) {
            parents = parents
                .into_iter()
                .flat_map(|(range, residue): ((u64, u64), u64)| {
                    let blocks =
                        Blocks::new(*level, community, eligible.saturating_sub(residue).div_ceil(stride));
                    (0..level.parent).map(move |d| (blocks.piece(range, d), residue + stride * d))
                })
                .collect();
            stride *= level.parent;
        }
        starts.extend(parents.into_iter().map(|((start, _), _)| start));
    }
    starts.push(whole.0 + whole.1);
    starts.into_boxed_slice()
}

/// Part `index` of `count` equal parts of a range (start, length).
#[inline]
fn cut((start, total): (u64, u64), index: u64, count: u64) -> (u64, u64) {
    let (from, to) = (scale(total, index, count), scale(total, index + 1, count));
    (start + from, to - from)
}

/// How one child community spreads over the parent communities of a level.
#[derive(Debug, Clone, Copy)]
struct Blocks {
    /// Parent communities that have a parent yet, at least 1.
    count: u64,
    /// The one on the wrapped diagonal, what it has above the others, and what each of the others has.
    favourite: u64,
    extra: f64,
    other: f64,
}

impl Blocks {
    /// `existing`: how many communities have a parent yet, if there were no end to them.
    fn new(level: Level, community: u64, existing: u64) -> Self {
        let count = level.parent.min(existing).max(1);
        let other = if count > 1 { (1.0 - level.focus) / (count - 1) as f64 } else { 1.0 };
        Self { count, favourite: community % count, extra: level.focus - other, other }
    }

    /// Positions of `total` before community `index`.
    fn before(&self, index: u64, total: u64) -> u64 {
        if index >= self.count {
            return total;
        }
        let favoured = if index > self.favourite { self.extra } else { 0.0 };
        ((total as f64 * (self.other * index as f64 + favoured).max(0.0)) as u64).min(total)
    }

    /// The part of a range that goes to community `index`.
    fn piece(&self, (start, total): (u64, u64), index: u64) -> (u64, u64) {
        let (from, to) = (self.before(index, total), self.before(index + 1, total));
        (start + from, to.saturating_sub(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn focus_ties_communities() {
        let levels = [Level { child: 4, parent: 4, focus: 0.9 }];
        let shape = Shape { skew: 1.0, recency: 0.0, spread: 1.0, levels: &levels, roots: Roots::Null };
        let law = Affinity::new(Key::new(4, &["affinity"]), 40_000, &[(0, 400)], shape, None);
        let on_diagonal = (0..40_000)
            .filter(|row| law.epochs[0].order.forward(*row) / 10_000 == law.of_row(*row) % 4)
            .count();
        assert!((35_990..=36_010).contains(&on_diagonal), "{on_diagonal}");
    }

    #[test]
    fn recency_and_skew_choose_their_ends() {
        let share = |recency, skew, test: fn(u64) -> bool| {
            let shape = Shape { skew, recency, spread: 1.0, levels: &[], roots: Roots::Null };
            let law = Affinity::new(Key::new(4, &["affinity"]), 20_000, &[(0, 800)], shape, None);
            (0..20_000).filter(|row| test(law.of_row(*row))).count() as f64 / 20_000.0
        };
        assert!((share(0.0, 1.0, |parent| parent >= 700) - 0.125).abs() < 0.02);
        assert!((share(0.5, 1.0, |parent| parent >= 700) - 0.5625).abs() < 0.02);
        // The first of 100 ranks have (1/100)^(1/3) of the children.
        assert!((share(0.0, 3.0, |parent| parent < 8) - 0.215).abs() < 0.06);
    }

    /// Weights belong to a parent, not to an epoch: who is popular stays so.
    #[test]
    fn popularity_stays_over_epochs() {
        let shape = Shape { skew: 1.0, recency: 0.0, spread: 1.5, levels: &[], roots: Roots::Null };
        let law = Affinity::new(Key::new(4, &["affinity"]), 20_000, &[(0, 256), (10_000, 256)], shape, None);
        let degrees = |rows: std::ops::Range<u64>| {
            let mut degrees = vec![0_f64; 256];
            rows.for_each(|row| degrees[law.of_row(row) as usize] += 1.0);
            degrees
        };
        let (early, late) = (degrees(0..10_000), degrees(10_000..20_000));
        assert!(early.iter().zip(&late).all(|(a, b)| (a - b).abs() <= 9.0));
        assert_ne!(early, late);
    }
}
