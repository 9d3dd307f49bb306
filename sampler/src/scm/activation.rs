//! The activations of the published prior, each applied to a scaled input and clipped to +-1e6.

use super::draws::{Draws, round4};
use super::math::{self, clamp, clip, exp, ln, sigmoid, sin, softplus, tanh};
use super::spec::{short, shorts};
use super::wide::wide;
use crate::rng::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// Values inside a network stay within +-`LIMIT`.
pub const LIMIT: f32 = 1e6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Relu,
    Elu,
    Selu,
    Silu,
    Softsign,
    Tanh,
    Sigmoid,
    Hardswish,
    Mish,
    LeakyRelu,
    Gelu,
    Softplus,
    Hardsigmoid,
    Hardtanh,
    Celu,
    Tanhshrink,
    Rrelu,
    Logsigmoid,
    Softshrink,
    Hardshrink,
    Identity,
    Abs,
    Sin,
    Cos,
    Sign,
    Clip,
    SignedLog,
    BentIdentity,
    Sines,
}

pub const KINDS: [Kind; 29] = [
    Kind::Relu,
    Kind::Elu,
    Kind::Selu,
    Kind::Silu,
    Kind::Softsign,
    Kind::Tanh,
    Kind::Sigmoid,
    Kind::Hardswish,
    Kind::Mish,
    Kind::LeakyRelu,
    Kind::Gelu,
    Kind::Softplus,
    Kind::Hardsigmoid,
    Kind::Hardtanh,
    Kind::Celu,
    Kind::Tanhshrink,
    Kind::Rrelu,
    Kind::Logsigmoid,
    Kind::Softshrink,
    Kind::Hardshrink,
    Kind::Identity,
    Kind::Abs,
    Kind::Sin,
    Kind::Cos,
    Kind::Sign,
    Kind::Clip,
    Kind::SignedLog,
    Kind::BentIdentity,
    Kind::Sines,
];

/// An activation with the factor its input is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    pub kind: Kind,
    pub scale: f64,
}

impl Activation {
    pub fn draw(draws: &mut Draws, kinds: &[Kind]) -> Self {
        Self { kind: draws.pick(kinds), scale: round4(libm::exp(draws.range(-1.0, 1.0))) }
    }
}

/// An activation ready to run: `Kind::Sines` has its waves drawn under the key of its layer.
#[derive(Debug)]
pub struct Active {
    kind: Kind,
    scale: f32,
    /// What comes out is multiplied by this.
    outer: f32,
    /// Amplitude, frequency, phase.
    waves: Vec<[f32; 3]>,
}

impl Active {
    /// 3..7 waves: normal amplitude, frequency log-uniform in 0.1..10, any phase.
    pub fn new(activation: Activation, key: Key) -> Self {
        let waves = if activation.kind == Kind::Sines {
            let mut draws = Draws::new(key);
            (0..draws.int(3, 7))
                .map(|_| {
                    let frequency = libm::exp(draws.range(-1.0, 1.0) * std::f64::consts::LN_10);
                    let phase = draws.range(0.0, std::f64::consts::TAU);
                    [draws.normal() as f32, frequency as f32, phase as f32]
                })
                .collect()
        } else {
            vec![]
        };
        Self { kind: activation.kind, scale: activation.scale as f32, outer: 1.0, waves }
    }

    /// As the published prior has it: the scale multiplies what comes out.
    pub fn published(activation: Activation, key: Key) -> Self {
        let inner = Self::new(Activation { scale: 1.0, ..activation }, key);
        Self { outer: activation.scale as f32, ..inner }
    }

    /// Its `kind`, the `scale` of its input, and the `waves` of a sum of sines.
    pub fn table(&self) -> Json {
        let waves: Vec<Vec<f64>> = self.waves.iter().map(|wave| shorts(wave)).collect();
        json!({"kind": self.kind, "scale": short(self.scale), "waves": waves})
    }

    pub fn apply(&self, xs: &mut [f32]) {
        apply(self, xs);
        if self.outer != 1.0 {
            xs.iter_mut().for_each(|x| *x = clip(*x * self.outer, LIMIT));
        }
    }
}

wide!(fn apply(active: &Active, xs: &mut [f32]) = apply_any);

