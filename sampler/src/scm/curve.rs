//! Encoders, tabulated: a frozen random function from a number or a category to an embedding, linear between knots.

use super::draws::Draws;
use super::mlp::{self, LANES, Mlp, Network};
use super::spec::{short, shorts};
use super::wide::wide;
use crate::rng::Key;
use serde_json::{Value as Json, json};

/// Embeddings stay within +-this before they are aggregated.
const LIMIT: f32 = 1e4;

/// What an encoder is fed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Domain {
    /// Numbers; beyond the ends they count as the ends.
    Range(f32, f32),
    /// 0..n.
    Categories(u32),
}

#[derive(Debug)]
pub struct Curve {
    width: usize,
    domain: Domain,
    knots: usize,
    /// Knots per unit.
    pitch: f32,
    /// `width` entries per knot; one more row for "absent", and it again, so that a next one always exists.
    table: Vec<f32>,
}

impl Curve {
    /// With `standard` each entry has mean 0 and deviation 1 over standard normal numbers, or over all categories.
    pub fn new(mlp: &Mlp, domain: Domain, knots: usize, width: usize, standard: bool, key: Key) -> Self {
        let (knots, pitch, inputs) = match domain {
            Domain::Range(low, high) => {
                let pitch = (knots - 1) as f32 / (high - low);
                (knots, if pitch.is_finite() { pitch } else { 0.0 }, 1)
            }
            Domain::Categories(count) => (count.max(1) as usize, 1.0, width),
        };
        let stride = knots.next_multiple_of(LANES);
        let mut input = vec![0.0; inputs * stride];
        let mut mass = vec![1.0; knots];
        if let Domain::Range(low, high) = domain {
            for k in 0..knots {
                let x = low + (high - low) * (k as f32 / (knots - 1) as f32);
                input[k] = x;
                mass[k] = libm::exp(-0.5 * f64::from(x.clamp(-8.0, 8.0)).powi(2));
            }
        } else {
            embed(mlp, &mut input, stride, (knots, width), key);
        }
        let mut output = Network::new(mlp, inputs, width, width, key).forward(&input, stride);
        if standard {
            output.chunks_exact_mut(stride).for_each(|entry| standardise(&mut entry[..knots], &mass));
        }
        let mut table: Vec<f32> = (0..knots)
            .flat_map(|k| output.chunks_exact(stride).map(move |entry| super::math::clip(entry[k], LIMIT)))
            .collect();
        let mut draws = Draws::new(key.child("absent"));
        let absent: Vec<f32> = (0..width).map(|_| draws.normal() as f32).collect();
        table.extend(absent.iter().chain(&absent));
        Self { width, domain, knots, pitch, table }
    }

    /// The knot before `x` and how far `x` stands towards the next; NaN is absent.
    #[inline(always)]
    fn spot(&self, x: f32) -> (usize, f32) {
        if x.is_nan() {
            return (self.knots, 0.0);
        }
        match self.domain {
            Domain::Range(low, _) => {
                let place = super::math::clamp((x - low) * self.pitch, 0.0, (self.knots - 1) as f32);
                let knot = (place as usize).min(self.knots.saturating_sub(2));
                (knot, place - knot as f32)
            }
            Domain::Categories(_) => ((x as usize).min(self.knots - 1), 0.0),
        }
    }

    /// `knots` (categories count from 0), the `embedding` at each, and the one where there is no parent (`absent`).
    pub fn table(&self) -> Json {
        let knots: Vec<f64> = match self.domain {
            Domain::Range(low, _) if self.pitch > 0.0 => {
                (0..self.knots).map(|k| short(low + k as f32 / self.pitch)).collect()
            }
            Domain::Range(low, _) => vec![short(low)],
            Domain::Categories(_) => (0..self.knots).map(|k| k as f64).collect(),
        };
        let rows: Vec<Vec<f64>> = self.table.chunks_exact(self.width).map(shorts).collect();
        let (embedding, absent) = (&rows[..knots.len()], &rows[self.knots]);
        json!({"knots": knots, "embedding": embedding, "absent": absent})
    }

