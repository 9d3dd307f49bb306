//! Random multi-layer perceptrons over blocks of rows, entry-major: entry j of row r stands at `j * stride + r`.

use super::activation::{Activation, Active, KINDS, Kind};
use super::draws::{Draws, round4};
use super::math::{self, clip};
use super::params::Params;
use super::spec::shorts;
use super::wide::wide;
use crate::rng::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// Rows are computed in groups of this size: a stride is a multiple of it.
pub const LANES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    KaimingNormal,
    KaimingUniform,
    XavierNormal,
    XavierUniform,
    #[serde(alias = "trunc_normal")]
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
    /// Of the published prior: initialisation and density of each linear layer by itself. Such layers have no bias, and
    /// the scale of an activation multiplies what comes out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<(Init, f64)>,
}

impl Mlp {
    /// `layers`: fewest and most linear layers; `density`: the least share of weights kept.
    pub fn draw(draws: &mut Draws, layers: (usize, usize), density: f64) -> Self {
        let inner = draws.int(layers.0, layers.1) - 1;
        Self {
            init: draws.pick(&INITS),
            density: round4(draws.range(density, 1.0)),
            activations: (0..inner).map(|_| Activation::draw(draws, &KINDS)).collect(),
            layers: vec![],
        }
    }

    pub fn published(draws: &mut Draws, params: &Params) -> Self {
        let count = params.mlp_num_layers_choices.whole(draws).max(1);
        let mut layer = || {
            let init = params.initialization_choices.pick(draws);
            (init, round4(params.mlp_weight_density_choices.number(draws)))
        };
        let layers: Vec<(Init, f64)> = (0..count).map(|_| layer()).collect();
        let activation = |_| Activation {
            kind: params.activation_choices.pick(draws),
            ..Activation::draw(draws, &[Kind::Identity])
        };
        Self {
            init: layers[0].0,
            density: layers[0].1,
            activations: (1..count).map(activation).collect(),
            layers,
        }
    }
}

