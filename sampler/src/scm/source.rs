//! Exogenous nodes: time series, and independent draws from simple laws.

use super::draws::{Draws, round4};
use super::math;
use super::noise::{self, Beta};
use crate::plan::Micros;
use crate::rng::Key;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    Uniform {
        low: f64,
        high: f64,
    },
    Gaussian {
        mean: f64,
        std: f64,
    },
    Beta {
        a: f64,
        b: f64,
    },
    /// Normal parts: weight, mean, deviation.
    Mixture {
        parts: Vec<[f64; 3]>,
    },
    Series {
        series: Series,
    },
    /// A category drawn from the softmax of one series per category.
    Softmax {
        series: Vec<Series>,
    },
    /// A category drawn from Dirichlet(1) probabilities of the row's own. Over the Dirichlet law every category is as
    /// likely as any other, independently of other rows: it is a uniform category.
    Dirichlet {},
}

/// `scale` * (trend + cycle + regime + AR(1)) over the clock x in 0..1.
///
/// The AR(1) part is the stationary process as a moving average of hashed innovations over row numbers, cut where
/// rho^k < 1e-3: any row costs the same, and no row needs the one before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The clock: the row's time between these two, or its number over the table's rows.
    pub span: Option<[Micros; 2]>,
    /// Weight and power: trend * x^alpha.
    pub trend: [f64; 2],
    /// Weight, period (in x) and phase (in periods).
    pub cycle: [f64; 3],
    /// Where a regime starts, and its level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regimes: Vec<[f64; 2]>,
    /// Deviation and autocorrelation of the AR(1) part.
    pub noise: [f64; 2],
    pub scale: f64,
}

const YEAR: f64 = 365.25 * 86_400e6;

impl Source {
    /// A source of the published prior. `entity`: no trend and no cycle, all noise.
    pub fn published(draws: &mut Draws, categories: u32, entity: bool) -> Self {
        match (categories, draws.below(5)) {
            (0, 0) => Self::Series { series: Series::published(draws, entity) },
            (0, _) => Self::independent(draws),
            (k, kind) if kind < 3 => {
                Self::Softmax { series: (0..k).map(|_| Series::published(draws, entity)).collect() }
            }
            _ => Self::Dirichlet {},
        }
    }

    /// A number drawn for each row by itself.
    pub fn independent(draws: &mut Draws) -> Self {
        let shape = |draws: &mut Draws| round4(draws.range(0.5, 5.0));
        match draws.below(4) {
            0 => Self::Uniform { low: -1.0, high: 1.0 },
            1 => Self::Gaussian { mean: 0.0, std: 1.0 },
            2 => Self::Beta { a: shape(draws), b: shape(draws) },
            _ => Self::Mixture {
                parts: (0..draws.int(2, 3))
                    .map(|_| {
                        [draws.range(0.2, 1.0), draws.range(-3.0, 3.0), draws.range(0.2, 1.0)].map(round4)
                    })
                    .collect(),
            },
        }
    }

    /// Whether rows need their times.
    pub fn timed(&self) -> bool {
        match self {
            Self::Series { series } => series.span.is_some(),
            Self::Softmax { series } => series.iter().any(|s| s.span.is_some()),
            _ => false,
        }
    }
}

impl Series {
    pub fn published(draws: &mut Draws, entity: bool) -> Self {
        let weight = |draws: &mut Draws| if entity { 0.0 } else { draws.sign() };
        let (trend, cycle) = (weight(draws), weight(draws));
        Self {
            span: None,
            trend: [trend, draws.range(0.0, 2.0)].map(round4),
            cycle: [cycle, draws.range(0.1, 1.0), draws.uniform()].map(round4),
            regimes: vec![],
            noise: [if entity { 1.0 } else { 0.05 }, draws.range(0.0, 0.9)].map(round4),
            scale: draws.pick(&[0.01, 0.1, 1.0, 10.0, 100.0]) / 3.0,
        }
    }

    /// A series over real time: trend, the year's cycle (or another where the span is short), regimes, some noise.
    pub fn timely(draws: &mut Draws, span: [Micros; 2]) -> Self {
        let year = YEAR / (span[1] as f64 - span[0] as f64).max(1.0);
        let period = if year < 1.5 && draws.chance(0.7) { year } else { draws.range(0.1, 1.0) };
        let regimes = if draws.chance(0.4) {
            let mut starts: Vec<f64> = (0..draws.int(2, 6)).map(|_| draws.uniform()).collect();
            starts.sort_by(f64::total_cmp);
            starts.into_iter().map(|start| [start, draws.normal()].map(round4)).collect()
        } else {
            vec![]
        };
        Self {
            span: Some(span),
            trend: [draws.range(-2.0, 2.0), draws.range(0.5, 2.0)].map(round4),
            // Six digits: the period of a year must not drift over decades.
            cycle: [round4(draws.range(0.3, 1.0)), (period * 1e6).round() / 1e6, round4(draws.uniform())],
            regimes,
            noise: [draws.range(0.3, 0.8), draws.range(0.0, 0.9)].map(round4),
            scale: 1.0,
        }
    }
}

