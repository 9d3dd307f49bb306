//! Exogenous nodes: time series, and independent draws from simple laws.

use super::draws::{Draws, round4};
use super::eval::OWN;
use super::math;
use super::noise::{self, Beta};
use super::params::{Choices, Params, SourceKind};
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
        /// Clipped to these.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<[f64; 2]>,
    },
    Beta {
        a: f64,
        b: f64,
        /// 0..1 where None.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<[f64; 2]>,
    },
    /// One of the parts, each as often as any other.
    Mixed {
        parts: Vec<Source>,
    },
    /// Normal parts: weight, mean, deviation.
    Mixture {
        parts: Vec<[f64; 3]>,
    },
    Series {
        series: Series,
    },
    /// How many rows of a table come to refer to the row, as far as the law of the link decides (`Keys::popularity`): what makes a
    /// row popular shows in its other values, as in life.
    Popularity {
        table: String,
        link: String,
    },
    /// A category drawn from the softmax of one series per category.
    Softmax {
        series: Vec<Series>,
    },
    /// A category drawn by `shares`; without them from Dirichlet(1) probabilities of the row's own: over the Dirichlet law
    /// every category is as likely as any other, independently of other rows.
    Dirichlet {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shares: Vec<f64>,
    },
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
    /// Of the published prior: each of trend, cycle and noise is clipped to these, and the value is their mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<[f64; 2]>,
}

const YEAR: f64 = 365.25 * 86_400e6;

impl Source {
    /// A source of the published prior. `entity`: no trend and no cycle, all noise.
    pub fn published(draws: &mut Draws, params: &Params, categories: u32, entity: bool) -> Self {
        let kind = params.source_gen_type_choices.pick(draws);
        match (categories, kind) {
            (0, _) => Self::number(draws, params, kind, entity),
            (k, SourceKind::Ts) => {
                Self::Softmax { series: (0..k).map(|_| Series::published(draws, params, entity)).collect() }
            }
            (k, _) => {
                // Dirichlet(1): exponentials over their sum.
                let raw: Vec<f64> = (0..k).map(|_| -libm::log(draws.uniform())).collect();
                let total: f64 = raw.iter().sum();
                Self::Dirichlet { shares: raw.iter().map(|x| round6(x / total)).collect() }
            }
        }
    }

    fn number(draws: &mut Draws, params: &Params, kind: SourceKind, entity: bool) -> Self {
        if kind == SourceKind::Mixed {
            let kinds = [SourceKind::Uniform, SourceKind::Gaussian, SourceKind::Beta];
            let parts = (0..draws.int(2, 3)).map(|_| {
                let kind = draws.pick(&kinds);
                Self::number(draws, params, kind, entity)
            });
            return Self::Mixed { parts: parts.collect() };
        }
        if kind == SourceKind::Ts {
            return Self::Series { series: Series::published(draws, params, entity) };
        }
        let [low, high] = limits(draws, params);
        match kind {
            SourceKind::Gaussian => Self::Gaussian {
                mean: (low + high) / 2.0,
                std: ((high - low) / 4.0).max(1e-6),
                within: Some([low, high]),
            },
            SourceKind::Beta => Self::Beta {
                a: round4(params.source_beta_alpha_choices.number(draws)),
                b: round4(params.source_beta_beta_choices.number(draws)),
                within: Some([low, high]),
            },
            _ => Self::Uniform { low, high },
        }
    }