#[inline(always)]
fn apply_any(active: &Active, xs: &mut [f32]) {
    let scale = active.scale;
    match active.kind {
        Kind::Relu => each(xs, scale, |x| clamp(x, 0.0, LIMIT)),
        Kind::Elu | Kind::Celu => each(xs, scale, elu),
        Kind::Selu => each(xs, scale, |x| if x > 0.0 { 1.050_701 * x } else { 1.758_099_3 * (exp(x) - 1.0) }),
        Kind::Silu => each(xs, scale, |x| x * sigmoid(x)),
        Kind::Softsign => each(xs, scale, |x| x / (1.0 + x.abs())),
        Kind::Tanh => each(xs, scale, tanh),
        Kind::Sigmoid => each(xs, scale, sigmoid),
        Kind::Hardswish => each(xs, scale, |x| x * clamp(x + 3.0, 0.0, 6.0) * (1.0 / 6.0)),
        Kind::Mish => each(xs, scale, |x| x * tanh(softplus(x))),
        Kind::LeakyRelu => each(xs, scale, |x| if x > 0.0 { x } else { 0.01 * x }),
        // The usual approximation by tanh.
        Kind::Gelu => each(xs, scale, |x| 0.5 * x * (1.0 + tanh(0.797_884_6 * (x + 0.044_715 * x * x * x)))),
        Kind::Softplus => each(xs, scale, softplus),
        Kind::Hardsigmoid => each(xs, scale, |x| clamp(x + 3.0, 0.0, 6.0) * (1.0 / 6.0)),
        Kind::Hardtanh | Kind::Clip => each(xs, scale, |x| clip(x, 1.0)),
        Kind::Tanhshrink => each(xs, scale, |x| x - tanh(x)),
        // At the mean of its random slope, 1/8..1/3.
        Kind::Rrelu => each(xs, scale, |x| if x > 0.0 { x } else { 0.229_166_67 * x }),
        Kind::Logsigmoid => each(xs, scale, |x| -softplus(-x)),
        Kind::Softshrink => each(xs, scale, |x| x - clip(x, 0.5)),
        Kind::Hardshrink => each(xs, scale, |x| if x.abs() > 0.5 { x } else { 0.0 }),
        Kind::Identity => each(xs, scale, |x| x),
        Kind::Abs => each(xs, scale, f32::abs),
        Kind::Sin => each(xs, scale, sin),
        Kind::Cos => each(xs, scale, |x| sin(clip(x, LIMIT) + std::f32::consts::FRAC_PI_2)),
        Kind::Sign => each(xs, scale, |x| f32::from(u8::from(x > 0.0)) - f32::from(u8::from(x < 0.0))),
        Kind::SignedLog => each(xs, scale, |x| ln(1.0 + x.abs()).copysign(x)),
        Kind::BentIdentity => each(xs, scale, |x| ((x * x + 1.0).sqrt() - 1.0) * 0.5 + x),
        Kind::Sines => sines(xs, scale, &active.waves),
    }
}

/// Wave after wave over runs of numbers, so that the loop over numbers vectorises.
#[inline(always)]
fn sines(xs: &mut [f32], scale: f32, waves: &[[f32; 3]]) {
    for xs in xs.chunks_mut(64) {
        let mut inner = [0.0; 64];
        let mut sums = [0.0; 64];
        inner.iter_mut().zip(&*xs).for_each(|(inner, x)| *inner = clip(*x * scale, LIMIT));
        for &[amplitude, frequency, phase] in waves {
            for (sum, x) in sums.iter_mut().zip(&inner) {
                *sum += amplitude * sin(frequency * x + phase);
            }
        }
        xs.iter_mut().zip(&sums).for_each(|(x, sum)| *x = clip(*sum, LIMIT));
    }
}

#[inline(always)]
fn elu(x: f32) -> f32 {
    if x > 0.0 { x } else { exp(x) - 1.0 }
}

#[inline(always)]
fn each(xs: &mut [f32], scale: f32, f: impl Fn(f32) -> f32) {
    for x in xs {
        *x = math::clip(f(math::clip(*x * scale, LIMIT)), LIMIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: Kind, xs: &[f32]) -> Vec<f32> {
        let mut ys = xs.to_vec();
        Active::new(Activation { kind, scale: 1.0 }, Key::new(1, &["activation"])).apply(&mut ys);
        ys
    }

    #[test]
    fn values_are_stable() {
        let got = KINDS
            .map(|kind| at(kind, &[-1.3, 0.7]).iter().fold(0_u32, |h, y| h.rotate_left(7) ^ y.to_bits()));
        assert_eq!(
            got,
            [
                1060320051, 2720964332, 4008102337, 2041140897, 3062618509, 2438350342, 311166021,
                1620450101, 1908357683, 357419757, 1066119981, 82330027, 2006275265, 4281545580, 2720964332,
                1307653007, 1937209196, 1548849079, 2552933011, 3959423084, 3959423084, 3959423020,
                2222000684, 2067334059, 4286578783, 4281545580, 2509968158, 2183255547, 2689499623
            ]
        );
    }

    #[test]
    fn every_activation_is_clipped() {
        let extremes = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38, -3e38, 0.0, -0.0];
        for kind in KINDS {
            assert!(
                at(kind, &extremes).iter().all(|y| y.abs() <= LIMIT),
                "{kind:?} {:?}",
                at(kind, &extremes)
            );
        }
    }

    #[test]
    fn wide_and_portable_give_the_same_bits() {
        for kind in KINDS {
            let active = Active::new(Activation { kind, scale: 1.7 }, Key::new(1, &["activation"]));
            let mut portable: Vec<f32> = (-500..500).map(|i| i as f32 * 0.031).collect();
            let mut wide = portable.clone();
            apply_any(&active, &mut portable);
            apply(&active, &mut wide);
            assert!(portable.iter().zip(&wide).all(|(a, b)| a.to_bits() == b.to_bits()), "{kind:?}");
        }
    }

    #[test]
    fn known_values() {
        let near = |kind, x: f32, y: f32| assert!((at(kind, &[x])[0] - y).abs() < 1e-5, "{kind:?}");
        near(Kind::Selu, -1.0, -1.111_330_7);
        near(Kind::Mish, 1.0, 0.865_098_4);
        near(Kind::Silu, 1.0, 0.731_058_6);
        near(Kind::Hardswish, 1.0, 0.666_666_7);
        near(Kind::Cos, 1.0, 0.540_302_3);
        near(Kind::Sign, -2.0, -1.0);
        near(Kind::SignedLog, -1.0, -std::f32::consts::LN_2);
        near(Kind::Softshrink, 1.2, 0.7);
        near(Kind::Tanhshrink, 1.0, 0.238_405_8);
        near(Kind::Logsigmoid, 0.0, -std::f32::consts::LN_2);
    }
}
