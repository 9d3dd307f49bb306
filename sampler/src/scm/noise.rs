//! Numbers hashed per row: normal noise, and Beta noise through a tabulated quantile function.

use super::math;
use super::wide::wide;
use crate::rng::Key;
use std::sync::LazyLock;

/// One word per row at `lane`: four neighbouring rows share a block of Philox.
#[inline]
fn words(key: Key, lane: u64, rows: &[u64], mut put: impl FnMut(usize, u32)) {
    let (mut held, mut block) = (u64::MAX, [0; 4]);
    for (r, &row) in rows.iter().enumerate() {
        if row >> 2 != held {
            held = row >> 2;
            block = key.words(held, lane);
        }
        put(r, block[(row & 3) as usize]);
    }
}

/// A standard normal number for each row, into the first entries of `out`.
pub fn normals(key: Key, rows: &[u64], out: &mut [f32]) {
    words(key, 0, rows, |r, word| out[r] = f32::from_bits(word));
    bend(&mut out[..rows.len()]);
}

wide!(fn bend(xs: &mut [f32]) = bend_any);

/// From bits to normal numbers, in place.
#[inline(always)]
fn bend_any(xs: &mut [f32]) {
    xs.iter_mut().for_each(|x| *x = math::normal(x.to_bits()));
}

/// A uniform number in (0, 1) for each row, into the first entries of `out`.
pub fn uniforms(key: Key, rows: &[u64], out: &mut [f32]) {
    words(key, 0, rows, |r, word| out[r] = math::unit(word));
}

const CELLS: usize = 256;
const STEP: f64 = std::f64::consts::FRAC_PI_2 / (4 * CELLS) as f64;

/// The quantile function of Beta(a, b), a and b at least 1/2, at evenly spaced ranks, linear between.
#[derive(Debug)]
pub struct Beta {
    quantiles: Vec<f32>,
}

impl Beta {
    /// With x = sin^2 t the density in t is 2 sin^(2a-1) t cos^(2b-1) t, which is bounded: midpoint sums are exact enough.
    pub fn new(a: f64, b: f64) -> Self {
        Self::of(|i| {
            let t = (i as f64 + 0.5) * STEP;
            libm::pow(libm::sin(t), 2.0 * a - 1.0) * libm::pow(libm::cos(t), 2.0 * b - 1.0)
        })
    }

    /// The same from logarithms that are kept, for the noise of many nodes: one exponential for each point.
    pub fn quick(a: f64, b: f64) -> Self {
        static LOGS: LazyLock<Vec<[f64; 2]>> = LazyLock::new(|| {
            let log = |i: usize| {
                let t = (i as f64 + 0.5) * STEP;
                [libm::log(libm::sin(t)), libm::log(libm::cos(t))]
            };
            (0..4 * CELLS).map(log).collect()
        });
        let (a, b) = (2.0 * a - 1.0, 2.0 * b - 1.0);
        Self::of(|i| f64::from(math::exp((a * LOGS[i][0] + b * LOGS[i][1]) as f32)))
    }

    fn of(density: impl Fn(usize) -> f64) -> Self {
        let step = STEP;
        let mut cumulated = vec![0.0];
        let mut total = 0.0;
        for i in 0..4 * CELLS {
            total += density(i);
            cumulated.push(total);
        }
        let mut i = 0;
        let quantile = |cell: usize| {
            let target = total * cell as f64 / CELLS as f64;
            while i + 2 < cumulated.len() && cumulated[i + 1] < target {
                i += 1;
            }
            let within = (target - cumulated[i]) / (cumulated[i + 1] - cumulated[i]).max(f64::MIN_POSITIVE);
            let s = libm::sin((i as f64 + within.clamp(0.0, 1.0)) * step);
            (s * s) as f32
        };
        Self { quantiles: (0..=CELLS).map(quantile).collect() }
    }

    /// The quantile of a rank in (0, 1).
    #[inline(always)]
    pub fn quantile(&self, rank: f32) -> f32 {
        let place = rank * CELLS as f32;
        let cell = (place as usize).min(CELLS - 1);
        let (low, high) = (self.quantiles[cell], self.quantiles[cell + 1]);
        low + (place - cell as f32) * (high - low)
    }

