//! From a plan to its topology: names become indices, laws get their keys, clocks are set in value order.

use super::affinity::{Affinity, Shape};
use super::junction::{Junction, Scope};
use super::pairs::{Pair, Side};
use super::within::Within;
use super::{Driver, Law, Link, Nulls, OneToOne, Table, Topology, check};
use crate::codec::Uuid;
use crate::error::{Error, Result};
use crate::plan::{self, Plan, Roots};
use crate::rng::Key;
use crate::world::Tuple;
use libm::pow;

/// What caches of times may take.
const BUDGET: u64 = 256 << 20;

impl Topology {
    /// The keys and times of `plan`. `Error::Plan` where a name, index or number is wrong; `Error::Impossible` where a law
    /// has less room than rows. Both name "table.link".
    pub fn open(plan: &Plan) -> Result<Self> {
        Self::open_with_budget(plan, BUDGET)
    }

    /// `open` with caches of at most `bytes`. Answers don't depend on it.
    pub fn open_with_budget(plan: &Plan, bytes: u64) -> Result<Self> {
        let parents = check::plan(plan)?;
        let mut tables = Vec::with_capacity(plan.tables.len());
        for (table, parents_of) in plan.tables.iter().zip(&parents) {
            let key = Key::new(plan.seed, &[&table.name]);
            let links = table
                .links
                .iter()
                .zip(parents_of)
                .map(|(link, parent)| Link {
                    parent: *parent,
                    law: law(plan, &parents, table, link, *parent, key.child(&link.name)),
                    nulls: nulls(link, table.rows, plan.tables[*parent].rows, key),
                    pair: pair(plan, link),
                })
                .collect();
            let driver = table.links.iter().position(|link| matches!(link.law, plan::Law::Driver { .. }));
            tables.push(Table {
                name: table.name.clone(),
                rows: table.rows,
                key,
                links,
                driver,
                clock: None,
            });
        }
        let mut topology = Self { tables };
        topology.set_clocks(plan, bytes)?;
        topology.check_junctions(plan)?;
        Ok(topology)
    }

    /// Every tuple that must be unique has as many values as any parent has rows.
    fn check_junctions(&self, plan: &Plan) -> Result<()> {
        for (index, table) in plan.tables.iter().enumerate() {
            for (number, link) in self.tables[index].links.iter().enumerate() {
                if let Law::Junction { junction, scope, ring, .. } = &link.law {
                    let excess = self.junction_excess((index, number), junction, *scope, *ring);
                    refuse(excess, || format!("{}.{}", table.name, table.links[number].name))?;
                }
            }
            for column in &table.columns {
                if let plan::Rule::Digit { key, after, dims, .. } = &column.rule {
                    let junction = self.junction(index, Tuple { key, after: *after, dims });
                    let excess = self.junction_excess((index, 0), &junction, None, false);
                    refuse(excess, || format!("{}.{}", table.name, column.name))?;
                }
            }
        }
        Ok(())
    }
}

/// An error where `Topology::junction_excess` found something.
fn refuse(excess: Option<(u64, u64, u64)>, place: impl Fn() -> String) -> Result<()> {
    let Some((a, rows, tuples)) = excess else { return Ok(()) };
    let message = format!(
        "{rows} rows (of parent {a} of its first link) must be distinct, but only {tuples} tuples are possible; lower \
         the table's rows or the driver's cap"
    );
    Err(Error::impossible(place(), message))
}

/// `null_rate`, less what a one-to-one law leaves over by itself.
fn nulls(link: &plan::Link, rows: u64, parents: u64, key: Key) -> Nulls {
    let rate = match link.law {
        plan::Law::OneToOne { .. } if rows > parents && parents > 0 => {
            1.0 - (1.0 - link.null_rate) * rows as f64 / parents as f64
        }
        _ => link.null_rate,
    };
    let lane = link.lane.as_ref().unwrap_or(&link.name);
    Nulls { key: key.child(lane).child("null"), rate: rate.max(0.0), spans: link.spans.clone() }
}

