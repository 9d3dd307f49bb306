//! All tables' models together: evaluation of any rows, and the memory of parents' latents.

use super::curve::{Curve, Domain};
use super::eval::Block;
use super::mlp::LANES;
use super::model::Model;
use crate::error::Result;
use crate::plan::Plan;
use crate::world::Keys;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows per chunk of the cache.
const CHUNK: u64 = 4096;
/// A chunk is filled once it was asked for this many rows: a few rows never cost a chunk, and many cost little more.
const DEMAND: usize = 256;
/// Floats a block may hold.
const BLOCK: usize = 1 << 19;
/// Where a trait's curve ends.
const TRAIT_RANGE: f32 = 4.0;

#[derive(Debug)]
pub struct Engine {
    pub models: Vec<Model>,
    /// Per table: of whole rows, and of rows without their self references.
    caches: Vec<[Option<Cache>; 2]>,
    /// The latents of tables whose pilot was all of their rows, kept by who fitted them: one vector per node.
    whole: Vec<OnceLock<Vec<Vec<f32>>>>,
}

/// The latents of the nodes that other rows are caused by. Chunks are filled on demand and hold one run of rows per node.
#[derive(Debug)]
struct Cache {
    nodes: Vec<usize>,
    chunks: Vec<OnceLock<Vec<f32>>>,
    demand: Vec<AtomicUsize>,
}

impl Engine {
    /// The models of `plan`; those tables' latents are kept that fit into `cache_bytes` together, small ones first.
    pub fn new(plan: &Plan, cache_bytes: usize) -> Result<Self> {
        let models = (0..plan.tables.len()).map(|t| Model::new(plan, t)).collect::<Result<Vec<_>>>()?;
        let mut read: Vec<[Vec<usize>; 2]> = models.iter().map(|_| [vec![], vec![]]).collect();
        for door in models.iter().flat_map(|model| &model.doors) {
            read[door.parent][usize::from(door.itself)].extend(&door.values);
        }
        let mut wanted = Vec::new();
        for (table, kinds) in read.iter_mut().enumerate() {
            for (kind, nodes) in kinds.iter_mut().enumerate().filter(|(_, nodes)| !nodes.is_empty()) {
                nodes.sort_unstable();
                nodes.dedup();
                let bytes = u128::from(models[table].rows.next_multiple_of(CHUNK)) * nodes.len() as u128 * 4;
                wanted.push((bytes, table, kind));
            }
        }
        wanted.sort_unstable();
        let mut caches: Vec<[Option<Cache>; 2]> = models.iter().map(|_| [None, None]).collect();
        let mut left = cache_bytes as u128;
        for (bytes, table, kind) in wanted {
            let Some(rest) = left.checked_sub(bytes) else { break };
            left = rest;
            let count = models[table].rows.div_ceil(CHUNK);
            caches[table][kind] = Some(Cache {
                nodes: std::mem::take(&mut read[table][kind]),
                chunks: (0..count).map(|_| OnceLock::new()).collect(),
                demand: (0..count).map(|_| AtomicUsize::new(0)).collect(),
            });
        }
        let whole = models.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { models, caches, whole })
    }

    /// Keeps the latents of all rows of `table`, for as long as the engine lives.
    pub fn keep(&self, table: usize, latents: Vec<Vec<f32>>) {
        let _ = self.whole[table].set(latents);
    }

    /// Latents of `nodes` at `rows`, where they are kept.
    fn kept(&self, table: usize, rooted: bool, nodes: &[usize], rows: &[u64]) -> Option<Vec<Vec<f32>>> {
        let whole = self.whole[table].get().filter(|_| !rooted)?;
        Some(nodes.iter().map(|&node| rows.iter().map(|&row| whole[node][row as usize]).collect()).collect())
    }

    /// How many rows of `table` are evaluated at a time.
    pub fn block(&self, table: usize) -> usize {
        (BLOCK / self.models[table].footprint()).clamp(2 * LANES, 256).next_multiple_of(LANES)
    }

    /// What the encoder of foreign value `f` of `table` is fed with.
    pub fn domain(&self, table: usize, f: usize) -> Domain {
        let model = &self.models[table];
        let entry = &model.foreign[f];
        let door = &model.doors[entry.door];
        match entry.value {
            Some(value) => self.models[door.parent].nodes[door.values[value]].domain(),
            None => Domain::Range(-TRAIT_RANGE, TRAIT_RANGE),
        }
    }

    /// The encoder of foreign value `f` of `table`, tabulated.
    pub fn curve(&self, table: usize, f: usize) -> &Curve {
        let model = &self.models[table];
        let entry = &model.foreign[f];
        entry.curve.get_or_init(|| {
            let Model { width, standard, .. } = *model;
            Curve::new(&entry.spec.encoder, self.domain(table, f), model.knots(), width, standard, entry.key)
        })
    }

    /// The latents of `nodes` at `rows`: one vector per node.
    pub fn latents(
        &self,
        keys: &dyn Keys,
        table: usize,
        rooted: bool,
        nodes: &[usize],
        rows: &[u64],
    ) -> Vec<Vec<f32>> {
        if let Some(found) = self.kept(table, rooted, nodes, rows) {
            return found;
        }
        let model = &self.models[table];
        let mut need = vec![false; model.nodes.len()];
        nodes.iter().for_each(|&node| need[node] = true);
        for node in (0..need.len()).rev() {
            if need[node] {
                model.nodes[node].locals.iter().for_each(|&input| need[input] = true);
            }
        }
        let size = self.block(table);
        let mut out: Vec<Vec<f32>> = nodes.iter().map(|_| Vec::with_capacity(rows.len())).collect();
        for rows in rows.chunks(size) {
            let latents = Block::new(self, keys, table, rows, rooted, &need).run(&need);
            for (out, &node) in out.iter_mut().zip(nodes) {
                out.extend_from_slice(&latents[node][..rows.len()]);
            }
        }
        out
    }

    /// Whether all of `nodes` are remembered, because other rows are caused by them.
    pub fn keeps(&self, table: usize, nodes: &[usize]) -> bool {
        self.caches[table][0]
            .as_ref()
            .is_some_and(|cache| nodes.iter().all(|node| cache.nodes.contains(node)))
    }

    /// The same as `latents`, through the cache.
    pub fn gather(
        &self,
        keys: &dyn Keys,
        table: usize,
        rooted: bool,
        nodes: &[usize],
        rows: &[u64],
    ) -> Vec<Vec<f32>> {
        if let Some(found) = self.kept(table, rooted, nodes, rows) {
            return found;
        }
        let cache = self.caches[table][usize::from(rooted)].as_ref();
        if let Some(found) = cache.and_then(|cache| cache.read(nodes, rows)) {
            return found;
        }
        let mut distinct = rows.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        if let Some(cache) = cache {
            for run in distinct.chunk_by(|a, b| a / CHUNK == b / CHUNK) {
                let fill = |rows: &[u64]| self.latents(keys, table, rooted, &cache.nodes, rows).concat();
                cache.ask(run, self.models[table].rows, fill);
            }
            if let Some(found) = cache.read(nodes, rows) {
                return found;
            }
        }
        let columns = self.latents(keys, table, rooted, nodes, &distinct);
        let places: Vec<usize> =
            rows.iter().map(|row| distinct.partition_point(|other| other < row)).collect();
        columns.into_iter().map(|column| places.iter().map(|&place| column[place]).collect()).collect()
    }
}