    /// Adds to each of `width` entries (entry-major) its own draw over `width`: the quantile at the middle of one of 256
    /// ranks, so that a draw takes 8 bits.
    pub fn add_noise(&self, key: Key, rows: &[u64], width: usize, stride: usize, out: &mut [f32]) {
        let share = 0.5 / width as f32;
        let draws: [f32; CELLS] =
            std::array::from_fn(|k| share * (self.quantiles[k] + self.quantiles[k + 1]));
        scatter(key, rows, (width, stride), &draws, out);
    }
}

wide!(fn scatter(key: Key, rows: &[u64], shape: (usize, usize), draws: &[f32; CELLS], out: &mut [f32]) = scatter_any);

/// Adds to each of the entries (`shape`: how many, and the stride) one of the draws.
#[inline(always)]
fn scatter_any(key: Key, rows: &[u64], shape: (usize, usize), draws: &[f32; CELLS], out: &mut [f32]) {
    const MANY: usize = 8;
    let (width, stride) = shape;
    for (group, rows) in rows.chunks(MANY).enumerate() {
        let near = std::array::from_fn(|k| rows[k.min(rows.len() - 1)]);
        for lane in 0..width.div_ceil(16) {
            let block = key.many::<MANY>(near, [lane as u64; MANY]);
            for entry in lane * 16..(lane * 16 + 16).min(width) {
                let words = &block[(entry & 15) >> 2];
                let out = &mut out[entry * stride + group * MANY..][..rows.len()];
                for (out, word) in out.iter_mut().zip(words) {
                    *out += draws[usize::from(word.to_le_bytes()[entry & 3])];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_row_alone_is_the_same() {
        let key = Key::new(5, &["noise"]);
        let rows: Vec<u64> = (3..40).chain([7, 1_000_000]).collect();
        let mut all = vec![0.0; rows.len()];
        normals(key, &rows, &mut all);
        for (row, x) in rows.iter().zip(&all) {
            let mut alone = [0.0];
            normals(key, &[*row], &mut alone);
            assert_eq!(alone[0], *x);
        }
    }

    #[test]
    fn normals_are_normal() {
        let rows: Vec<u64> = (0..40_000).collect();
        let mut xs = vec![0.0; rows.len()];
        normals(Key::new(6, &["n"]), &rows, &mut xs);
        let moment = |k: i32| xs.iter().map(|x| f64::from(*x).powi(k)).sum::<f64>() / xs.len() as f64;
        assert!(moment(1).abs() < 0.02 && (moment(2) - 1.0).abs() < 0.03 && (moment(4) - 3.0).abs() < 0.2);
    }

    /// Means over 100 streams scatter as they should: streams and their neighbours are independent.
    #[test]
    fn streams_are_independent() {
        let rows: Vec<u64> = (0..1000).collect();
        let square = |stream: u64| {
            let mut xs = vec![0.0; rows.len()];
            normals(Key::new(6, &["streams"]).at(stream), &rows, &mut xs);
            f64::from(xs.iter().sum::<f32>()).powi(2) / 1000.0
        };
        let mean = (0..100).map(square).sum::<f64>() / 100.0;
        assert!((0.6..1.5).contains(&mean), "{mean}");
    }

    #[test]
    fn beta_quantiles() {
        let laws = [(0.5, 0.5), (1.0, 1.0), (2.0, 5.0), (5.0, 0.7)];
        let betas = laws.iter().flat_map(|&(a, b)| [(a, b, Beta::new(a, b)), (a, b, Beta::quick(a, b))]);
        for (a, b, beta) in betas {
            let xs: Vec<f64> =
                (0..2000).map(|i| f64::from(beta.quantile((i as f32 + 0.5) / 2000.0))).collect();
            let mean = xs.iter().sum::<f64>() / 2000.0;
            let variance = xs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 2000.0;
            assert!((mean - a / (a + b)).abs() < 1e-3, "{a} {b} {mean}");
            assert!(
                (variance - a * b / ((a + b) * (a + b) * (a + b + 1.0))).abs() < 1e-3,
                "{a} {b} {variance}"
            );
        }
        assert!((Beta::new(0.5, 0.5).quantile(0.25) - 0.146_446_6).abs() < 1e-4);
    }
}
