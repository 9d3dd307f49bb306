//! A table's model, its names resolved: what `eval` runs. Weights and curves are made on first use.

use super::curve::{Curve, Domain};
use super::eval::OWN;
use super::mlp::Network;
use super::noise::Beta;
use super::rank::{self, Ladder};
use super::source::{Exogenous, Source};
use super::spec::{self, Cause, Fit, Foreign, Mechanism, Noise, Rank, Scale, TRAIT};
use crate::error::{Error, Result};
use crate::plan::{Plan, PriorName, Table};
use crate::rng::Key;
use std::sync::OnceLock;

#[derive(Debug)]
pub struct Model {
    pub name: String,
    pub rows: u64,
    pub width: usize,
    pub standard: bool,
    /// The links whose parents are causes.
    pub doors: Vec<Door>,
    pub foreign: Vec<Entry>,
    pub nodes: Vec<Node>,
}

/// A causal link, and the parent's nodes that are read through it.
#[derive(Debug)]
pub struct Door {
    pub link: usize,
    /// The parent's table, which is this one in a self reference.
    pub parent: usize,
    pub itself: bool,
    pub values: Vec<usize>,
    pub hidden: Key,
}

/// One foreign value: `value` is a place in its door's `values`, None for the trait.
#[derive(Debug)]
pub struct Entry {
    pub door: usize,
    pub value: Option<usize>,
    pub spec: Foreign,
    pub key: Key,
    pub curve: OnceLock<Curve>,
}

#[derive(Debug)]
pub struct Node {
    pub name: String,
    pub key: Key,
    pub mechanism: Mechanism,
    pub locals: Vec<usize>,
    pub foreigns: Vec<usize>,
    pub exogenous: Option<Exogenous>,
    /// The table and link that `Source::Popularity` names.
    pub popularity: Option<(usize, usize)>,
    pub beta: Option<Beta>,
    pub network: OnceLock<Network>,
    pub curve: OnceLock<Curve>,
    /// Calibration: from the plan, or by the first rows that are evaluated, which are the pilot.
    pub decoded: OnceLock<Scale>,
    pub signal: OnceLock<Scale>,
    pub scores: OnceLock<Vec<Scale>>,
    pub range: OnceLock<[f64; 2]>,
    pub rank: OnceLock<Ranker>,
}

/// A `Rank` ready to run.
#[derive(Debug)]
pub struct Ranker {
    pub spec: Rank,
    ladder: Option<Ladder>,
}

impl Ranker {
    pub fn new(spec: Rank, place: &str) -> Result<Self> {
        let broken = || Error::plan(place, "the fit's rank is not one: knots must rise; fit the plan anew");
        let ladder = match &spec {
            Rank::Number { cdf } => Some(Ladder::new(cdf).ok_or_else(broken)?),
            Rank::Category { shares, cuts, labels } => {
                let apart = cuts.is_empty() || labels.len() == shares.len() && cuts.len() < shares.len();
                if !apart || labels.iter().any(|&label| label as usize >= shares.len()) {
                    return Err(broken());
                }
                None
            }
        };
        Ok(Self { spec, ladder })
    }

    /// The category that a latent falls into.
    pub fn category(latent: f32, cuts: &[f64], labels: &[u32]) -> usize {
        if labels.is_empty() {
            return latent as usize;
        }
        let piece = cuts.partition_point(|&cut| (cut as f32) < latent);
        labels.get(piece).map_or(0, |&label| label as usize)
    }

    #[inline]
    pub fn rank(&self, latent: f32, within: impl FnOnce() -> f64) -> f64 {
        match (&self.ladder, &self.spec) {
            (Some(ladder), _) => ladder.rank(latent, within),
            (None, Rank::Category { shares, cuts, labels }) => {
                rank::categorical(shares, Self::category(latent, cuts, labels), within())
            }
            (None, Rank::Number { .. }) => within(),
        }
    }
}

