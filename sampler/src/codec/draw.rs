//! Random draws of one cell, and choices by weight.

use crate::permute::mix;
use crate::rng::Key;

/// The numbers of one cell, one after another: 32 bits each, four to a Philox block.
pub struct Draws {
    key: Key,
    address: u64,
    block: u64,
    words: [u32; 4],
    used: usize,
}

impl Draws {
    #[inline]
    pub fn new(key: Key, address: u64) -> Self {
        Self { key, address, block: 0, words: [0; 4], used: 4 }
    }

    #[inline]
    pub fn bits(&mut self) -> u32 {
        if self.used == 4 {
            self.words = self.key.words(self.address, self.block);
            self.block += 1;
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// Uniform in 0..n; 0 where n is 0. The bias is below n / 2^32.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.bits()) * n as u64) >> 32) as usize
    }

    /// Uniform in the open interval (0, 1), 32 bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (f64::from(self.bits()) + 0.5) * (1.0 / 4_294_967_296.0)
    }

    pub fn byte(&mut self) -> u8 {
        (self.bits() >> 24) as u8
    }
}

/// The address of the `item`-th thing inside the cell at `address`.
#[inline]
pub fn inner(address: u64, item: u64) -> u64 {
    mix(mix(address).wrapping_add(item.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// The rank of the `item`-th thing inside a cell of rank `rank`: the first has the cell's own, the others share it half
/// of the time, so each is uniform and the signal stays strongest in the first.
pub fn inner_rank(key: Key, address: u64, item: u64, rank: f64) -> f64 {
    if item == 0 {
        return rank;
    }
    let words = key.words(address, item);
    if words[0] & 1 == 0 { rank } else { (f64::from(words[1]) + 0.5) * (1.0 / 4_294_967_296.0) }
}

/// Steps of a cumulated function, found from a uniform number in O(1) on average: the guide table of Chen & Asau,
/// "On generating random variates from an empirical distribution", AIIE Transactions 6 (1974).
#[derive(Debug, Clone)]
pub struct Steps {
    ends: Vec<f64>,
    guide: Vec<u32>,
    last: usize,
}

impl Steps {
    /// Steps whose widths are `weights`; None where one is negative or not finite, or all are 0.
    pub fn from_weights(weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        let last = weights.iter().rposition(|weight| *weight > 0.0)?;
        if !total.is_finite() || weights.iter().any(|weight| *weight < 0.0) {
            return None;
        }
        let ends = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum / total)
        });
        Some(Self::from_ends(ends.collect(), last))
    }

    /// Steps that end at `ends`, in ascending order; `last` is the step of everything past the last end.
    pub fn from_ends(ends: Vec<f64>, last: usize) -> Self {
        let buckets = ends.len().next_power_of_two().min(1 << 16);
        let mut step = 0;
        let guide = (0..buckets).map(|bucket| {
            while step < last && ends[step] <= bucket as f64 / buckets as f64 {
                step += 1;
            }
            step as u32
        });
        Self { guide: guide.collect(), ends, last }
    }

    /// The step that `u` in [0, 1) falls in.
    #[inline]
    pub fn find(&self, u: f64) -> usize {
        let bucket = ((u * self.guide.len() as f64) as usize).min(self.guide.len() - 1);
        let mut step = self.guide[bucket] as usize;
        while step < self.last && self.ends[step] <= u {
            step += 1;
        }
        step
    }
}

/// `floor(u * n)`, held to 0..n.
#[inline]
pub fn slot(u: f64, n: usize) -> usize {
    ((u * n as f64) as usize).min(n.saturating_sub(1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_their_weights() {
        let steps = Steps::from_weights(&[0.0, 2.0, 0.0, 1.0, 1.0, 0.0]).unwrap();
        let found: Vec<usize> = [0.0, 0.49, 0.5, 0.74, 0.76, 0.999_999, 1.0].map(|u| steps.find(u)).to_vec();
        assert_eq!(found, [1, 1, 3, 3, 4, 4, 4]);
        assert!(Steps::from_weights(&[]).is_none());
        assert!(Steps::from_weights(&[0.0]).is_none());
        assert!(Steps::from_weights(&[1.0, -1.0]).is_none());
        assert!(Steps::from_weights(&[f64::NAN]).is_none());
    }

    #[test]
    fn steps_agree_with_a_plain_search() {
        let weights: Vec<f64> = (0..1000).map(|k| 1.0 / f64::from(k + 1)).collect();
        let steps = Steps::from_weights(&weights).unwrap();
        for k in 0..5000 {
            let u = f64::from(k) / 5000.0;
            assert_eq!(steps.find(u), steps.ends.partition_point(|end| *end <= u).min(999));
        }
    }

    #[test]
    fn draws_are_stable() {
        let mut draws = Draws::new(Key::new(7, &["t", "c"]), 3);
        let found: Vec<u32> = (0..5).map(|_| draws.bits()).collect();
        let again: Vec<u32> = {
            let mut draws = Draws::new(Key::new(7, &["t", "c"]), 3);
            (0..5).map(|_| draws.bits()).collect()
        };
        assert_eq!(found, again);
        assert!((0..1000).all(|_| draws.below(3) < 3));
        assert_eq!(draws.below(0), 0);
    }
}
