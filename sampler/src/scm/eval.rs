//! The evaluation of one table's nodes over a block of rows.

use super::curve::Domain;
use super::math::{self, clip};
use super::mlp::LANES;
use super::model::{Model, Node};
use super::noise;
use super::source::Source;
use super::spec::{AGGREGATIONS, Aggregation, Cause, Scale, short};
use super::store::Engine;
use super::wide::wide;
use crate::plan::Micros;
use crate::world::{Keys, NONE};
use std::borrow::Cow;
use std::cell::OnceCell;

const LIMIT: f32 = super::activation::LIMIT;

/// The draw of its own noise that each row has in the database; any other number is a draw it might have had.
pub const OWN: u64 = 0;

/// Rows under evaluation. All buffers have `stride` entries per node, of which the first `rows.len()` count.
pub struct Block<'a> {
    engine: &'a Engine,
    keys: &'a dyn Keys,
    table: usize,
    pub model: &'a Model,
    pub rows: &'a [u64],
    pub stride: usize,
    times: OnceCell<Vec<Micros>>,
    pub latents: Vec<Vec<f32>>,
    pub embedded: Vec<OnceCell<Vec<f32>>>,
    /// Foreign values; NaN where there is no parent.
    pub foreign: Vec<Vec<f32>>,
    pub foreign_embedded: Vec<OnceCell<Vec<f32>>>,
    /// Per aggregation, what foreign values join to: in the published prior the same for every node.
    joined: [OnceCell<Joined>; AGGREGATIONS.len()],
}

/// Which foreign values, by which weights, and what they join to.
struct Joined {
    foreigns: Vec<usize>,
    weights: Vec<f64>,
    h: Vec<f32>,
}

impl<'a> Block<'a> {
    /// With `rooted` every self reference counts as absent.
    pub fn new(
        engine: &'a Engine,
        keys: &'a dyn Keys,
        table: usize,
        rows: &'a [u64],
        rooted: bool,
        need: &[bool],
    ) -> Self {
        let model = &engine.models[table];
        // An odd number of cache lines, so that the entries of one row don't all fall into one set of the cache.
        let stride = rows.len().max(1).next_multiple_of(LANES) | LANES;
        let mut block = Self {
            engine,
            keys,
            table,
            model,
            rows,
            stride,
            times: OnceCell::new(),
            latents: vec![vec![]; model.nodes.len()],
            embedded: model.nodes.iter().map(|_| OnceCell::new()).collect(),
            foreign: vec![vec![]; model.foreign.len()],
            foreign_embedded: model.foreign.iter().map(|_| OnceCell::new()).collect(),
            joined: Default::default(),
        };
        let mut used = vec![false; model.foreign.len()];
        for (node, _) in model.nodes.iter().zip(need).filter(|(_, need)| **need) {
            node.foreigns.iter().for_each(|&f| used[f] = true);
        }
        block.read_parents(&used, rooted);
        block
    }

    /// Evaluates the nodes of `need`, whose inputs must be among them.
    pub fn run(mut self, need: &[bool]) -> Vec<Vec<f32>> {
        self.evaluate(need);
        self.latents
    }

    /// As `run`; the block stays.
    pub fn evaluate(&mut self, need: &[bool]) {
        for (index, node) in self.model.nodes.iter().enumerate() {
            if need[index] {
                let latent = self.node(node, OWN);
                node.range.get_or_init(|| Scale::range(&latent[..self.rows.len()]));
                self.latents[index] = latent;
            }
        }
    }

