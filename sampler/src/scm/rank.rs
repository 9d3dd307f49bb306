//! From latent to calibrated rank: the pilot's distribution function, with a tail beyond it.

use super::spec::short;
use serde::{Deserialize, Serialize};

/// Ranks stay this far inside (0, 1).
const EDGE: f64 = 1e-12;
/// Samples up to this size are kept whole: every value is an atom.
const WHOLE: usize = 128;
const CELLS: usize = 64;
const TAILS: [f64; 5] = [0.0, 0.0005, 0.001, 0.002, 0.005];

/// A distribution function: just below `x[k]` it is `low[k]`, at `x[k]` it is `high[k]`; linear between. Where
/// `low < high` stands an atom, inside which ranks are spread.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cdf {
    pub x: Vec<f64>,
    /// Left out where there is no atom: the same as `high`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

impl Cdf {
    /// The distribution of `sample`; an empty one gives no knots.
    pub fn fit(sample: &[f32]) -> Self {
        let mut sorted = sample.to_vec();
        sorted.sort_by(f32::total_cmp);
        let n = sorted.len();
        let mut picks: Vec<usize> = if n <= WHOLE {
            (0..n).collect()
        } else {
            let tails = TAILS.iter().flat_map(|&u| [u, 1.0 - u]);
            let body = (1..CELLS).map(|k| k as f64 / CELLS as f64);
            tails.chain(body).map(|u| (u * (n - 1) as f64).round() as usize).collect()
        };
        picks.sort_unstable();
        let least = if n <= WHOLE { 1 } else { (n / 256).max(2) };
        let mut cdf = Self::default();
        let mut last = None;
        for value in picks.into_iter().map(|i| sorted[i]) {
            if last == Some(value) {
                continue;
            }
            last = Some(value);
            let (start, end) =
                (sorted.partition_point(|&s| s < value), sorted.partition_point(|&s| s <= value));
            let middle = (start + end) as f64 * 0.5;
            let atom = end - start >= least;
            let (low, high) = if atom { (start as f64, end as f64) } else { (middle, middle) };
            cdf.x.push(short(value));
            cdf.low.push(round6(low / n as f64));
            cdf.high.push(round6(high / n as f64));
        }
        if cdf.low == cdf.high {
            cdf.low.clear();
        }
        cdf
    }
}

/// A `Cdf` ready to run. Knots with as many entries in each list; ranks rise.
#[derive(Debug)]
pub struct Ladder {
    x: Vec<f32>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Ladder {
    /// None unless the lists are of one length, ascending and within 0..=1.
    pub fn new(cdf: &Cdf) -> Option<Self> {
        let x: Vec<f32> = cdf.x.iter().map(|&x| x as f32).collect();
        let low = if cdf.low.is_empty() { &cdf.high } else { &cdf.low };
        let steps = low.iter().zip(&cdf.high).flat_map(|(&low, &high)| [low, high]);
        let sound = x.len() == low.len()
            && x.len() == cdf.high.len()
            && x.iter().all(|x| x.is_finite())
            && x.is_sorted_by(|a, b| a < b)
            && steps.clone().all(|u| (0.0..=1.0).contains(&u))
            && steps.is_sorted();
        sound.then(|| Self { x, low: low.clone(), high: cdf.high.clone() })
    }

    /// The rank of `x`, strictly inside (0, 1); `within` gives a uniform number for the place inside an atom.
    #[inline]
    pub fn rank(&self, x: f32, within: impl FnOnce() -> f64) -> f64 {
        let last = self.x.len().wrapping_sub(1);
        let above = self.x.partition_point(|&knot| knot <= x);
        let rank = if self.x.is_empty() {
            within()
        } else if above > 0 && self.x[above - 1] == x {
            let (low, high) = (self.low[above - 1], self.high[above - 1]);
            if low < high { low + (high - low) * within() } else { low }
        } else if above == 0 {
            tail(self.low[0], self.slope(0), f64::from(self.x[0]) - f64::from(x))
        } else if above > last {
            1.0 - tail(
                1.0 - self.high[last],
                self.slope(last.saturating_sub(1)),
                f64::from(x) - f64::from(self.x[last]),
            )
        } else {
            let (a, b) = (f64::from(self.x[above - 1]), f64::from(self.x[above]));
            let (low, high) = (self.high[above - 1], self.low[above]);
            low + (high - low) * ((f64::from(x) - a) / (b - a))
        };
        rank.clamp(EDGE, 1.0 - EDGE)
    }

    /// The density between knots k and k + 1.
    fn slope(&self, k: usize) -> f64 {
        match (self.x.get(k + 1), self.low.get(k + 1)) {
            (Some(&x), Some(low)) => (low - self.high[k]) / (f64::from(x) - f64::from(self.x[k])),
            _ => 0.0,
        }
    }
}

/// Six decimals: a plan stays small, and its pilot knows no more.
fn round6(u: f64) -> f64 {
    (u * 1e6).round() / 1e6
}

/// `mass` beyond the last knot, thinning out exponentially with the density that stands there.
fn tail(mass: f64, density: f64, distance: f64) -> f64 {
    if mass > 0.0 { mass * libm::exp(-distance * density / mass) } else { 0.0 }
}

/// The cumulated shares of categories, from counts; none is empty, so that every category has ranks of its own.
pub fn shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>() as f64 + 0.5 * counts.len() as f64;
    counts.iter().map(|&count| (count as f64 + 0.5) / total).collect()
}