impl Node {
    /// What an encoder of this node is fed with; of use once the node is calibrated.
    pub fn domain(&self) -> Domain {
        match (self.mechanism.categories, self.range.get()) {
            (0, Some(&[low, high])) => Domain::Range(low as f32, high as f32),
            (0, None) => Domain::Range(0.0, 0.0),
            (count, _) => Domain::Categories(count),
        }
    }

    /// The encoder by which the node's latents reach those it causes, tabulated.
    pub fn curve(&self, model: &Model) -> &Curve {
        self.curve.get_or_init(|| {
            let key = self.key.child("encoder");
            let Model { width, standard, .. } = *model;
            Curve::new(&self.mechanism.encoder, self.domain(), model.knots(), width, standard, key)
        })
    }

    /// The network from what an inner node's causes join to, to its scores.
    pub fn decoder(&self, model: &Model) -> Option<&Network> {
        let Cause::Inner { decoder, .. } = &self.mechanism.cause else { return None };
        let (width, categories) = (model.width, self.mechanism.categories as usize);
        Some(self.network.get_or_init(|| {
            let key = self.key.child("decoder");
            if categories == 0 {
                Network::new(decoder, width, width, 1, key)
            } else {
                Network::scores(decoder, width, categories, key)
            }
        }))
    }

    /// The calibrated ranks of latents at `rows`; `draw` addresses the place inside an atom or a category.
    pub fn ranks(&self, latents: &[f32], rows: &[u64], draw: u64) -> Vec<f64> {
        let within = self.key.child("within");
        let of = |(&row, &latent): (&u64, &f32)| match self.rank.get() {
            Some(ranker) => ranker.rank(latent, || within.uniform(row, draw)),
            None => within.uniform(row, draw),
        };
        rows.iter().zip(latents).map(of).collect()
    }

    /// The key of the node's own noise: as the rows have it for draw `OWN`, else as they might have had it.
    pub fn noise(&self, draw: u64) -> Key {
        if draw == OWN { self.key.child("noise") } else { self.key.child("redrawn").at(draw) }
    }

    /// The weights of signal and own noise in the latent of an inner node of the default prior.
    pub fn blend(&self) -> Option<(f32, f32)> {
        match &self.mechanism.cause {
            Cause::Inner { noise: Noise::Gaussian { share }, .. } => {
                Some(((1.0 - share).max(0.0).sqrt() as f32, share.max(0.0).sqrt() as f32))
            }
            _ => None,
        }
    }

    fn calibrate(&self, fit: Fit, place: &str) -> Result<()> {
        let _ = self.rank.set(Ranker::new(fit.rank, place)?);
        let _ = self.range.set(fit.range);
        let _ = fit.decoded.map(|scale| self.decoded.set(scale));
        let _ = fit.signal.map(|scale| self.signal.set(scale));
        let _ = (!fit.scores.is_empty()).then(|| self.scores.set(fit.scores));
        Ok(())
    }
}

impl Model {
    /// The model of table `index`; calibrated where the plan is.
    pub fn new(plan: &Plan, index: usize) -> Result<Self> {
        let table = &plan.tables[index];
        let key = Key::new(plan.seed, &[&table.name, "scm"]);
        let width = table.scm.prior.width;
        if !(1..=512).contains(&width) {
            return Err(Error::plan(
                &table.name,
                format!("the prior's width is {width}; it must be 1 to 512"),
            ));
        }
        let mut doors = Vec::new();
        let foreign = table
            .scm
            .foreign
            .iter()
            .map(|raw| entry(plan, index, spec::read(raw, &table.name)?, &mut doors, key));
        let foreign = foreign.collect::<Result<Vec<_>>>()?;
        let mut model = Self {
            name: table.name.clone(),
            rows: table.rows,
            width,
            standard: table.scm.prior.name == PriorName::Default,
            doors,
            foreign,
            nodes: Vec::with_capacity(table.scm.nodes.len()),
        };
        for position in 0..table.scm.nodes.len() {
            model.nodes.push(node(plan, table, position, &model.foreign, key)?);
        }
        Ok(model)
    }

    pub fn calibrated(&self) -> bool {
        self.nodes.iter().all(|node| node.rank.get().is_some())
    }