impl Cache {
    /// The values at `rows`, if all their chunks are filled.
    fn read(&self, nodes: &[usize], rows: &[u64]) -> Option<Vec<Vec<f32>>> {
        let chunks: Option<Vec<&Vec<f32>>> =
            rows.iter().map(|row| self.chunks.get((row / CHUNK) as usize)?.get()).collect();
        let chunks = chunks?;
        let column = |node: &usize| {
            let slot = self.nodes.iter().position(|other| other == node)?;
            let value = |(chunk, row): (&&Vec<f32>, &u64)| {
                chunk.get(slot * (chunk.len() / self.nodes.len()) + (row % CHUNK) as usize).copied()
            };
            chunks.iter().zip(rows).map(value).collect()
        };
        nodes.iter().map(column).collect()
    }

    /// Notes that `run`, rows of one chunk, are asked for, and fills the chunk when that is worth it.
    fn ask(&self, run: &[u64], rows: u64, fill: impl FnOnce(&[u64]) -> Vec<f32>) {
        let Some(chunk) = run.first().map(|row| row / CHUNK) else { return };
        let start = chunk * CHUNK;
        let end = (start + CHUNK).min(rows);
        let (Some(cell), Some(demand)) = (self.chunks.get(chunk as usize), self.demand.get(chunk as usize))
        else {
            return;
        };
        let worth = DEMAND.min((end - start) as usize);
        if cell.get().is_none() && demand.fetch_add(run.len(), Ordering::Relaxed) + run.len() >= worth {
            cell.get_or_init(|| fill(&(start..end).collect::<Vec<_>>()));
        }
    }
}