    /// The embedding of each of `xs` (as many as `stride`), entry-major.
    pub fn embed(&self, xs: &[f32], stride: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.width * stride];
        interpolate(self, xs, stride, &mut out);
        out
    }
}

wide!(fn interpolate(curve: &Curve, xs: &[f32], stride: usize, out: &mut [f32]) = interpolate_any);

#[inline(always)]
fn interpolate_any(curve: &Curve, xs: &[f32], stride: usize, out: &mut [f32]) {
    let width = curve.width;
    let mut tile = vec![0.0; width * LANES];
    for (group, xs) in xs.chunks_exact(LANES).enumerate() {
        for lane in 0..LANES {
            let (knot, share) = curve.spot(xs[lane]);
            let (here, next) = curve.table[knot * width..][..2 * width].split_at(width);
            let tile = &mut tile[lane * width..][..width];
            for entry in 0..width {
                tile[entry] = here[entry] + share * (next[entry] - here[entry]);
            }
        }
        for entry in 0..width {
            let out = &mut out[entry * stride + group * LANES..][..LANES];
            for lane in 0..LANES {
                out[lane] = tile[lane * width + entry];
            }
        }
    }
}

/// The embeddings of categories, entry-major.
fn embed(mlp: &Mlp, input: &mut [f32], stride: usize, (categories, width): (usize, usize), key: Key) {
    if mlp.layers.is_empty() {
        let mut draws = Draws::new(key.child("embedding"));
        input.iter_mut().for_each(|x| *x = draws.normal() as f32);
        return;
    }
    let embeddings = mlp::embeddings(categories, width, key);
    for (category, embedding) in embeddings.chunks_exact(width).enumerate() {
        embedding.iter().zip(0..).for_each(|(&x, entry)| input[entry * stride + category] = x);
    }
}

fn standardise(xs: &mut [f32], mass: &[f64]) {
    let total: f64 = mass.iter().sum();
    let mean = xs.iter().zip(mass).map(|(&x, m)| f64::from(x) * m).sum::<f64>() / total;
    let variance = xs.iter().zip(mass).map(|(&x, m)| (f64::from(x) - mean).powi(2) * m).sum::<f64>() / total;
    let deviation = variance.sqrt();
    let factor = if deviation > 1e-4 * mean.abs() + 1e-9 { 1.0 / deviation } else { 0.0 };
    xs.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * factor) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scm::activation::{Activation, Kind};
    use crate::scm::mlp::Init;

    fn curve(domain: Domain) -> Curve {
        let activations = vec![Activation { kind: Kind::Silu, scale: 1.0 }];
        let mlp = Mlp { init: Init::KaimingNormal, density: 1.0, activations, layers: vec![] };
        Curve::new(&mlp, domain, 64, 8, true, Key::new(1, &["curve"]))
    }

    #[test]
    fn values_are_stable() {
        let at = |domain, x: f32| curve(domain).embed(&[x; LANES], LANES)[3 * LANES].to_bits();
        let range = Domain::Range(-3.0, 3.0);
        assert_eq!(
            [at(range, 0.1), at(range, f32::NAN), at(Domain::Categories(5), 2.0)],
            [3197293242, 3221145324, 3218837376]
        );
    }

    #[test]
    fn odd_inputs_are_fine() {
        for domain in
            [Domain::Range(0.0, 0.0), Domain::Range(-1.0, 1.0), Domain::Categories(1), Domain::Categories(0)]
        {
            let xs = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, 99.0, -99.0, 1.0, 0.5];
            let xs = [xs, xs].concat();
            assert!(curve(domain).embed(&xs, LANES).iter().all(|y| y.is_finite()), "{domain:?}");
        }
    }

    #[test]
    fn continuous_between_knots() {
        let curve = curve(Domain::Range(-3.0, 3.0));
        let xs: Vec<f32> = (0..1600).map(|i| -3.0 + 6.0 * i as f32 / 1600.0).collect();
        let ys = curve.embed(&xs, xs.len());
        assert!(ys.chunks_exact(1600).all(|entry| entry.windows(2).all(|w| (w[0] - w[1]).abs() < 0.1)));
    }
}
