//! The drawing of a table's model: graph, who stands where, which parents' values are causes, mechanisms.

use super::draws::{Draws, round4};
use super::layout::Layout;
use super::mlp::Mlp;
use super::params::{Mode, Params, Stype};
use super::source::{Series, Source};
use super::spec::{self, Aggregation, Cause, Foreign, Mechanism, Noise, TRAIT};
use super::wiring::{Edges, causes, connect, join, links_to, names, strongest};
use crate::error::Result;
use crate::plan::{Axis, Law, Link, Micros, Node, Plan, PriorName, Scm, Table};
use crate::rng::Key;
use serde::Deserialize;

/// Links whose parents' values are read: each is one more row to evaluate, and theirs again, so few keep a row cheap.
const VALUED: usize = 3;
/// The default prior's causes from one link, and from all.
const PER_LINK: usize = 3;
const FOREIGN: usize = 8;
/// The default prior keeps the strongest edges of a node, so that each shows; the published one is bounded by this, so that a
/// dense graph over a thousand columns stays usable.
const STRONGEST: usize = 3;
const DENSEST: usize = 64;

/// The law of a graph's edge weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    Gaussian,
    LogNormal,
    Cauchy,
    Uniform,
}

impl Weight {
    fn draw(self, draws: &mut Draws) -> f64 {
        match self {
            Self::Gaussian => draws.normal(),
            Self::LogNormal => libm::exp(draws.normal()),
            Self::Cauchy => draws.cauchy(),
            Self::Uniform => draws.range(-2.0, 2.0),
        }
    }
}

/// The model of table `index`, uncalibrated. Tables before it are drawn. `span`: its first and last time, if it has any.
pub fn draw(plan: &Plan, index: usize, span: Option<[Micros; 2]>) -> Result<Scm> {
    let table = &plan.tables[index];
    let key = Key::new(plan.seed, &[&table.name, "scm", "structure"]);
    let mut draws = Draws::new(key);
    let published = table.scm.prior.name == PriorName::Plurel;
    let params = Params::of(&table.scm.prior, &table.name)?;
    let count = table.scm.wanted.len();
    let hidden = if published {
        (count as f64 / params.scm_col_node_perc_choices.number(&mut draws)).ceil() as usize + 3
    } else {
        count.div_ceil(4) + 1
    };
    let layout = match &table.scm.prior.layout {
        Some(name) => Layout::named(name, &table.name)?,
        None => Layout::named(&params.scm_layout_choices.name(&mut draws), &table.name)?,
    };
    let law = params.edge_weight_dist_choices.pick(&mut draws);
    let graph = layout.parents(count + hidden, &params, &mut draws);
    let mut edges: Vec<Edges> = graph
        .into_iter()
        .map(|list| {
            let weighed = list.into_iter().map(|i| (i, law.draw(&mut draws))).collect();
            strongest(weighed, if published { DENSEST } else { STRONGEST })
        })
        .collect();
    let mut names = names(table, &edges, published, &mut draws);
    let mut popular = Vec::new();
    if !published {
        connect(table, &mut edges, &names, &mut draws);
        popular = links_to(plan, index, &mut draws);
        join(table, popular.len(), &mut edges, &mut names, &mut draws);
    }
    let kept = if published { causes(table, &edges, &names) } else { vec![true; names.len()] };
    let lazy = published && params.propagation_mode_choices.pick(&mut draws) == Mode::TypeLazy;
    let foreign = foreign(plan, index, &names, key, published.then_some(&params));
    let drawer = Drawer {
        table,
        key,
        published,
        lazy,
        span,
        params: &params,
        edges: &edges,
        names: &names,
        popular: &popular,
        foreign: &foreign,
    };
    let mut scm = Scm { layout: layout.name(), ..table.scm.clone() };
    let kept = (0..names.len()).filter(|&position| kept[position]);
    scm.nodes = kept.map(|position| drawer.node(position)).collect::<Result<_>>()?;
    scm.foreign = foreign.iter().map(|entry| spec::write(entry, &table.name)).collect::<Result<_>>()?;
    Ok(scm)
}