    /// A number drawn for each row by itself.
    pub fn independent(draws: &mut Draws) -> Self {
        let shape = |draws: &mut Draws| round4(draws.range(0.5, 5.0));
        match draws.below(4) {
            0 => Self::Uniform { low: -1.0, high: 1.0 },
            1 => Self::Gaussian { mean: 0.0, std: 1.0, within: None },
            2 => Self::Beta { a: shape(draws), b: shape(draws), within: None },
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
    pub fn published(draws: &mut Draws, params: &Params, entity: bool) -> Self {
        let limits = limits(draws, params);
        let weight = |fixed: f64, choices: &Choices<f64>, draws: &mut Draws| {
            if entity { fixed } else { choices.number(draws) }
        };
        let trend =
            weight(params.entity_table_ts_trend_scale, &params.activity_table_ts_trend_scale_choices, draws);
        let cycle =
            weight(params.entity_table_ts_cycle_scale, &params.activity_table_ts_cycle_scale_choices, draws);
        let noise =
            if entity { params.entity_table_ts_noise_scale } else { params.activity_table_ts_noise_scale };
        let rho = round4(params.ts_ar_rho_choices.number(draws));
        Self {
            span: None,
            trend: [trend, round4(params.ts_trend_alpha_choices.number(draws))],
            // Theirs is sin(pi * row / frequency).
            cycle: [cycle, round4(2.0 * params.ts_cycle_freq_perc_choices.number(draws)), 0.0],
            regimes: vec![],
            noise: [round4(noise / (1.0 - rho * rho).max(1e-3).sqrt()), rho],
            scale: 1.0,
            limits: Some(limits),
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
            limits: None,
        }
    }
}

/// The two ends of a published source's values.
fn limits(draws: &mut Draws, params: &Params) -> [f64; 2] {
    let scale = params.ts_value_scale_choices.number(draws);
    let (a, b) = (round6(draws.uniform() * scale), round6(draws.uniform() * scale));
    [a.min(b), a.max(b)]
}

fn round6(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

/// A source ready to run.
#[derive(Debug)]
pub struct Exogenous {
    key: Key,
    beta: Option<Beta>,
    parts: Vec<Exogenous>,
    rows: u64,
}

impl Exogenous {
    pub fn new(source: &Source, key: Key, rows: u64) -> Self {
        let beta = if let Source::Beta { a, b, .. } = source { Some(Beta::new(*a, *b)) } else { None };
        let parts = if let Source::Mixed { parts } = source { parts.as_slice() } else { &[] };
        let parts = parts.iter().zip(0..).map(|(part, k)| Self::new(part, key.at(k), rows)).collect();
        Self { key, beta, parts, rows }
    }

    /// The value of each row (a category's index for the categorical ones); `times` is empty unless `source.timed()`.
    /// A `draw` other than `OWN` draws anew what is the row's own: of a series the row's innovation, not those before it.
    pub fn sample(
        &self,
        source: &Source,
        categories: u32,
        draw: u64,
        rows: &[u64],
        times: &[Micros],
        out: &mut [f32],
    ) {
        let own = if draw == OWN { self.key } else { self.key.child("redrawn").at(draw) };
        let key = own.child("value");
        match source {
            Source::Uniform { low, high } => {
                noise::uniforms(key, rows, out);
                out.iter_mut().for_each(|x| *x = *low as f32 + (high - low) as f32 * *x);
            }
            Source::Gaussian { mean, std, within } => {
                noise::normals(key, rows, out);
                out.iter_mut().for_each(|x| *x = *mean as f32 + *std as f32 * *x);
                if let Some([low, high]) = within {
                    out.iter_mut().for_each(|x| *x = math::clamp(*x, *low as f32, *high as f32));
                }
            }
            Source::Beta { within, .. } => {
                noise::uniforms(key, rows, out);
                out.iter_mut().for_each(|x| *x = self.beta.as_ref().map_or(0.0, |beta| beta.quantile(*x)));
                if let Some([low, high]) = within {
                    out.iter_mut().for_each(|x| *x = *low as f32 + (high - low) as f32 * *x);
                }
            }
            Source::Mixed { parts } => {
                let mut which = vec![0.0; out.len()];
                noise::uniforms(own.child("part"), rows, &mut which);
                let mut drawn = vec![0.0; out.len()];
                for (k, (part, inner)) in parts.iter().zip(&self.parts).enumerate() {
                    inner.sample(part, 0, draw, rows, times, &mut drawn);
                    let mine = |u: f32| ((u * parts.len() as f32) as usize).min(parts.len() - 1) == k;
                    let chosen = out.iter_mut().zip(&drawn).zip(&which).filter(|(_, u)| mine(**u));
                    chosen.for_each(|((x, &y), _)| *x = y);
                }
            }
            Source::Mixture { parts } => {
                let mut which = vec![0.0; out.len()];
                noise::uniforms(own.child("part"), rows, &mut which);
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
            Source::Series { series } => {
                self.series(series, (self.key.child("value"), key), rows, times, out);
            }
            // Of the keys: `Block::source` asks them.
            Source::Popularity { .. } => {}
            Source::Softmax { series } => self.softmax(series, own, rows, times, out),
            Source::Dirichlet { shares } if !shares.is_empty() => {
                noise::uniforms(key, rows, out);
                for x in out.iter_mut() {
                    let mut rest = f64::from(*x);
                    let drawn = shares.iter().position(|share| {
                        rest -= share;
                        rest < 0.0
                    });
                    *x = drawn.unwrap_or(shares.len() - 1) as f32;
                }
            }
            Source::Dirichlet { .. } => {
                noise::uniforms(key, rows, out);
                let last = categories.saturating_sub(1) as f32;
                out.iter_mut().for_each(|x| *x = ((*x * categories as f32) as u32 as f32).min(last));
            }
        }
    }

    /// `keys`: of the innovations of the rows before, and of the rows' own.
    fn series(&self, series: &Series, keys: (Key, Key), rows: &[u64], times: &[Micros], out: &mut [f32]) {
        autoregressive(keys, series.noise[1], rows, out);
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
            if let Some([low, high]) = series.limits {
                let noise = (deviation * f64::from(out[r])).clamp(low, high);
                out[r] = (((trend + low).min(high) + cycle.clamp(low, high) + noise) / 3.0) as f32;
                continue;
            }
            let noise = (deviation * f64::from(out[r])).clamp(-1.0, 1.0);
            out[r] = (series.scale * (trend.clamp(-2.0, 2.0) + cycle + regime + noise)) as f32;
        }
    }

    fn softmax(&self, series: &[Series], own: Key, rows: &[u64], times: &[Micros], out: &mut [f32]) {
        let stride = out.len();
        let mut scores = vec![0.0; stride * series.len()];
        for (k, (one, scores)) in series.iter().zip(scores.chunks_exact_mut(stride.max(1))).enumerate() {
            self.series(one, (self.key.at(k as u64), own.at(k as u64)), rows, times, scores);
        }
        noise::uniforms(own.child("value"), rows, out);
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

/// A stationary AR(1) process of unit variance over row numbers (see `Series`), with innovations of the rows before under
/// the first key and of the row itself under the second.
fn autoregressive((key, own): (Key, Key), rho: f64, rows: &[u64], out: &mut [f32]) {
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
        if own != key {
            let mut drawn = vec![0.0; run - at];
            noise::normals(own, &rows[at..run], &mut drawn);
            let held = &innovations[reach as usize..];
            out.iter_mut().zip(drawn.iter().zip(held)).for_each(|(x, (e, held))| *x += e - held);
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
            limits: None,
        }
    }

    fn sample(source: &Source, rows: &[u64]) -> Vec<f32> {
        let mut out = vec![0.0; rows.len()];
        Exogenous::new(source, Key::new(9, &["source"]), 1000).sample(source, 4, OWN, rows, &[], &mut out);
        out
    }

    fn all() -> Vec<Source> {
        vec![
            Source::Uniform { low: -1.0, high: 1.0 },
            Source::Gaussian { mean: 1.0, std: 2.0, within: None },
            Source::Beta { a: 0.7, b: 2.0, within: None },
            Source::Mixture { parts: vec![[0.5, -3.0, 0.5], [0.5, 3.0, 0.5]] },
            Source::Series { series: series() },
            Source::Softmax { series: vec![series(); 4] },
            Source::Dirichlet { shares: vec![] },
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
            let key = Key::new(2, &["ar"]);
            autoregressive((key, key), rho, &rows, &mut xs);
            let lag: f32 =
                xs.windows(2).map(|w| w[0] * w[1]).sum::<f32>() / xs.iter().map(|x| x * x).sum::<f32>();
            assert!((f64::from(lag) - rho).abs() < 0.04, "{rho} {lag}");
        }
    }
}
