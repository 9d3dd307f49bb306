//! Random degrees without state: a tree of hashed splits.
//!
//! `total` children are shared out over `size` ranks by halving the ranks again and again. At each node the left half's
//! share is hashed from the node's address, so any rank's children, and any child's rank, are found in log2(size)
//! steps, without tables of cuts. The law of the shares is that of independent weights w = E^spread (E exponential)
//! at the ranks: exact between two ranks, matched in the logit's variance above.

use crate::permute::{GOLDEN, mix};
use libm::{exp, log, pow, sqrt, tgamma};

/// Ranks under one tree. Above it shares are exact, not drawn.
pub const BLOCK: u64 = 256;
/// Children enough that a rank's share of them is its weight.
const FINE: u64 = 1 << 40;
const LEVELS: usize = BLOCK.ilog2() as usize;

/// The children of one rank: positions `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub rank: u64,
    pub start: u64,
    pub end: u64,
}

/// What to look for: the rank that owns a position, or the positions of a rank.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    Position(u64),
    Rank(u64),
}

/// The block among 0..=`last` that holds `position`, its first position and that of the next. `first(block)` never falls, is
/// 0 for block 0, and above `position` for `last + 1`.
#[inline(always)]
pub fn block_of(position: u64, guess: u64, last: u64, first: impl Fn(u64) -> u64) -> (u64, u64, u64) {
    let (start, end) = (first(guess), first(guess + 1));
    if start <= position && position < end {
        return (guess, start, end);
    }
    // Where children are few most blocks are empty, and any number of them lies between: gallop, then halve.
    let (mut low, mut high, mut step) = (guess, guess + 1, 1);
    while low > 0 && first(low) > position {
        (low, high, step) = (low.saturating_sub(step), low, 2 * step);
    }
    while high <= last && first(high) <= position {
        (low, high, step) = (high, (high + step).min(last + 1), 2 * step);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if first(middle) <= position {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, first(low), first(low + 1))
}

/// A tree: `shape` keys the weights of its ranks, `rounding` the drawing of what doesn't divide.
#[derive(Debug, Clone, Copy)]
pub struct Tree {
    pub shape: u64,
    pub rounding: u32,
    /// At most `BLOCK`, at least 1.
    pub size: u64,
    pub total: u64,
    /// Every rank gets `minimum..=cap` children; `minimum * size <= total <= cap * size`.
    pub minimum: u64,
    pub cap: u64,
}

/// The distribution of a half's share, by level and quantile.
#[derive(Debug, Clone)]
pub struct Split {
    share: Box<[[f32; 256]; LEVELS]>,
}

impl Split {
    /// `spread` 0 shares evenly, 1 gives geometric-like degrees, 2 heavy tails.
    pub fn new(spread: f64) -> Self {
        let mut share = Box::new([[0.5; 256]; LEVELS]);
        for (level, row) in share.iter_mut().enumerate() {
            let scale = logit_scale(spread, f64::from(1 << level));
            for (quantile, entry) in row.iter_mut().enumerate() {
                let u = (quantile as f64 + 0.5) / 256.0;
                *entry = (1.0 / (1.0 + exp(-scale * log(u / (1.0 - u))))) as f32;
            }
        }
        Self { share }
    }

    /// The logarithm of the weight of `rank` < `size` in a tree of this shape, against the mean of its ranks.
    pub fn popularity(&self, shape: u64, size: u64, rank: u64) -> f32 {
        let tree = Tree { shape, rounding: 0, size, total: FINE, minimum: 0, cap: u64::MAX };
        let slot = self.find(tree, Target::Rank(rank), |rank| rank as f64);
        log((slot.end - slot.start).max(1) as f64 / FINE as f64 * size as f64) as f32
    }

    /// The slot of `target` in `tree`; a position at or past `total` gets the last rank. `mass(rank)` is the expected
    /// share of the ranks before `rank`, in any unit.
    #[inline]
    pub fn find(&self, tree: Tree, target: Target, mass: impl Fn(u64) -> f64) -> Slot {
        let mut node = Node { low: 0, size: tree.size, start: 0, total: tree.total, number: 1 };
        let (mut before, mut until) = (mass(0), mass(tree.size));
        while node.size > 1 {
            let middle = mass(node.low + node.size.div_ceil(2));
            let [left, right] = self.halve(tree, node, middle - before, until - middle);
            let goes_left = match target {
                Target::Position(position) => position < right.start,
                Target::Rank(rank) => rank < right.low,
            };
            if goes_left {
                (node, until) = (left, middle);
            } else {
                (node, before) = (right, middle);
            }
        }
        Slot { rank: node.low, start: node.start, end: node.start + node.total }
    }

    /// Where the slot of every rank of a tree of even masses ends, in order: far cheaper than to find them one by one.
    pub fn ends(&self, tree: Tree, ends: &mut Vec<u64>) {
        ends.clear();
        let mut nodes = vec![Node { low: 0, size: tree.size, start: 0, total: tree.total, number: 1 }];
        while let Some(node) = nodes.pop() {
            if node.size > 1 {
                let left = node.size.div_ceil(2);
                let [left, right] = self.halve(tree, node, left as f64, (node.size - left) as f64);
                nodes.push(right);
                nodes.push(left);
            } else {
                ends.push(node.start + node.total);
            }
        }
    }

    /// The halves of a node of two or more ranks, whose expected shares are as `a` to `b`.
    #[inline(always)]
    fn halve(&self, tree: Tree, node: Node, a: f64, b: f64) -> [Node; 2] {
        let left = node.size.div_ceil(2);
        let right = node.size - left;
        let bits = mix(tree.shape.wrapping_add(GOLDEN.wrapping_mul(node.number)));
        let x = f64::from(self.share[left.ilog2() as usize][(bits >> 56) as usize]);
        let x = if a == b { x } else { x * a / (x * a + (1.0 - x) * b) };
        let chance = f64::from(bits as u32 ^ tree.rounding) * (1.0 / 4_294_967_296.0);
        let spare = node.total - tree.minimum * node.size;
        let drawn = ((spare as f64 * x + chance) as u64).min(spare) + tree.minimum * left;
        let share = drawn
            .min(tree.cap.saturating_mul(left))
            .max(node.total.saturating_sub(tree.cap.saturating_mul(right)));
        let number = 2 * node.number;
        [
            Node { size: left, total: share, number, ..node },
            Node {
                low: node.low + left,
                size: right,
                start: node.start + share,
                total: node.total - share,
                number: number + 1,
            },
        ]
    }
}

/// Ranks `low..low + size` and their positions `start..start + total`.
#[derive(Debug, Clone, Copy)]
struct Node {
    low: u64,
    size: u64,
    start: u64,
    total: u64,
    /// The root is 1, the halves of n are 2n and 2n + 1.
    number: u64,
}

/// The scale of a logistic logit for a half of `ranks` ranks against another: matches the variance of
/// log(sum of weights), which is spread^2 pi^2 / 6 for one weight and tends to (variation of w)^2 / ranks.
fn logit_scale(spread: f64, ranks: f64) -> f64 {
    let single = spread * spread * std::f64::consts::PI * std::f64::consts::PI / 6.0;
    let gamma = tgamma(1.0 + spread);
    let variation = (tgamma(1.0 + 2.0 * spread) / (gamma * gamma) - 1.0).min(1e9);
    let variance = (variation / ranks + (single - variation) / (ranks * ranks)).min(single).max(0.0);
    sqrt(6.0 * variance) / std::f64::consts::PI
}

/// The cumulative share of the first x of the ranks, x^(1/skew), and its inverse: piecewise linear, eight pieces an
/// octave, so that neither needs a power.
#[derive(Debug, Clone)]
pub struct Curve {
    x: Vec<f64>,
    y: Vec<f64>,
    /// Of each piece: y over x, and x over y.
    slope: Vec<(f64, f64)>,
    /// The first piece that may hold a given 1/1024 of y.
    guide: Vec<u32>,
}

const OCTAVES: u32 = 48;
const MANTISSA: u32 = 49;
/// The first knot above 0, as the leading bits of the number.
const FIRST: u64 = (1023 - OCTAVES as u64) << 3;

impl Curve {
    /// 1 is uniform; above it the first ranks get more.
    pub fn new(skew: f64) -> Self {
        let knots = (FIRST..=1023 << 3).map(|bits| f64::from_bits(bits << MANTISSA));
        let x: Vec<f64> = std::iter::once(0.0).chain(knots).collect();
        let mut y: Vec<f64> = x.iter().map(|x| pow(*x, 1.0 / skew)).collect();
        for i in 1..y.len() {
            y[i] = y[i].max(y[i - 1]);
        }
        let slope = (1..y.len())
            .map(|i| (x[i] - x[i - 1], y[i] - y[i - 1]))
            .map(|(run, rise)| (rise / run, if rise > 0.0 { run / rise } else { 0.0 }))
            .collect();
        let guide = (0..1024)
            .map(|cell| {
                y.partition_point(|y| *y <= f64::from(cell) / 1024.0).clamp(1, y.len() - 1) as u32 - 1
            })
            .collect();
        Self { x, y, slope, guide }
    }

    /// The share of the first `x` in 0..=1 of the ranks; never decreasing.
    #[inline]
    pub fn share(&self, x: f64) -> f64 {
        if x >= 1.0 {
            return 1.0;
        }
        let leading = x.to_bits() >> MANTISSA;
        let i = if leading < FIRST { 0 } else { (leading - FIRST + 1) as usize };
        (self.y[i] + (x - self.x[i]) * self.slope[i].0).min(self.y[i + 1])
    }

    /// The part of the ranks that has the first `y` in 0..1 of the children.
    #[inline]
    pub fn ranks(&self, y: f64) -> f64 {
        let mut i = self.guide[((y * 1024.0) as usize).min(1023)] as usize;
        while i + 2 < self.y.len() && y >= self.y[i + 1] {
            i += 1;
        }
        self.x[i] + (y - self.y[i]) * self.slope[i].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(rank: u64) -> f64 {
        rank as f64
    }

    fn degrees(spread: f64, mean: u64) -> Vec<f64> {
        let split = Split::new(spread);
        (0..400)
            .flat_map(|seed| {
                let tree = Tree {
                    shape: mix(seed),
                    rounding: mix(seed + 9) as u32,
                    size: BLOCK,
                    total: mean * BLOCK,
                    minimum: 0,
                    cap: u64::MAX,
                };
                let split = &split;
                (0..BLOCK)
                    .map(move |rank| split.find(tree, Target::Rank(rank), even))
                    .map(|slot| (slot.end - slot.start) as f64)
            })
            .collect()
    }

    fn moments(values: &[f64]) -> (f64, f64) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / values.len() as f64)
    }

    #[test]
    fn positions_and_ranks_agree() {
        let split = Split::new(1.3);
        for size in [1, 2, 3, 7, 100, 255, 256] {
            for total in [0, 1, 2, size, 5 * size + 3] {
                let tree =
                    Tree { shape: size, rounding: total as u32, size, total, minimum: 0, cap: u64::MAX };
                let mut next = 0;
                for rank in 0..size {
                    let slot = split.find(tree, Target::Rank(rank), even);
                    assert_eq!((slot.rank, slot.start), (rank, next));
                    for position in slot.start..slot.end {
                        assert_eq!(split.find(tree, Target::Position(position), even), slot);
                    }
                    next = slot.end;
                }
                assert_eq!(next, total);
                let mut ends = Vec::new();
                split.ends(tree, &mut ends);
                let found = (0..size).map(|rank| split.find(tree, Target::Rank(rank), even).end);
                assert_eq!(ends, found.collect::<Vec<u64>>());
            }
        }
    }

    #[test]
    fn limits_hold() {
        let split = Split::new(2.0);
        for size in [1, 3, 17, 256] {
            for (minimum, cap) in [(0, 1), (1, 2), (2, 2), (1, 9)] {
                for total in [minimum * size, (minimum * size + cap * size) / 2, cap * size] {
                    for seed in 0..50 {
                        let tree =
                            Tree { shape: mix(seed), rounding: seed as u32, size, total, minimum, cap };
                        for rank in 0..size {
                            let slot = split.find(tree, Target::Rank(rank), even);
                            assert!((minimum..=cap).contains(&(slot.end - slot.start)), "{tree:?} {slot:?}");
                        }
                    }
                }
            }
        }
    }

    /// Exponential weights at mean m: variance m^2, and a little for the rounding.
    #[test]
    fn spread_shapes_the_degrees() {
        let (mean, variance) = moments(&degrees(1.0, 4));
        assert!((mean - 4.0).abs() < 0.01 && (variance - 16.0).abs() < 1.5, "{mean} {variance}");
        let (_, constant) = moments(&degrees(0.0, 4));
        assert!(constant < 0.3, "{constant}");
        let childless = degrees(2.0, 1).iter().filter(|d| **d == 0.0).count() as f64 / (400.0 * 256.0);
        assert!((0.5..0.68).contains(&childless), "{childless}");
    }

    #[test]
    fn curve_inverts_and_rises() {
        for (skew, error) in
            [(0.1, 0.05), (0.5, 0.004), (1.0, 1e-9), (1.5, 0.001), (3.0, 0.001), (20.0, 0.001)]
        {
            let curve = Curve::new(skew);
            let mut last = 0.0;
            for i in 0..=4000 {
                let x = f64::from(i) / 4000.0;
                let y = curve.share(x);
                assert!(y >= last && (y - x.powf(1.0 / skew)).abs() < error, "{skew} {x} {y}");
                last = y;
                if i < 4000 && y > 1e-9 {
                    assert!((curve.ranks(y) - x).abs() < 1e-6 || skew < 0.5, "{skew} {x}");
                }
            }
        }
    }
}