/// The causes from parent rows: values of up to three links' parents, and in the default prior the parents' hidden traits.
/// First comes the driver, then the links whose parents know most.
fn foreign(plan: &Plan, index: usize, names: &[String], key: Key, params: Option<&Params>) -> Vec<Foreign> {
    let published = params.is_some();
    let table = &plan.tables[index];
    let mut links: Vec<(&Link, Vec<String>)> = table
        .links
        .iter()
        .filter(|link| link.causal)
        .filter_map(|link| {
            let parent = plan.tables[..=index].iter().position(|other| other.name == link.parent)?;
            Some((link, visible(plan, index, parent, names, key.child(&link.name), published)))
        })
        .collect();
    let drives = |link: &Link| matches!(link.law, Law::Driver { .. });
    links.sort_by(|a, b| {
        drives(b.0).cmp(&drives(a.0)).then(b.1.len().cmp(&a.1.len())).then(a.0.name.cmp(&b.0.name))
    });
    let mut picked: Vec<(&Link, String)> = Vec::new();
    if published {
        for (link, nodes) in links.iter().take(VALUED) {
            picked.extend(nodes.iter().map(|node| (*link, node.clone())));
        }
    } else {
        picked.extend(links.iter().take(FOREIGN - VALUED).map(|(link, _)| (*link, TRAIT.to_string())));
        for round in 0..PER_LINK {
            let values = links
                .iter()
                .take(VALUED)
                .filter_map(|(link, nodes)| Some((*link, nodes.get(round)?.clone())));
            picked.extend(values);
        }
        picked.truncate(FOREIGN);
    }
    let entry = |(link, node): (&Link, String)| {
        let mut draws = Draws::new(key.child("foreign").child(&link.name).child(&node));
        Foreign { link: link.name.clone(), node, encoder: network(&mut draws, params) }
    };
    picked.into_iter().map(entry).collect()
}

/// A parent's nodes in the order they are to be used: those of its columns, shuffled; where it has none, its last hidden ones.
fn visible(
    plan: &Plan,
    index: usize,
    parent: usize,
    names: &[String],
    key: Key,
    published: bool,
) -> Vec<String> {
    let other = &plan.tables[parent];
    let mut nodes: Vec<String> =
        other.scm.wanted.iter().filter(|wanted| !wanted.leaf).map(|wanted| wanted.name.clone()).collect();
    if nodes.is_empty() && !published {
        let hidden: Vec<String> = if parent == index {
            names.to_vec()
        } else {
            other.scm.nodes.iter().map(|node| node.name.clone()).collect()
        };
        return hidden.into_iter().rev().take(PER_LINK).collect();
    }
    Draws::new(key).shuffle(&mut nodes);
    nodes
}

fn network(draws: &mut Draws, params: Option<&Params>) -> Mlp {
    match params {
        Some(params) => Mlp::published(draws, params),
        None => Mlp::draw(draws, (2, 3), 0.5),
    }
}

struct Drawer<'a> {
    table: &'a Table,
    key: Key,
    published: bool,
    lazy: bool,
    span: Option<[Micros; 2]>,
    params: &'a Params,
    edges: &'a [Edges],
    names: &'a [String],
    /// What the first nodes are: how popular the row is along links to it.
    popular: &'a [Source],
    foreign: &'a [Foreign],
}

