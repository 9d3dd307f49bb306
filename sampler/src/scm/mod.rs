//! Structural causal models: what causes what in a table, from drawing to calibrated ranks.
//!
//! Each table has a random directed acyclic graph. Its roots are exogenous (`source`); any other node embeds its inputs
//! (`curve`), aggregates them, decodes a **latent** (`mlp`, `eval`) and adds noise of its own (`noise`). Inputs are nodes of
//! the same row, values of parent rows, and a parent row's hidden trait, which makes siblings resemble each other
//! even where the parent has no columns. A value is a pure function of plan, names and row; weights are not in the plan,
//! they follow from names.
//!
//! Rooms: `layout` and `draw` (structure), `spec` (what the plan holds), `model` (names resolved), `eval` (a block of rows),
//! `store` (all tables, and the cache), `rank` (latent to rank), `fit` (calibration), `math`, `activation`, `draws`,
//! `wide` below.
//!
//! Bounds: at most three links of a table pass on values, so an uncached row costs at most 3^depth parent rows; a self
//! reference reads its parent row without that row's own self references.

mod activation;
mod curve;
mod draw;
mod draws;
mod eval;
mod fit;
mod layout;
mod math;
mod mlp;
mod model;
mod noise;
mod rank;
mod source;
mod spec;
mod store;
#[cfg(test)]
mod tests;
mod wide;

pub use fit::fit;

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::world::{Keys, Values};
use std::sync::Arc;
use store::Engine;

/// The fitted models of a plan.
pub struct Models {
    engine: Engine,
    keys: Arc<dyn Keys>,
}

impl Models {
    /// Errors unless every node of `plan` is fitted. Latents of parent rows are remembered within `cache_bytes`; whether
    /// they are moves no value.
    pub fn open(plan: &Plan, keys: Arc<dyn Keys>, cache_bytes: usize) -> Result<Self> {
        let engine = Engine::new(plan, cache_bytes)?;
        match engine.models.iter().zip(&plan.tables).find(|(model, _)| !model.calibrated()) {
            Some((_, table)) => {
                Err(Error::plan(&table.name, "its SCM is not calibrated; fit the plan first"))
            }
            None => Ok(Self { engine, keys }),
        }
    }

    /// The latents of every node of `table` at `rows`: one vector per node, in plan order. A category is its index.
    pub fn latents(&self, table: usize, rows: &[u64]) -> Vec<Vec<f32>> {
        let nodes: Vec<usize> = (0..self.engine.models[table].nodes.len()).collect();
        self.engine.latents(&*self.keys, table, false, &nodes, rows)
    }
}

impl Values for Models {
    /// Nodes asked for together share their causes: ask for all that are needed of a table at once.
    fn ranks(&self, table: usize, nodes: &[usize], rows: &[u64]) -> Vec<Vec<f64>> {
        let latents = self.engine.latents(&*self.keys, table, false, nodes, rows);
        let rank = |(&index, latents): (&usize, Vec<f32>)| {
            let node = &self.engine.models[table].nodes[index];
            let within = node.key.child("within");
            let of = |(&row, latent): (&u64, f32)| match node.rank.get() {
                Some(ranker) => ranker.rank(latent, || within.uniform(row, 0)),
                None => within.uniform(row, 0),
            };
            rows.iter().zip(latents).map(of).collect()
        };
        nodes.iter().zip(latents).map(rank).collect()
    }
}