    fn read_parents(&mut self, used: &[bool], rooted: bool) {
        let mut parents = Vec::new();
        for (d, door) in self.model.doors.iter().enumerate() {
            let wanted = |f: usize| used[f] && self.model.foreign[f].door == d;
            let entries: Vec<usize> = (0..used.len()).filter(|&f| wanted(f)).collect();
            if entries.is_empty() {
                continue;
            }
            if rooted && door.itself {
                entries.iter().for_each(|&f| self.foreign[f] = vec![f32::NAN; self.stride]);
                continue;
            }
            self.keys.parents(self.table, door.link, self.rows, &mut parents);
            let present: Vec<u64> = parents.iter().copied().filter(|&row| row != NONE).collect();
            let (slots, values): (Vec<usize>, Vec<usize>) = entries
                .iter()
                .filter_map(|&f| self.model.foreign[f].value.map(|value| (f, door.values[value])))
                .unzip();
            let columns = if values.is_empty() {
                vec![]
            } else {
                self.engine.gather(self.keys, door.parent, door.itself, &values, &present)
            };
            let hidden = entries.iter().copied().filter(|&f| self.model.foreign[f].value.is_none());
            let hidden = hidden.map(|f| {
                let mut trait_values = vec![0.0; present.len()];
                noise::normals(door.hidden, &present, &mut trait_values);
                (f, trait_values)
            });
            for (f, column) in slots.into_iter().zip(columns).chain(hidden.collect::<Vec<_>>()) {
                self.foreign[f] = spread(&parents, &column, self.stride);
            }
        }
    }

    /// The node's latents from those of its causes, under one draw of its own noise.
    fn node(&self, node: &Node, draw: u64) -> Vec<f32> {
        match &node.mechanism.cause {
            Cause::Source { source } => self.source(node, source, draw),
            Cause::Inner { .. } => self.decided(node, self.scores(node, draw), draw),
        }
    }

    /// A root's latents.
    pub fn source(&self, node: &Node, source: &Source, draw: u64) -> Vec<f32> {
        let times = if source.timed() { self.times() } else { &[] };
        let mut out = vec![0.0; self.stride];
        if let Some((table, link)) = node.popularity {
            let mut weights = Vec::new();
            self.keys.popularity(table, link, self.rows, &mut weights);
            out[..weights.len()].copy_from_slice(&weights);
        } else if let Some(exogenous) = &node.exogenous {
            exogenous.sample(source, node.mechanism.categories, draw, self.rows, times, &mut out);
        }
        if self.model.standard && node.mechanism.categories == 0 {
            node.signal.get_or_init(|| Scale::of(&out[..self.rows.len()])).apply(&mut out);
        }
        out.iter_mut().for_each(|x| *x = clip(*x, LIMIT));
        out
    }

    fn times(&self) -> &[Micros] {
        self.times.get_or_init(|| {
            let mut times = Vec::new();
            self.keys.times(self.table, self.rows, &mut times);
            times
        })
    }

    /// What an inner node's causes make of it: one number per row, or one for each category. In the default prior its
    /// noise still has to join (`decided`), in the published one it is inside.
    pub fn scores(&self, node: &Node, draw: u64) -> Vec<f32> {
        let Cause::Inner { weights, aggregation, skip, .. } = &node.mechanism.cause else {
            return vec![];
        };
        let (width, stride, count) = (self.model.width, self.stride, self.rows.len());
        let (near, far) = weights.split_at(node.locals.len());
        let locals = node.locals.iter().map(|&i| self.embedding(i)).zip(near);
        let mut h = if self.model.standard || node.foreigns.is_empty() {
            let foreigns = node.foreigns.iter().map(|&f| self.foreign_embedding(f)).zip(far);
            aggregate(*aggregation, locals.chain(foreigns), width * stride)
        } else {
            let foreign = self.joined(*aggregation, &node.foreigns, far);
            aggregate(*aggregation, std::iter::once((&*foreign, &1.0)).chain(locals), width * stride)
        };
        if let Some(beta) = &node.beta {
            beta.add_noise(node.noise(draw), self.rows, width, stride, &mut h);
        }
        let categories = node.mechanism.categories as usize;
        let Some(network) = node.decoder(self.model) else { return vec![] };
        let mut out = network.forward(&h, stride);
        if self.model.standard && categories > 0 {
            let fresh = || out.chunks_exact(stride).map(|score| Scale::of(&score[..count])).collect();
            let scales: &Vec<Scale> = node.scores.get_or_init(fresh);
            out.chunks_exact_mut(stride).zip(scales).for_each(|(score, scale)| scale.apply(score));
        } else if self.model.standard {
            let scale = node.decoded.get_or_init(|| Scale::of(&out[..count]));
            scale.apply(&mut out);
            let straight = if scale.std > 0.0 { (1.0 - skip * skip).max(0.0).sqrt() as f32 } else { 0.0 };
            out.iter_mut().for_each(|x| *x *= straight);
            self.linear(node, weights, *skip as f32, &mut out);
            node.signal.get_or_init(|| Scale::of(&out[..count])).apply(&mut out);
        }
        out
    }