impl Drawer<'_> {
    fn node(&self, position: usize) -> Result<Node> {
        let name = &self.names[position];
        let mut draws = Draws::new(self.key.child("node").child(name));
        let params = self.published.then_some(self.params);
        let encoder = network(&mut draws, params);
        let (categories, cut) = self.states(name, &mut draws);
        let locals = &self.edges[position];
        let mut inputs: Vec<String> = locals.iter().map(|&(i, _)| self.names[i].clone()).collect();
        let sourced =
            locals.is_empty() && (self.published || self.foreign.is_empty() || self.stays_root(&mut draws));
        let cause = if let Some(source) = self.popular.get(position) {
            Cause::Source { source: source.clone() }
        } else if sourced {
            Cause::Source { source: self.source(categories, &mut draws) }
        } else {
            let aggregation = self.params.propagation_agg_choices.pick(&mut draws);
            let (mut weights, foreign) = if self.published {
                self.published_weights(locals, aggregation)
            } else {
                self.default_weights(locals, &mut draws)
            };
            inputs.extend(foreign);
            weights.iter_mut().for_each(|weight| *weight = round4(*weight));
            let decoder = network(&mut draws, params);
            let (skip, noise) = if self.published {
                let a = round4(self.params.node_noise_alpha_choices.number(&mut draws));
                (0.0, Noise::Beta { a, b: round4(self.params.node_noise_beta_choices.number(&mut draws)) })
            } else {
                let (low, high) = self.table.scm.prior.noise;
                // Most values hang on others closely, a few loosely, as in real tables.
                let share = (low + (high - low) * draws.range(0.0, 1.0).powi(3)).clamp(0.0, 1.0);
                // What hangs on parent rows alone would else be nearly the same for all siblings.
                let share = round4(if locals.is_empty() { share.max(0.5) } else { share });
                (round4(draws.range(0.7, 0.97)), Noise::Gaussian { share })
            };
            Cause::Inner { local: locals.len(), weights, aggregation, skip, decoder, noise }
        };
        let mechanism = spec::write(&Mechanism { cause, categories, cut, encoder }, &self.table.name)?;
        Ok(Node { name: name.clone(), inputs, mechanism, fit: None })
    }

    /// A root of the default prior may hang on parent rows alone; the only node of a table does, to pass on what it knows.
    fn stays_root(&self, draws: &mut Draws) -> bool {
        self.names.len() > 1 && draws.chance(0.4)
    }

    /// Categories inside the graph, and categories cut afterwards.
    fn states(&self, name: &str, draws: &mut Draws) -> (u32, u32) {
        let wanted =
            self.table.scm.wanted.iter().find(|wanted| wanted.name == name).map(|wanted| wanted.categories);
        match wanted {
            Some(categories) if self.lazy => (0, categories),
            Some(categories) => (categories, 0),
            None if self.published && !self.lazy => match self.params.col_stype_choices.pick(draws) {
                Stype::Categorical => (self.params.num_categories_choices.whole(draws) as u32, 0),
                Stype::Numerical => (0, 0),
            },
            None => (0, 0),
        }
    }

    fn source(&self, categories: u32, draws: &mut Draws) -> Source {
        if self.published {
            // An entity table is one without time of its own: it stays one whatever is added beside it.
            let entity = matches!(self.table.axis, Axis::Static {});
            return Source::published(draws, self.params, categories, entity);
        }
        match self.span {
            Some(span) if categories > 0 => {
                Source::Softmax { series: (0..categories).map(|_| Series::timely(draws, span)).collect() }
            }
            Some(span) if draws.chance(0.6) => Source::Series { series: Series::timely(draws, span) },
            _ if categories > 0 => Source::Dirichlet { shares: vec![] },
            _ => Source::independent(draws),
        }
    }

    /// Edge weights as drawn; every foreign column, in sums by 1 / (columns of its row).
    fn published_weights(
        &self,
        locals: &[(usize, f64)],
        aggregation: Aggregation,
    ) -> (Vec<f64>, Vec<String>) {
        let mut weights: Vec<f64> = locals.iter().map(|&(_, weight)| weight).collect();
        for entry in self.foreign {
            let columns = self.foreign.iter().filter(|other| other.link == entry.link).count();
            weights.push(if aggregation == Aggregation::Sum { 1.0 / columns as f64 } else { 1.0 });
        }
        (weights, self.foreign.iter().map(Foreign::input).collect())
    }

    /// Weights of one square sum, none of them negligible; a share of 0.1 to 0.45 of it, or all, goes to one to three foreign
    /// values.
    fn default_weights(&self, locals: &[(usize, f64)], draws: &mut Draws) -> (Vec<f64>, Vec<String>) {
        let mut chosen: Vec<&Foreign> = self.foreign.iter().collect();
        draws.shuffle(&mut chosen);
        chosen.truncate(draws.int(1, 3));
        let tame = |weight: f64| weight.signum() * (0.5 + weight.abs().min(1.5));
        let mut inner: Vec<f64> = locals.iter().map(|&(_, weight)| tame(weight)).collect();
        let mut outer: Vec<f64> = chosen.iter().map(|_| tame(draws.normal())).collect();
        let share = match (inner.is_empty(), outer.is_empty()) {
            (true, _) => 1.0,
            (_, true) => 0.0,
            _ => draws.range(0.1, 0.45),
        };
        normalise(&mut inner, 1.0 - share);
        normalise(&mut outer, share);
        inner.extend(outer);
        (inner, chosen.into_iter().map(Foreign::input).collect())
    }
}

/// Scales `weights` to the square sum `total`.
fn normalise(weights: &mut [f64], total: f64) {
    let norm = weights.iter().map(|w| w * w).sum::<f64>();
    if norm > 0.0 {
        let factor = (total / norm).sqrt();
        weights.iter_mut().for_each(|w| *w *= factor);
    }
}
