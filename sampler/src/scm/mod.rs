//! Structural causal models: what causes what in a table, from drawing to calibrated ranks.
//!
//! Each table has a random directed acyclic graph. Its roots are exogenous (`source`); any other node embeds its inputs
//! (`curve`), aggregates them, decodes a **latent** (`mlp`, `eval`) and adds noise of its own (`noise`). Inputs are nodes of
//! the same row, values of parent rows, and a parent row's hidden trait, which makes siblings resemble each other
//! even where the parent has no columns. How popular a row is by the key laws of the links to it is a root too. A value is a pure function of plan, names and row; weights are not in the plan,
//! they follow from names.
//!
//! Rooms: `layout`, `wiring` and `draw` (structure), `spec` (what the plan holds), `model` (names resolved), `eval` (a block of rows),
//! `store` (all tables, and the cache), `rank` (latent to rank), `fit` (calibration), `params` (of the published prior),
//! `math`, `activation`, `draws`, `wide` below. For those who want the truth behind the rows: `redraw` (what might have
//! been), `tabulate` (the functions).
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
mod params;
mod rank;
mod redraw;
mod source;
mod spec;
mod store;
mod tabulate;
#[cfg(test)]
mod tests;
mod wide;
mod wiring;

pub use fit::fit;

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::world::{Keys, NONE, Values};
use eval::OWN;
use redraw::Draw;
pub use redraw::Question;
use std::ops::Range;
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

    /// Name of each node of `table`, and its number of categories (0: a number).
    pub fn nodes(&self, table: usize) -> impl Iterator<Item = (&str, u32)> {
        self.engine.models[table].nodes.iter().map(|node| (node.name.as_str(), node.mechanism.categories))
    }

    /// Every causal link of `table`: its name and index, and, where it is a cause, the hidden trait of its parent at `rows`
    /// (NaN without a parent).
    pub fn doors(&self, table: usize, rows: &[u64]) -> Vec<(String, usize, Option<Vec<f32>>)> {
        let model = &self.engine.models[table];
        let read = |door: usize| {
            let entry = model.foreign.iter().find(|entry| entry.door == door && entry.value.is_none())?;
            let mut parents = Vec::new();
            self.keys.parents(table, model.doors[entry.door].link, rows, &mut parents);
            let mut values = vec![0.0; rows.len()];
            noise::normals(model.doors[door].hidden, &parents, &mut values);
            let absent = |(&parent, value): (&u64, f32)| if parent == NONE { f32::NAN } else { value };
            Some(parents.iter().zip(values).map(absent).collect())
        };
        let doors = model.doors.iter().enumerate().filter_map(|(d, door)| {
            let entry = model.foreign.iter().find(|entry| entry.door == d)?;
            Some((entry.spec.link.clone(), door.link, read(d)))
        });
        doors.collect()
    }

    /// The functions of `table`'s model, as JSON (see `tabulate`).
    pub fn tables(&self, table: usize) -> serde_json::Value {
        tabulate::tables(&self.engine, table)
    }

    /// What is to be drawn anew (see `Question::new`).
    ///
    /// # Errors
    /// As `Question::new`.
    pub fn question(&self, table: usize, free: &[String], asked: &[String], weigh: bool) -> Result<Question> {
        Question::new(&self.engine, table, free, asked, weigh)
    }

    /// Draws `draws` of a question about `rows`: per draw the ranks of the nodes asked for, and its log-weights.
    pub fn redraw(
        &self,
        table: usize,
        question: &Question,
        rows: &[u64],
        draws: Range<u64>,
    ) -> Vec<(Vec<Vec<f64>>, Vec<f32>)> {
        let drawn = question.draw(&self.engine, &*self.keys, table, rows, draws.clone());
        let nodes = &self.engine.models[table].nodes;
        let ranked = |(number, draw): (u64, Draw)| {
            let each = question.asked.iter().zip(&draw.latents);
            (each.map(|(&node, latents)| nodes[node].ranks(latents, rows, number)).collect(), draw.weight)
        };
        draws.zip(drawn).map(ranked).collect()
    }
}

impl Values for Models {
    /// Nodes asked for together share their causes: ask for all that are needed of a table at once.
    fn ranks(&self, table: usize, nodes: &[usize], rows: &[u64]) -> Vec<Vec<f64>> {
        let latents = if self.engine.keeps(table, nodes) {
            self.engine.gather(&*self.keys, table, false, nodes, rows)
        } else {
            self.engine.latents(&*self.keys, table, false, nodes, rows)
        };
        let rank = |(&index, latents): (&usize, Vec<f32>)| {
            self.engine.models[table].nodes[index].ranks(&latents, rows, OWN)
        };
        nodes.iter().zip(latents).map(rank).collect()
    }
}