    /// Knots of a tabulated encoder of numbers.
    pub fn knots(&self) -> usize {
        if self.standard { 64 } else { 96 }
    }

    /// Numbers held per row while a block is evaluated.
    pub fn footprint(&self) -> usize {
        (self.nodes.len() + self.foreign.len() + 1) * (self.width + 1)
    }
}

fn entry(plan: &Plan, index: usize, spec: Foreign, doors: &mut Vec<Door>, key: Key) -> Result<Entry> {
    let table = &plan.tables[index];
    let place = format!("{}, cause {}", table.name, spec.input());
    let missing = |what: &str| Error::plan(&place, format!("no such {what}; fit the plan anew"));
    let link = table.links.iter().position(|link| link.name == spec.link).ok_or_else(|| missing("link"))?;
    let parent = plan.tables[..=index].iter().position(|other| other.name == table.links[link].parent);
    let parent = parent.ok_or_else(|| missing("table before this one"))?;
    let door = doors.iter().position(|door| door.link == link).unwrap_or_else(|| {
        let hidden = key.child("trait").child(&spec.link);
        doors.push(Door { link, parent, itself: parent == index, values: vec![], hidden });
        doors.len() - 1
    });
    let value = if spec.node == TRAIT {
        None
    } else {
        let nodes = &plan.tables[parent].scm.nodes;
        let found = nodes.iter().position(|node| node.name == spec.node).ok_or_else(|| missing("node"))?;
        doors[door].values.push(found);
        Some(doors[door].values.len() - 1)
    };
    let key = key.child("foreign").child(&spec.link).child(&spec.node);
    Ok(Entry { door, value, spec, key, curve: OnceLock::new() })
}

fn node(plan: &Plan, table: &Table, position: usize, foreign: &[Entry], key: Key) -> Result<Node> {
    let spec = &table.scm.nodes[position];
    let place = format!("{}, node {}", table.name, spec.name);
    let mechanism: Mechanism = spec::read(&spec.mechanism, &place)?;
    let key = key.child("node").child(&spec.name);
    let mut node = Node {
        name: spec.name.clone(),
        key,
        locals: vec![],
        foreigns: vec![],
        exogenous: None,
        popularity: None,
        beta: None,
        network: OnceLock::new(),
        curve: OnceLock::new(),
        decoded: OnceLock::new(),
        signal: OnceLock::new(),
        scores: OnceLock::new(),
        range: OnceLock::new(),
        rank: OnceLock::new(),
        mechanism,
    };
    match &node.mechanism.cause {
        Cause::Source { source: Source::Popularity { table, link } } => {
            let found = plan.tables.iter().position(|other| other.name == *table).and_then(|index| {
                let position = plan.tables[index].links.iter().position(|other| other.name == *link)?;
                Some((index, position))
            });
            node.popularity = Some(found.ok_or_else(|| {
                Error::plan(&place, format!("there is no link {link} of {table}; fit the plan anew"))
            })?);
        }
        Cause::Source { source } => node.exogenous = Some(Exogenous::new(source, key, table.rows)),
        Cause::Inner { local, weights, noise, .. } => {
            if weights.len() != spec.inputs.len() || *local > weights.len() || weights.is_empty() {
                return Err(Error::plan(&place, "inputs and weights differ in number; fit the plan anew"));
            }
            let missing = |name: &String| {
                Error::plan(&place, format!("its input {name} is not known; fit the plan anew"))
            };
            for name in &spec.inputs[..*local] {
                let earlier = table.scm.nodes[..position].iter().position(|other| other.name == *name);
                node.locals.push(earlier.ok_or_else(|| missing(name))?);
            }
            for name in &spec.inputs[*local..] {
                let known = foreign.iter().position(|entry| entry.spec.input() == *name);
                node.foreigns.push(known.ok_or_else(|| missing(name))?);
            }
            if let Noise::Beta { a, b } = noise {
                node.beta = Some(Beta::quick(*a, *b));
            }
        }
    }
    if let Some(raw) = &spec.fit {
        node.calibrate(spec::read(raw, &place)?, &place)?;
    }
    Ok(node)
}
