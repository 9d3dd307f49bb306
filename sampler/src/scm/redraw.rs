//! What a row's nodes might have been: some are drawn anew from their mechanisms, all others keep their latents.
//!
//! Forward sampling with likelihood weighting (Fung and Chang, "Weighing and integrating evidence for stochastic
//! simulation in Bayesian networks", UAI 1989): a node that keeps its latent though a cause of it was drawn anew weighs the
//! draw by the density of that latent. A draw is a pure function of its number and the row.

use super::eval::Block;
use super::spec::Cause;
use super::store::Engine;
use crate::error::{Error, Result};
use crate::world::Keys;
use std::ops::Range;

/// What is drawn anew in a table's rows, and what is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub free: Vec<bool>,
    /// The nodes that weigh a draw.
    weighed: Vec<bool>,
    pub asked: Vec<usize>,
}

/// One draw: the latents of the nodes asked for, and the logarithm of its weight up to a constant of the row.
#[derive(Debug, Default)]
pub struct Draw {
    pub latents: Vec<Vec<f32>>,
    pub weight: Vec<f32>,
}

impl Question {
    /// Nodes by name. Unless `weigh`, nodes that keep their latents say nothing about their causes.
    ///
    /// # Errors
    /// Names what isn't in the table; with `weigh` a node whose density can't be had, because its noise is inside its
    /// network, it has none, or it is a category.
    pub fn new(
        engine: &Engine,
        table: usize,
        free: &[String],
        asked: &[String],
        weigh: bool,
    ) -> Result<Self> {
        let model = &engine.models[table];
        let node = |name: &String| {
            let found = model.nodes.iter().position(|node| node.name == *name);
            found.ok_or_else(|| Error::run(&model.name, format!("there is no node {name}")))
        };
        let mut question = Self {
            free: vec![false; model.nodes.len()],
            weighed: vec![false; model.nodes.len()],
            asked: asked.iter().map(node).collect::<Result<_>>()?,
        };
        for name in free {
            question.free[node(name)?] = true;
        }
        for (index, node) in model.nodes.iter().enumerate() {
            let moved = node.locals.iter().any(|&i| question.free[i]);
            question.weighed[index] = weigh && moved && !question.free[index];
            let tractable = node.mechanism.categories == 0 && node.blend().is_some_and(|(_, own)| own > 0.0);
            if question.weighed[index] && !tractable {
                let place = format!("{}, node {}", model.name, node.name);
                return Err(Error::run(place, "the density of its latent can't be had"));
            }
        }
        Ok(question)
    }

    /// The nodes to evaluate first, each with its causes.
    fn need(&self, engine: &Engine, table: usize) -> Vec<bool> {
        let nodes = &engine.models[table].nodes;
        let mut need: Vec<bool> = self.free.iter().zip(&self.weighed).map(|(a, b)| *a || *b).collect();
        self.asked.iter().for_each(|&node| need[node] = true);
        for node in (0..need.len()).rev() {
            if need[node] {
                nodes[node].locals.iter().for_each(|&input| need[input] = true);
            }
        }
        need
    }

    /// The draws of numbers `draws` at `rows`, in order.
    pub fn draw(
        &self,
        engine: &Engine,
        keys: &dyn Keys,
        table: usize,
        rows: &[u64],
        draws: Range<u64>,
    ) -> Vec<Draw> {
        let fresh = || Draw { latents: vec![vec![]; self.asked.len()], weight: vec![] };
        let mut out: Vec<Draw> = draws.clone().map(|_| fresh()).collect();
        let need = self.need(engine, table);
        for rows in rows.chunks(engine.block(table)) {
            let mut block = Block::new(engine, keys, table, rows, false, &need);
            block.evaluate(&need);
            let held = self.held(&block);
            for (number, draw) in draws.clone().zip(&mut out) {
                let weight = self.again(&mut block, &held, number);
                draw.weight.extend_from_slice(&weight[..rows.len()]);
                for (out, &node) in draw.latents.iter_mut().zip(&self.asked) {
                    out.extend_from_slice(&block.latents[node][..rows.len()]);
                }
            }
        }
        out
    }

    /// The scores of free nodes none of whose causes moves: the same for every draw.
    fn held(&self, block: &Block<'_>) -> Vec<Option<Vec<f32>>> {
        let nodes = block.model.nodes.iter().zip(&self.free);
        nodes
            .map(|(node, &free)| {
                let moved = node.locals.iter().any(|&i| self.free[i]);
                (free && !moved && node.blend().is_some()).then(|| block.scores(node, 0))
            })
            .collect()
    }

    /// One draw into the block; its weights.
    fn again(&self, block: &mut Block<'_>, held: &[Option<Vec<f32>>], number: u64) -> Vec<f32> {
        let mut weight = vec![0.0; block.stride];
        let model = block.model;
        for (index, node) in model.nodes.iter().enumerate() {
            if self.free[index] {
                let latents = match (&node.mechanism.cause, &held[index]) {
                    (Cause::Source { source }, _) => block.source(node, source, number),
                    (_, Some(scores)) => block.decided(node, scores.clone(), number),
                    _ => block.decided(node, block.scores(node, number), number),
                };
                block.latents[index] = latents;
                block.embedded[index].take();
            } else if let (true, Some((signal, own))) = (self.weighed[index], node.blend()) {
                let scores = block.scores(node, number);
                for ((w, x), score) in weight.iter_mut().zip(&block.latents[index]).zip(&scores) {
                    let z = (x - signal * score) / own;
                    *w -= 0.5 * z * z;
                }
            }
        }
        weight
    }
}
