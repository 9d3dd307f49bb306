//! Random multi-layer perceptrons over blocks of rows, entry-major: entry j of row r stands at `j * stride + r`.

use super::activation::{Activation, Active};
use super::draws::{Draws, round4};
use super::math::clip;
use super::wide::wide;
use crate::rng::Key;
use serde::{Deserialize, Serialize};

/// Rows are computed in groups of this size: a stride is a multiple of it.
pub const LANES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    KaimingNormal,
    KaimingUniform,
    XavierNormal,
    XavierUniform,
    TruncatedNormal,
    Sparse,
}

pub const INITS: [Init; 6] = [
    Init::KaimingNormal,
    Init::KaimingUniform,
    Init::XavierNormal,
    Init::XavierUniform,
    Init::TruncatedNormal,
    Init::Sparse,
];

/// The drawn shape of a network: one activation between any two linear layers. Its weights are not stored: they are a
/// function of its key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mlp {
    pub init: Init,
    /// The share of weights that is not masked; those left are scaled by 1 / sqrt(density).
    pub density: f64,
    pub activations: Vec<Activation>,
}

impl Mlp {
    /// `layers`: fewest and most linear layers; `density`: the least share of weights kept.
    pub fn draw(draws: &mut Draws, layers: (usize, usize), density: f64) -> Self {
        let inner = draws.int(layers.0, layers.1) - 1;
        Self {
            init: draws.pick(&INITS),
            density: round4(draws.range(density, 1.0)),
            activations: (0..inner).map(|_| Activation::draw(draws)).collect(),
        }
    }
}

#[derive(Debug)]
struct Layer {
    inputs: usize,
    /// One row of `inputs` weights per output.
    weights: Vec<f32>,
    bias: Vec<f32>,
    active: Option<Active>,
}

/// An `Mlp` with its weights.
#[derive(Debug)]
pub struct Network {
    layers: Vec<Layer>,
}

impl Network {
    /// From `inputs` over hidden layers of `width` to `outputs`.
    pub fn new(mlp: &Mlp, inputs: usize, width: usize, outputs: usize, key: Key) -> Self {
        let count = mlp.activations.len() + 1;
        let size = |layer: usize| if layer == 0 { inputs } else { width };
        let layers = (0..count).map(|layer| {
            let key = key.at(layer as u64);
            let (fan_in, fan_out) = (size(layer), if layer + 1 == count { outputs } else { width });
            let mut draws = Draws::new(key);
            let bound = 1.0 / (fan_in as f64).sqrt();
            Layer {
                inputs: fan_in,
                weights: (0..fan_in * fan_out)
                    .map(|_| weight(mlp, fan_in, fan_out, &mut draws) as f32)
                    .collect(),
                bias: (0..fan_out).map(|_| draws.range(-bound, bound) as f32).collect(),
                active: mlp.activations.get(layer).map(|&a| Active::new(a, key.child("waves"))),
            }
        });
        Self { layers: layers.collect() }
    }

    /// The outputs for `input`, each clipped to +-1e6.
    pub fn forward(&self, input: &[f32], stride: usize) -> Vec<f32> {
        let mut values = self.layers[0].forward(input, stride);
        for layer in &self.layers[1..] {
            values = layer.forward(&values, stride);
        }
        values
    }
}

fn weight(mlp: &Mlp, fan_in: usize, fan_out: usize, draws: &mut Draws) -> f64 {
    let (kaiming, xavier) = ((2.0 / fan_in as f64).sqrt(), (2.0 / (fan_in + fan_out) as f64).sqrt());
    // A uniform law over +-a has deviation a / sqrt(3).
    let uniform = 3.0_f64.sqrt();
    let value = match mlp.init {
        Init::KaimingNormal => kaiming * draws.normal(),
        Init::KaimingUniform => kaiming * draws.range(-uniform, uniform),
        Init::XavierNormal => xavier * draws.normal(),
        Init::XavierUniform => xavier * draws.range(-uniform, uniform),
        Init::TruncatedNormal => kaiming * draws.normal().clamp(-2.0, 2.0),
        Init::Sparse => {
            let kept = if draws.chance(0.5) { std::f64::consts::SQRT_2 } else { 0.0 };
            kept * kaiming * draws.normal()
        }
    };
    if draws.chance(mlp.density) { value / mlp.density.sqrt() } else { 0.0 }
}

impl Layer {
    fn forward(&self, input: &[f32], stride: usize) -> Vec<f32> {
        let mut output = vec![0.0; self.bias.len() * stride];
        affine(self, input, stride, &mut output);
        if let Some(active) = &self.active {
            active.apply(&mut output);
        }
        output
    }
}

wide!(fn affine(layer: &Layer, input: &[f32], stride: usize, output: &mut [f32]) = affine_any);

#[inline(always)]
fn affine_any(layer: &Layer, input: &[f32], stride: usize, output: &mut [f32]) {
    let rows = output.chunks_exact_mut(stride).zip(layer.weights.chunks_exact(layer.inputs)).zip(&layer.bias);
    for ((out, weights), &bias) in rows {
        for (group, out) in out.chunks_exact_mut(LANES).enumerate() {
            let mut sum = [bias; LANES];
            for (&weight, entry) in weights.iter().zip(input.chunks_exact(stride)) {
                let entry = &entry[group * LANES..][..LANES];
                for (s, &x) in sum.iter_mut().zip(entry) {
                    *s += weight * x;
                }
            }
            for (o, &s) in out.iter_mut().zip(&sum) {
                *o = clip(s, super::activation::LIMIT);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scm::activation::Kind;

    fn network(init: Init, density: f64) -> Network {
        let activations = vec![Activation { kind: Kind::Tanh, scale: 1.5 }];
        Network::new(&Mlp { init, density, activations }, 4, 8, 2, Key::new(3, &["mlp"]))
    }

    #[test]
    fn values_are_stable() {
        let input: Vec<f32> = (0..4 * LANES).map(|i| i as f32 * 0.1 - 3.0).collect();
        let got = INITS.map(|init| network(init, 0.8).forward(&input, LANES)[5].to_bits());
        assert_eq!(got, [3203784751, 1058345770, 3200125394, 1058240725, 3203784751, 1067638512]);
    }

    #[test]
    fn weights_keep_their_variance() {
        for init in INITS {
            let mlp = Mlp { init, density: 0.4, activations: vec![] };
            let net = Network::new(&mlp, 100, 1, 100, Key::new(4, &["variance"]));
            let variance = net.layers[0].weights.iter().map(|w| w * w).sum::<f32>() / 1e4;
            let wanted = match init {
                Init::XavierNormal | Init::XavierUniform => 0.01,
                Init::TruncatedNormal => 0.0184,
                _ => 0.02,
            };
            assert!((variance / wanted - 1.0).abs() < 0.1, "{init:?} {variance}");
        }
    }

    #[test]
    fn extreme_inputs_stay_finite() {
        let input: Vec<f32> =
            [f32::NAN, f32::INFINITY, 1e38, -1e38].iter().flat_map(|&x| [x; LANES]).collect();
        for init in INITS {
            assert!(network(init, 0.5).forward(&input, LANES).iter().all(|y| y.is_finite()));
        }
    }
}