/// A source ready to run.
#[derive(Debug)]
pub struct Exogenous {
    key: Key,
    beta: Option<Beta>,
    rows: u64,
}

impl Exogenous {
    pub fn new(source: &Source, key: Key, rows: u64) -> Self {
        let beta = if let Source::Beta { a, b } = source { Some(Beta::new(*a, *b)) } else { None };
        Self { key, beta, rows }
    }

    /// The value of each row (a category's index for the categorical ones); `times` is empty unless `source.timed()`.
    pub fn sample(&self, source: &Source, categories: u32, rows: &[u64], times: &[Micros], out: &mut [f32]) {
        let key = self.key.child("value");
        match source {
            Source::Uniform { low, high } => {
                noise::uniforms(key, rows, out);
                out.iter_mut().for_each(|x| *x = *low as f32 + (high - low) as f32 * *x);
            }
            Source::Gaussian { mean, std } => {
                noise::normals(key, rows, out);
                out.iter_mut().for_each(|x| *x = *mean as f32 + *std as f32 * *x);
            }
            Source::Beta { .. } => {
                noise::uniforms(key, rows, out);
                out.iter_mut().for_each(|x| *x = self.beta.as_ref().map_or(0.0, |beta| beta.quantile(*x)));
            }
            Source::Mixture { parts } => {
                let mut which = vec![0.0; out.len()];
                noise::uniforms(self.key.child("part"), rows, &mut which);
                noise::normals(key, rows, out);
                let total: f64 = parts.iter().map(|part| part[0]).sum();
                for (x, &u) in out.iter_mut().zip(&which) {
                    let mut rest = f64::from(u) * total;
                    let part = parts.iter().find(|part| {
                        rest -= part[0];
                        rest < 0.0
                    });
                    if let Some([_, mean, std]) = part.or(parts.last()) {
                        *x = *mean as f32 + *std as f32 * *x;
                    }
                }
            }
            Source::Series { series } => self.series(series, key, rows, times, out),
            Source::Softmax { series } => self.softmax(series, rows, times, out),
            Source::Dirichlet {} => {
                noise::uniforms(key, rows, out);
                let last = categories.saturating_sub(1) as f32;
                out.iter_mut().for_each(|x| *x = ((*x * categories as f32) as u32 as f32).min(last));
            }
        }
    }

    fn series(&self, series: &Series, key: Key, rows: &[u64], times: &[Micros], out: &mut [f32]) {
        autoregressive(key, series.noise[1], rows, out);
        let deviation = series.noise[0];
        for (r, &row) in rows.iter().enumerate() {
            let x = match series.span {
                Some([start, end]) => {
                    let time = times.get(r).map_or(0.0, |&t| t as f64 - start as f64);
                    (time / (end as f64 - start as f64).max(1.0)).clamp(0.0, 1.0)
                }
                None => row as f64 / self.rows.max(1) as f64,
            };
            let trend = series.trend[0] * f64::from(math::exp(series.trend[1] as f32 * math::ln(x as f32)));
            let turns = x / series.cycle[1].max(1e-9) + series.cycle[2];
            let cycle = series.cycle[0]
                * f64::from(math::sin(((turns - turns.floor()) * std::f64::consts::TAU) as f32));
            let regime = series
                .regimes
                .iter()
                .take_while(|[start, _]| *start <= x)
                .last()
                .map_or(0.0, |[_, level]| *level);
            let noise = (deviation * f64::from(out[r])).clamp(-1.0, 1.0);
            out[r] = (series.scale * (trend.clamp(-2.0, 2.0) + cycle + regime + noise)) as f32;
        }
    }

    fn softmax(&self, series: &[Series], rows: &[u64], times: &[Micros], out: &mut [f32]) {
        let stride = out.len();
        let mut scores = vec![0.0; stride * series.len()];
        for (k, (one, scores)) in series.iter().zip(scores.chunks_exact_mut(stride.max(1))).enumerate() {
            self.series(one, self.key.at(k as u64), rows, times, scores);
        }
        noise::uniforms(self.key.child("value"), rows, out);
        for (r, x) in out.iter_mut().enumerate() {
            let score = |k: usize| scores[k * stride + r];
            let top = (0..series.len()).map(score).fold(f32::MIN, f32::max);
            let total: f32 = (0..series.len()).map(|k| math::exp(score(k) - top)).sum();
            let mut rest = *x * total;
            let drawn = (0..series.len()).find(|&k| {
                rest -= math::exp(score(k) - top);
                rest < 0.0
            });
            *x = drawn.unwrap_or(series.len().saturating_sub(1)) as f32;
        }
    }
}