/// Of its weights only those that are not zero are kept: masks and initialisations leave out about two of five.
#[derive(Debug)]
struct Layer {
    inputs: usize,
    /// Output after output, which inputs it reads with what weight.
    taps: Vec<(u32, f32)>,
    /// Where each output's taps end.
    ends: Vec<usize>,
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
        if !mlp.layers.is_empty() {
            return Self::published(mlp, inputs, width, outputs, key);
        }
        let count = mlp.activations.len() + 1;
        let size = |layer: usize| if layer == 0 { inputs } else { width };
        let layers = (0..count).map(|layer| {
            let key = key.at(layer as u64);
            let (fan_in, fan_out) = (size(layer), if layer + 1 == count { outputs } else { width });
            let mut draws = Draws::new(key);
            let bound = 1.0 / (fan_in as f64).sqrt();
            let weights: Vec<f32> =
                (0..fan_in * fan_out).map(|_| weight(mlp, fan_in, fan_out, &mut draws) as f32).collect();
            let bias = (0..fan_out).map(|_| draws.range(-bound, bound) as f32).collect();
            let active = mlp.activations.get(layer).map(|&a| Active::new(a, key.child("waves")));
            Layer::new(fan_in, &weights, bias, active)
        });
        Self { layers: layers.collect() }
    }

    fn published(mlp: &Mlp, inputs: usize, width: usize, outputs: usize, key: Key) -> Self {
        let count = mlp.layers.len();
        let layers = mlp.layers.iter().zip(0..).map(|(&(init, density), layer)| {
            let key = key.at(layer as u64);
            let fan_in = if layer == 0 { inputs } else { width };
            let fan_out = if layer + 1 == count { outputs } else { width };
            let mut draws = Draws::new(key);
            let mut weights = matrix(init, fan_out, fan_in, true, &mut draws);
            mask(&draws.words(weights.len()), density, &mut weights);
            let active = mlp.activations.get(layer);
            let active = active.map(|&active| Active::published(active, key.child("waves")));
            Layer::new(fan_in, &weights, vec![0.0; fan_out], active)
        });
        Self { layers: layers.collect() }
    }

    /// From an embedding of `width` to a score for each of `categories`. In the published prior a score is the similarity
    /// to an embedding of the category.
    pub fn scores(mlp: &Mlp, width: usize, categories: usize, key: Key) -> Self {
        if mlp.layers.is_empty() {
            return Self::new(mlp, width, width, categories, key);
        }
        let mut network = Self::published(mlp, width, width, width, key);
        let weights = embeddings(categories, width, key);
        network.layers.push(Layer::new(width, &weights, vec![0.0; categories], None));
        network
    }

    /// Per linear layer its `weights` (a row of inputs per output), its `bias` and the `activation` after it, null at the
    /// last.
    pub fn layers(&self) -> Json {
        let layer = |layer: &Layer| {
            let weights: Vec<Vec<f64>> = layer.weights().chunks_exact(layer.inputs).map(shorts).collect();
            let active = layer.active.as_ref().map(Active::table);
            json!({"weights": weights, "bias": shorts(&layer.bias), "activation": active})
        };
        self.layers.iter().map(layer).collect()
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

/// The published prior's embeddings of `categories`, one after another.
pub fn embeddings(categories: usize, width: usize, key: Key) -> Vec<f32> {
    let mut draws = Draws::new(key.child("embedding"));
    matrix(draws.pick(&INITS), categories, width, false, &mut draws)
}

/// A matrix as PyTorch's initialisations fill it, row after row; `turned`: it is the transpose that they fill.
fn matrix(init: Init, rows: usize, columns: usize, turned: bool, draws: &mut Draws) -> Vec<f32> {
    let (fan_in, depth) = if turned { (rows, columns) } else { (columns, rows) };
    let (kaiming, xavier) = ((2.0 / fan_in as f64).sqrt(), (2.0 / (rows + columns) as f64).sqrt());
    let count = rows * columns;
    let mut weights = vec![0.0; count];
    match init {
        Init::KaimingNormal => normals(&draws.words(count), kaiming, &mut weights),
        Init::XavierNormal => normals(&draws.words(count), xavier, &mut weights),
        Init::Sparse => normals(&draws.words(count), 0.01, &mut weights),
        Init::KaimingUniform => evens(&draws.words(count), kaiming, &mut weights),
        Init::XavierUniform => evens(&draws.words(count), xavier, &mut weights),
        Init::TruncatedNormal => truncated(draws, &mut weights),
    }
    if init == Init::Sparse {
        // Of each column of theirs half the entries are zeros, rounded up.
        for line in 0..fan_in {
            let mut places: Vec<usize> = (0..depth).collect();
            draws.shuffle(&mut places);
            for &place in &places[..depth.div_ceil(2)] {
                weights[if turned { line * columns + place } else { place * columns + line }] = 0.0;
            }
        }
    }
    weights
}

wide!(fn normals(words: &[u32], deviation: f64, out: &mut [f32]) = normals_any);

/// Normal numbers of a deviation, one for each word.
#[inline(always)]
fn normals_any(words: &[u32], deviation: f64, out: &mut [f32]) {
    for (out, &word) in out.iter_mut().zip(words) {
        *out = (deviation * f64::from(math::normal(word))) as f32;
    }
}

/// Normal numbers within two deviations: of up to eight the first such one, else 0.
fn truncated(draws: &mut Draws, out: &mut [f32]) {
    const TRIES: usize = 8;
    let mut filled = 0;
    while filled < out.len() {
        let left = out.len() - filled;
        let mut drawn = vec![0.0; left + left / TRIES + TRIES];
        normals(&draws.clone().words(drawn.len()), 1.0, &mut drawn);
        let mut used = 0;
        while filled < out.len() && used + TRIES <= drawn.len() {
            let found = drawn[used..used + TRIES].iter().position(|x| x.abs() <= 2.0);
            out[filled] = found.map_or(0.0, |place| drawn[used + place]);
            used += found.map_or(TRIES, |place| place + 1);
            filled += 1;
        }
        draws.skip(used);
    }
}

wide!(fn evens(words: &[u32], deviation: f64, out: &mut [f32]) = evens_any);

/// Uniform numbers around 0 of a deviation, one for each word.
#[inline(always)]
fn evens_any(words: &[u32], deviation: f64, out: &mut [f32]) {
    let root = 3.0_f64.sqrt();
    for (out, &word) in out.iter_mut().zip(words) {
        *out = (deviation * (root * (2.0 * f64::from(math::unit(word)) - 1.0))) as f32;
    }
}

wide!(fn mask(words: &[u32], density: f64, weights: &mut [f32]) = mask_any);

/// Leaves a share `density` of the weights, larger by as much.
#[inline(always)]
fn mask_any(words: &[u32], density: f64, weights: &mut [f32]) {
    for (weight, &word) in weights.iter_mut().zip(words) {
        let kept = f64::from(math::unit(word)) < density;
        *weight = if kept { *weight / density as f32 } else { 0.0 };
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
    /// `weights`: one row of `inputs` weights per output.
    fn new(inputs: usize, weights: &[f32], bias: Vec<f32>, active: Option<Active>) -> Self {
        let (mut taps, mut ends) = (vec![(0, 0.0); weights.len()], Vec::with_capacity(bias.len()));
        let mut end = 0;
        for row in weights.chunks_exact(inputs) {
            for (input, &weight) in (0..).zip(row) {
                taps[end] = (input, weight);
                end += usize::from(weight != 0.0);
            }
            ends.push(end);
        }
        taps.truncate(end);
        Self { inputs, taps, ends, bias, active }
    }

    /// As `new` took them.
    fn weights(&self) -> Vec<f32> {
        let mut weights = vec![0.0; self.inputs * self.bias.len()];
        for (row, (taps, _)) in weights.chunks_exact_mut(self.inputs).zip(self.outputs()) {
            taps.iter().for_each(|&(input, weight)| row[input as usize] = weight);
        }
        weights
    }

    /// The taps and the bias of each output.
    #[inline(always)]
    fn outputs(&self) -> impl Iterator<Item = (&[(u32, f32)], f32)> {
        let start = |output: usize| if output == 0 { 0 } else { self.ends[output - 1] };
        (0..self.bias.len()).map(move |o| (&self.taps[start(o)..self.ends[o]], self.bias[o]))
    }

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

/// Rows whose sums are held in registers at a time, where so many are left.
const RUN: usize = 4 * LANES;

#[inline(always)]
fn affine_any(layer: &Layer, input: &[f32], stride: usize, output: &mut [f32]) {
    let mut start = 0;
    // The inputs of a run stay in the nearest cache while all outputs read them.
    while start < stride {
        let wide = start + RUN <= stride;
        for ((taps, bias), out) in layer.outputs().zip(output.chunks_exact_mut(stride)) {
            if wide {
                run::<RUN>(taps, bias, input, stride, start, out);
            } else {
                run::<LANES>(taps, bias, input, stride, start, out);
            }
        }
        start += if wide { RUN } else { LANES };
    }
}

/// One output at rows `start..start + N`.
#[inline(always)]
fn run<const N: usize>(
    taps: &[(u32, f32)],
    bias: f32,
    input: &[f32],
    stride: usize,
    start: usize,
    out: &mut [f32],
) {
    let mut sums = [bias; N];
    for &(entry, weight) in taps {
        let Some(xs) = input[entry as usize * stride + start..].first_chunk::<N>() else { return };
        for k in 0..N {
            sums[k] += weight * xs[k];
        }
    }
    let Some(out) = out[start..].first_chunk_mut::<N>() else { return };
    for k in 0..N {
        out[k] = clip(sums[k], super::activation::LIMIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scm::activation::Kind;

    fn network(init: Init, density: f64) -> Network {
        let activations = vec![Activation { kind: Kind::Tanh, scale: 1.5 }];
        Network::new(&Mlp { init, density, activations, layers: vec![] }, 4, 8, 2, Key::new(3, &["mlp"]))
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
            let mlp = Mlp { init, density: 0.4, activations: vec![], layers: vec![] };
            let net = Network::new(&mlp, 100, 1, 100, Key::new(4, &["variance"]));
            let variance = net.layers[0].weights().iter().map(|w| w * w).sum::<f32>() / 1e4;
            let wanted = match init {
                Init::XavierNormal | Init::XavierUniform => 0.01,
                Init::TruncatedNormal => 0.0184,
                _ => 0.02,
            };
            assert!((variance / wanted - 1.0).abs() < 0.1, "{init:?} {variance}");
        }
    }

    #[test]
    fn published_layers_are_those_of_pytorch() {
        for (init, wanted) in [
            (Init::KaimingNormal, 2.0 / 50.0),
            (Init::KaimingUniform, 2.0 / 50.0),
            (Init::XavierNormal, 2.0 / 150.0),
            (Init::XavierUniform, 2.0 / 150.0),
            (Init::TruncatedNormal, 0.774),
            (Init::Sparse, 0.5e-4),
        ] {
            // Inputs x outputs as PyTorch has it is 100 x 50: its fan-in is 50.
            let weights = matrix(init, 50, 100, true, &mut Draws::new(Key::new(4, &["published"])));
            let variance = weights.iter().map(|w| w * w).sum::<f32>() / 5e3;
            assert!((variance / wanted - 1.0).abs() < 0.1, "{init:?} {variance}");
            let zeros = weights.iter().filter(|w| **w == 0.0).count();
            assert_eq!(zeros, if init == Init::Sparse { 2500 } else { 0 });
        }
        let mlp = Mlp::published(&mut Draws::new(Key::new(4, &["drawn"])), &Params::default());
        assert_eq!(mlp.layers.len(), mlp.activations.len() + 1);
        let scores = Network::scores(&mlp, 8, 3, Key::new(4, &["scores"]));
        assert_eq!(scores.forward(&[0.5; 8 * LANES], LANES).len(), 3 * LANES);
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
