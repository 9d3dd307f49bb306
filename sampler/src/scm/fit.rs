//! Calibration: every model is drawn, then evaluated on a pilot, and what was measured is written into the plan.

use super::Models;
use super::draw;
use super::draws::Draws;
use super::eval::Block;
use super::model::{Node, Ranker};
use super::params::Params;
use super::rank::{self, Cdf};
use super::spec::{self, Fit, Rank, short};
use super::store::Engine;
use crate::error::Result;
use crate::plan::{Plan, Table};
use crate::world::Keys;
use std::sync::{Arc, OnceLock};

/// Rows of a pilot, and the floats it may hold.
const PILOT: u64 = 4096;
/// The published prior's tables are small and many, and nothing is standardised by the pilot there: it is all rows of a
/// table of up to `SMALL`, else a few.
const SMALL: u64 = 2048;
const SMALL_PILOT: u64 = 512;
const FLOATS: usize = 1 << 25;
/// Parents' latents kept while fitting and for the rows after it, and as much for tables whose pilot is all of their rows.
const CACHE: usize = 256 << 20;

/// `plan` with the model of every table drawn (where it has no nodes) and calibrated on a pilot of up to 4,096 rows
/// spread evenly over the table. A fitted plan comes back as it is.
///
/// With it come its models: what the pilot computed they know already.
///
/// Errors name the table and node whose model doesn't resolve.
pub fn fit(mut plan: Plan, keys: Arc<dyn Keys>) -> Result<(Plan, Models)> {
    let fresh: Vec<bool> = plan.tables.iter().map(|table| !fitted(table)).collect();
    for (index, &fresh) in fresh.iter().enumerate() {
        if plan.tables[index].scm.nodes.is_empty() {
            plan.tables[index].scm = draw::draw(&plan, index, span(&*keys, index))?;
        }
        if fresh {
            // Half a calibration would mix with the new one.
            plan.tables[index].scm.nodes.iter_mut().for_each(|node| node.fit = None);
        }
    }
    let mut engine = Engine::new(&plan, CACHE)?;
    let mut left = CACHE;
    for index in (0..fresh.len()).filter(|&index| fresh[index]) {
        let params = Params::of(&plan.tables[index].scm.prior, &plan.tables[index].name)?;
        calibrate(&mut engine, &*keys, index, &params, &mut left)?;
        let table = &mut plan.tables[index];
        for (node, model) in table.scm.nodes.iter_mut().zip(&engine.models[index].nodes) {
            node.fit = Some(spec::write(&frozen(model), &table.name)?);
        }
    }
    Ok((plan, Models { engine, keys }))
}

fn fitted(table: &Table) -> bool {
    !table.scm.nodes.is_empty() && table.scm.nodes.iter().all(|node| node.fit.is_some())
}

/// The first and last time of a table that has time.
fn span(keys: &dyn Keys, table: usize) -> Option<[i64; 2]> {
    let mut times = Vec::new();
    keys.times(table, &evenly(keys.rows(table), 64), &mut times);
    let (first, last) = (times.iter().min()?, times.iter().max()?);
    (first < last).then_some([*first, *last])
}

/// `count` rows (or all) spread evenly over 0..rows.
fn evenly(rows: u64, count: u64) -> Vec<u64> {
    let count = rows.min(count);
    (0..count)
        .map(|k| ((u128::from(k) * 2 + 1) * u128::from(rows) / (2 * u128::from(count))) as u64)
        .collect()
}

/// Evaluation sets every scale that isn't set yet: so the pilot is simply evaluated first. Self references are left out
/// the first time, because what they read is only calibrated by it; ranks are taken from the second. Latents of all rows
/// are kept while bytes are `left`.
fn calibrate(
    engine: &mut Engine,
    keys: &dyn Keys,
    index: usize,
    params: &Params,
    left: &mut usize,
) -> Result<()> {
    let model = &engine.models[index];
    let most = (FLOATS / model.footprint()).max(256) as u64;
    let pilot = match model.standard {
        true => PILOT,
        false if model.rows <= SMALL => SMALL,
        false => SMALL_PILOT,
    };
    let rows = evenly(model.rows, most.min(pilot));
    let need = vec![true; model.nodes.len()];
    let mut latents = Block::new(engine, keys, index, &rows, true, &need).run(&need);
    if engine.models[index].doors.iter().any(|door| door.itself) {
        let model = &mut engine.models[index];
        for entry in model.foreign.iter_mut().filter(|entry| model.doors[entry.door].itself) {
            // Made before the range was known of what it encodes.
            entry.curve = OnceLock::new();
        }
        latents = Block::new(engine, keys, index, &rows, false, &need).run(&need);
    }
    let model = &engine.models[index];
    for (node, latent) in model.nodes.iter().zip(&latents) {
        let rank = ranks(node, &latent[..rows.len()], params);
        let _ = node.rank.set(Ranker::new(rank, &format!("{}, node {}", model.name, node.name))?);
    }
    let bytes = latents.len() * rows.len() * size_of::<f32>();
    if rows.len() as u64 == model.rows && bytes <= *left {
        *left -= bytes;
        latents.iter_mut().for_each(|latent| latent.truncate(rows.len()));
        engine.keep(index, latents);
    }
    Ok(())
}

fn ranks(node: &Node, latents: &[f32], params: &Params) -> Rank {
    let (categories, cut) = (node.mechanism.categories as usize, node.mechanism.cut as usize);
    if categories.max(cut) == 0 {
        return Rank::Number { cdf: Cdf::fit(latents) };
    }
    let (cuts, labels) = if categories == 0 { cuts(node, latents, cut, params) } else { (vec![], vec![]) };
    let mut counts = vec![0; categories.max(cut)];
    for &latent in latents {
        if let Some(count) = counts.get_mut(Ranker::category(latent, &cuts, &labels)) {
            *count += 1;
        }
    }
    Rank::Category { shares: rank::shares(&counts), cuts, labels }
}

/// Lazy propagation: a number is cut at random data points; labels are permuted with probability U(0.3, 1) and reversed with
/// probability U(0.2, 0.8).
fn cuts(node: &Node, latents: &[f32], pieces: usize, params: &Params) -> (Vec<f64>, Vec<u32>) {
    let mut draws = Draws::new(node.key.child("cuts"));
    let mut cuts: Vec<f64> =
        (1..pieces).map(|_| latents.get(draws.below(latents.len())).map_or(0.0, |&x| short(x))).collect();
    cuts.sort_by(f64::total_cmp);
    let mut labels: Vec<u32> = (0..pieces as u32).collect();
    let permuted = params.cat_label_permute_prob_choices.number(&mut draws);
    let reversed = params.cat_label_reverse_prob_choices.number(&mut draws);
    if draws.chance(permuted) {
        draws.shuffle(&mut labels);
    }
    if draws.chance(reversed) {
        labels.reverse();
    }
    (cuts, labels)
}

fn frozen(node: &Node) -> Fit {
    Fit {
        decoded: node.decoded.get().copied(),
        signal: node.signal.get().copied(),
        scores: node.scores.get().cloned().unwrap_or_default(),
        range: node.range.get().copied().unwrap_or_default(),
        rank: node
            .rank
            .get()
            .map_or_else(|| Rank::Number { cdf: Cdf::default() }, |ranker| ranker.spec.clone()),
    }
}