/// A stationary AR(1) process of unit variance over row numbers (see `Series`).
fn autoregressive(key: Key, rho: f64, rows: &[u64], out: &mut [f32]) {
    let mut weights = vec![1.0_f32];
    let mut power = rho.clamp(0.0, 0.99);
    while power >= 1e-3 {
        weights.push(power as f32);
        power *= rho;
    }
    let norm = 1.0 / weights.iter().map(|w| w * w).sum::<f32>().sqrt();
    let reach = weights.len() as u64 - 1;
    let mut at = 0;
    while at < rows.len() {
        // A run of neighbouring rows shares its innovations.
        let run =
            (at + 1..rows.len()).find(|&r| rows[r] != rows[r - 1].wrapping_add(1)).unwrap_or(rows.len());
        let first = rows[at].wrapping_sub(reach);
        let numbers: Vec<u64> = (0..reach + (run - at) as u64).map(|k| first.wrapping_add(k)).collect();
        let mut innovations = vec![0.0; numbers.len()];
        noise::normals(key, &numbers, &mut innovations);
        let out = &mut out[at..run];
        out.fill(0.0);
        for (k, weight) in weights.iter().enumerate() {
            let back = reach as usize - k;
            for (x, e) in out.iter_mut().zip(&innovations[back..]) {
                *x += weight * e;
            }
        }
        out.iter_mut().for_each(|x| *x *= norm);
        at = run;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Series {
        Series {
            span: None,
            trend: [1.0, 1.0],
            cycle: [0.5, 0.25, 0.1],
            regimes: vec![[0.5, 2.0]],
            noise: [0.2, 0.8],
            scale: 1.0,
        }
    }

    fn sample(source: &Source, rows: &[u64]) -> Vec<f32> {
        let mut out = vec![0.0; rows.len()];
        Exogenous::new(source, Key::new(9, &["source"]), 1000).sample(source, 4, rows, &[], &mut out);
        out
    }

    fn all() -> Vec<Source> {
        vec![
            Source::Uniform { low: -1.0, high: 1.0 },
            Source::Gaussian { mean: 1.0, std: 2.0 },
            Source::Beta { a: 0.7, b: 2.0 },
            Source::Mixture { parts: vec![[0.5, -3.0, 0.5], [0.5, 3.0, 0.5]] },
            Source::Series { series: series() },
            Source::Softmax { series: vec![series(); 4] },
            Source::Dirichlet {},
        ]
    }

    #[test]
    fn values_are_stable() {
        let got: Vec<u32> = all()
            .iter()
            .map(|s| sample(s, &[3, 4, 500]).iter().fold(0, |h: u32, x| h.rotate_left(9) ^ x.to_bits()))
            .collect();
        assert_eq!(got, [2874571246, 3372936293, 3188455715, 125222229, 1069013242, 1073807488, 1073807488]);
    }

    #[test]
    fn any_row_alone_is_the_same() {
        let rows: Vec<u64> = (100..200).collect();
        for source in all() {
            let together = sample(&source, &rows);
            assert!(
                rows.iter()
                    .zip(&together)
                    .all(|(&row, x)| sample(&source, &[row])[0].to_bits() == x.to_bits())
            );
        }
    }

    #[test]
    fn laws_have_their_moments() {
        let rows: Vec<u64> = (1000..5000).collect();
        let mean = |xs: &[f32]| xs.iter().sum::<f32>() / xs.len() as f32;
        let all = all();
        assert!(mean(&sample(&all[0], &rows)).abs() < 0.06);
        assert!((mean(&sample(&all[1], &rows)) - 1.0).abs() < 0.2);
        assert!((mean(&sample(&all[2], &rows)) - 0.7 / 2.7).abs() < 0.03);
        assert!(sample(&all[3], &rows).iter().filter(|x| x.abs() < 1.0).count() < 20);
        let trend = sample(&all[4], &(0..1000).collect::<Vec<_>>());
        assert!(mean(&trend[900..]) > mean(&trend[..100]) + 2.0);
        for source in &all[5..] {
            let xs = sample(source, &rows);
            assert!((0..4).all(|k| xs.iter().filter(|x| **x == k as f32).count() > 100));
        }
    }

    #[test]
    fn autocorrelation_is_rho() {
        let rows: Vec<u64> = (0..20_000).collect();
        for rho in [0.0, 0.5, 0.9] {
            let mut xs = vec![0.0; rows.len()];
            autoregressive(Key::new(2, &["ar"]), rho, &rows, &mut xs);
            let lag: f32 =
                xs.windows(2).map(|w| w[0] * w[1]).sum::<f32>() / xs.iter().map(|x| x * x).sum::<f32>();
            assert!((f64::from(lag) - rho).abs() < 0.04, "{rho} {lag}");
        }
    }
}