    /// The latents of an inner node from its scores.
    pub fn decided(&self, node: &Node, mut scores: Vec<f32>, draw: u64) -> Vec<f32> {
        if let Some((signal, own)) = node.blend() {
            let noise = node.noise(draw);
            let mut normals = vec![0.0; self.stride];
            for (lane, scores) in scores.chunks_exact_mut(self.stride).enumerate() {
                noise::normals(noise.at(lane as u64), self.rows, &mut normals);
                scores.iter_mut().zip(&normals).for_each(|(x, e)| *x = signal * *x + own * e);
            }
        }
        if node.mechanism.categories > 0 {
            return argmax(&scores, self.stride);
        }
        scores.iter_mut().for_each(|x| *x = clip(*x, LIMIT));
        scores
    }

    /// Adds the linear path: `skip` times the weighted numbers among the inputs.
    fn linear(&self, node: &Node, weights: &[f64], skip: f32, out: &mut [f32]) {
        let weight = |k: usize| weights.get(k).copied().unwrap_or(0.0) as f32 * skip;
        for (k, &i) in node.locals.iter().enumerate() {
            if self.model.nodes[i].mechanism.categories == 0 {
                add(out, &self.latents[i], weight(k));
            }
        }
        for (k, &f) in node.foreigns.iter().enumerate() {
            if matches!(self.engine.domain(self.table, f), Domain::Range(..)) {
                add(out, &self.foreign[f], weight(node.locals.len() + k));
            }
        }
    }

    /// What foreign values join to; kept for the next node that reads the same ones.
    fn joined(&self, law: Aggregation, foreigns: &[usize], weights: &[f64]) -> Cow<'_, [f32]> {
        let join = || {
            let inputs = foreigns.iter().map(|&f| self.foreign_embedding(f)).zip(weights);
            aggregate(law, inputs, self.model.width * self.stride)
        };
        let kept = self.joined[law as usize].get_or_init(|| Joined {
            foreigns: foreigns.to_vec(),
            weights: weights.to_vec(),
            h: join(),
        });
        if kept.foreigns == foreigns && kept.weights == weights {
            Cow::Borrowed(&kept.h)
        } else {
            Cow::Owned(join())
        }
    }

    fn embedding(&self, i: usize) -> &[f32] {
        let curve = || self.model.nodes[i].curve(self.model);
        self.embedded[i].get_or_init(|| curve().embed(&self.latents[i], self.stride))
    }

    fn foreign_embedding(&self, f: usize) -> &[f32] {
        let curve = || self.engine.curve(self.table, f);
        self.foreign_embedded[f].get_or_init(|| curve().embed(&self.foreign[f], self.stride))
    }
}

/// The values of present parents put at their rows; NaN at the others.
fn spread(parents: &[u64], values: &[f32], stride: usize) -> Vec<f32> {
    let mut values = values.iter().copied();
    let mut out: Vec<f32> = parents
        .iter()
        .map(|&row| if row == NONE { f32::NAN } else { values.next().unwrap_or(f32::NAN) })
        .collect();
    out.resize(stride, f32::NAN);
    out
}

fn add(out: &mut [f32], xs: &[f32], weight: f32) {
    for (o, &x) in out.iter_mut().zip(xs) {
        *o += if x.is_nan() { 0.0 } else { weight * x };
    }
}

fn aggregate<'a>(
    law: Aggregation,
    inputs: impl Iterator<Item = (&'a [f32], &'a f64)>,
    size: usize,
) -> Vec<f32> {
    let inputs: Vec<(&[f32], f32)> = inputs.map(|(xs, &weight)| (xs, weight as f32)).collect();
    let mut h = vec![0.0; size];
    join(law, &inputs, &mut h);
    h
}

wide!(fn join(law: Aggregation, inputs: &[(&[f32], f32)], h: &mut [f32]) = join_any);

/// Numbers that stay in the nearest cache while all inputs join them.
const TILE: usize = 1024;