/// A rank inside category `k`'s part of (0, 1).
pub fn categorical(shares: &[f64], k: usize, within: f64) -> f64 {
    let before: f64 = shares.iter().take(k).sum();
    let share = shares.get(k).copied().unwrap_or(0.0);
    (before + share * within).clamp(EDGE, 1.0 - EDGE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use crate::scm::noise::normals;

    fn sample(n: u64) -> Vec<f32> {
        let mut xs = vec![0.0; n as usize];
        normals(Key::new(1, &["rank"]), &(0..n).collect::<Vec<_>>(), &mut xs);
        xs
    }

    #[test]
    fn ranks_rise_and_stay_inside() {
        for n in [0, 1, 2, 100, 129, 4096] {
            let ladder = Ladder::new(&Cdf::fit(&sample(n))).unwrap();
            let ranks: Vec<f64> = (-4000..4000).map(|i| ladder.rank(i as f32 * 0.01, || 0.5)).collect();
            assert!(ranks.is_sorted(), "{n}");
            assert!(ranks.iter().all(|&u| u > 0.0 && u < 1.0), "{n}");
        }
    }

    #[test]
    fn ranks_are_uniform_with_atoms() {
        let xs: Vec<f32> = sample(4096).into_iter().map(|x| if x > 0.5 { 0.5 } else { x }).collect();
        let ladder = Ladder::new(&Cdf::fit(&xs)).unwrap();
        let key = Key::new(1, &["within"]);
        let mut ranks: Vec<f64> =
            xs.iter().enumerate().map(|(i, &x)| ladder.rank(x, || key.uniform(i as u64, 0))).collect();
        ranks.sort_by(f64::total_cmp);
        let gap = ranks.iter().enumerate().map(|(i, u)| (u - i as f64 / 4096.0).abs()).fold(0.0, f64::max);
        assert!(gap < 0.02, "{gap}");
    }

    #[test]
    fn bad_knots_are_refused() {
        let knots =
            |x: &[f64], low: &[f64]| Ladder::new(&Cdf { x: x.into(), low: low.into(), high: low.into() });
        assert!(knots(&[0.0, 1.0], &[0.1, 0.9]).is_some());
        assert!(knots(&[1.0, 0.0], &[0.1, 0.9]).is_none());
        assert!(knots(&[0.0, 1.0], &[0.9, 0.1]).is_none());
        assert!(knots(&[0.0], &[0.1, 0.9]).is_none());
        assert!(knots(&[f64::NAN], &[0.1]).is_none());
    }

    #[test]
    fn categories_are_recovered() {
        let shares = shares(&[0, 30, 70]);
        let edges = [shares[0], shares[0] + shares[1]];
        for k in 0..3 {
            for within in [1e-9, 0.5, 1.0 - 1e-9] {
                let u = categorical(&shares, k, within);
                assert_eq!(edges.iter().filter(|&&edge| edge < u).count(), k);
            }
        }
    }
}