fn pair(plan: &Plan, link: &plan::Link) -> Pair {
    let side = link.side.as_ref().map(|side| Side {
        other: side.other,
        high: side.high,
        uuid: side.uuid.as_ref().map(|column| Uuid::of_column(plan.seed, &link.parent, column)),
    });
    Pair { apart: link.apart.clone(), side }
}

fn law(
    plan: &Plan,
    parents: &[Vec<usize>],
    table: &plan::Table,
    link: &plan::Link,
    up: usize,
    key: Key,
) -> Law {
    let above = &plan.tables[up];
    let less = link.apart.len() as u64;
    if table.rows == 0 || above.rows <= less {
        return Law::Never;
    }
    let eligible = above.rows - less;
    // `check::plan` has seen to it that every scope is reached.
    let steps = |from: usize, scope: &str| check::steps(plan, parents, from, scope).unwrap_or(0);
    let parent_of =
        |link: usize| plan.tables.iter().position(|t| t.name == table.links[link].parent).unwrap_or(up);
    match &link.law {
        plan::Law::Driver { spread, minimum, cap } => {
            Law::Driver(Driver::new(table.rows, above.rows, *spread, *minimum, *cap, key.child("driver")))
        }
        plan::Law::Affinity { .. } => {
            let spans =
                if above.name == table.name { generations(table.rows, link) } else { vec![(0, eligible)] };
            let timeless = matches!(above.axis, plan::Axis::Static {}) && above.name != table.name;
            affinity(link, key, table.rows, &spans, timeless.then_some(eligible))
                .map_or(Law::Never, Law::Affinity)
        }
        plan::Law::OneToOne { order } => {
            Law::OneToOne(OneToOne::new(table.rows, above.rows, *order, key.child("one_to_one")))
        }
        plan::Law::Within { via, scope, skew, tree, roots } => Law::Within(Within {
            key: key.child("within"),
            via: *via,
            from_via: steps(parent_of(*via), scope),
            from_parent: steps(up, scope),
            skew: *skew,
            less,
            tree: tree.then_some(*roots),
        }),
        plan::Law::Junction { key: name, after, dims, index, scope, ring } => {
            let tuple = Tuple { key: name, after: *after, dims };
            let before = after.map(|link| (link, plan.tables[parent_of(link)].rows));
            let scope = scope.as_deref().zip(*after).map(|(scope, after)| Scope {
                from_after: steps(parent_of(after), scope),
                from_parent: steps(up, scope),
            });
            let table_key = Key::new(plan.seed, &[&table.name]);
            let junction = Junction::new(table_key, tuple, before);
            Law::Junction { junction, index: *index, scope, ring: *ring }
        }
        plan::Law::Derived { path } => Law::Derived(path.clone()),
        plan::Law::Same { link } => Law::Same(*link),
    }
}

fn epochs(link: &plan::Link) -> u64 {
    match link.law {
        plan::Law::Affinity { epochs, .. } => epochs,
        _ => 1,
    }
}

/// The affinity law of `link` (whose key is `key`) over `spans`; None for a link of another law.
pub(crate) fn affinity(
    link: &plan::Link,
    key: Key,
    rows: u64,
    spans: &[(u64, u64)],
    shuffled: Option<u64>,
) -> Option<Affinity> {
    let plan::Law::Affinity { skew, recency, spread, levels, roots, .. } = &link.law else { return None };
    let shape = Shape { skew: *skew, recency: *recency, spread: *spread, levels, roots: *roots };
    Some(Affinity::new(key.child("affinity"), rows, spans, shape, shuffled))
}

/// The epochs of a self reference, growing by a constant factor: the first are the roots, two or more on a ring. As many
/// of the eligible rows are left out as there are links to keep apart from.
fn generations(rows: u64, link: &plan::Link) -> Vec<(u64, u64)> {
    let (epochs, less) = (epochs(link), link.apart.len() as u64);
    let least = if matches!(link.law, plan::Law::Affinity { roots: Roots::Ring, .. }) { 2 } else { 1 };
    let mut spans = vec![(0, 0)];
    for epoch in 1..epochs {
        let start = pow(rows as f64, epoch as f64 / epochs as f64) as u64;
        if start >= least && start > spans[spans.len() - 1].0 && start < rows {
            spans.push((start, start.saturating_sub(less)));
        }
    }
    spans
}