#[inline(always)]
fn join_any(law: Aggregation, inputs: &[(&[f32], f32)], h: &mut [f32]) {
    let mut tile: Vec<(&[f32], f32)> = inputs.to_vec();
    for (k, h) in h.chunks_mut(TILE).enumerate() {
        for (part, (xs, _)) in tile.iter_mut().zip(inputs) {
            part.0 = &xs[k * TILE..][..h.len()];
        }
        join_tile(law, &tile, h);
    }
}

#[inline(always)]
fn join_tile(law: Aggregation, inputs: &[(&[f32], f32)], h: &mut [f32]) {
    match law {
        Aggregation::Sum => fold(inputs, h, |h, x| h + x),
        Aggregation::Max => fold(inputs, h, |h, x| if x > h { x } else { h }),
        Aggregation::Product => fold(inputs, h, |h, x| clip(h * x, LIMIT)),
        Aggregation::LogSumExp => {
            fold(inputs, h, |h, x| if x > h { x } else { h });
            let mut sum = [0.0; TILE];
            for &(xs, weight) in inputs {
                for ((s, x), top) in sum.iter_mut().zip(xs).zip(&*h) {
                    *s += math::exp(weight * x - top);
                }
            }
            for (top, &s) in h.iter_mut().zip(&sum) {
                *top += math::ln(s);
            }
        }
    }
}

#[inline(always)]
fn fold(inputs: &[(&[f32], f32)], h: &mut [f32], join: impl Fn(f32, f32) -> f32) {
    for (k, &(xs, weight)) in inputs.iter().enumerate() {
        for (h, x) in h.iter_mut().zip(xs) {
            *h = if k == 0 { weight * x } else { join(*h, weight * x) };
        }
    }
}

/// The category with the highest score, the first of equals.
fn argmax(scores: &[f32], stride: usize) -> Vec<f32> {
    let mut best = vec![(f32::MIN, 0.0); stride];
    for (k, score) in scores.chunks_exact(stride.max(1)).enumerate() {
        for (best, &s) in best.iter_mut().zip(score) {
            if s > best.0 {
                *best = (s, k as f32);
            }
        }
    }
    best.into_iter().map(|(_, k)| k).collect()
}

impl Scale {
    /// Limits at half the span of the middle 99 % beyond it, mean and deviation within them. A deviation too small to
    /// tell from rounding is 0.
    pub fn of(xs: &[f32]) -> Self {
        let mut sorted: Vec<f32> = xs.iter().map(|&x| clip(x, LIMIT)).collect();
        sorted.sort_by(f32::total_cmp);
        let n = sorted.len();
        if n == 0 {
            return Self { low: 0.0, high: 0.0, mean: 0.0, std: 0.0 };
        }
        let quantile = |u: f64| sorted[(u * (n - 1) as f64).round() as usize];
        let (a, b) = (quantile(0.005), quantile(0.995));
        let (low, high) = (a - 0.5 * (b - a), b + 0.5 * (b - a));
        let inside = || sorted.iter().map(|&x| f64::from(math::clamp(x, low, high)));
        let mean = inside().sum::<f64>() / n as f64;
        let std = (inside().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64).sqrt();
        let std = if std > 1e-4 * mean.abs() + 1e-9 { std } else { 0.0 };
        Self { low: short(low), high: short(high), mean: short(mean as f32), std: short(std as f32) }
    }

    pub fn apply(&self, xs: &mut [f32]) {
        let (low, high, mean) = (self.low as f32, self.high as f32, self.mean as f32);
        let factor = if self.std > 0.0 { 1.0 / self.std as f32 } else { 0.0 };
        xs.iter_mut().for_each(|x| *x = (math::clamp(*x, low, high) - mean) * factor);
    }

    /// Where the values lie, outliers left out.
    fn range(xs: &[f32]) -> [f64; 2] {
        let scale = Self::of(xs);
        if xs.is_empty() {
            return [0.0, 0.0];
        }
        let low = xs.iter().copied().fold(f32::MAX, f32::min);
        let high = xs.iter().copied().fold(f32::MIN, f32::max);
        [scale.low.max(short(low)), scale.high.min(short(high))]
    }
}
