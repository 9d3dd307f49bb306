//! Whole plans, checked by brute force: small ones are built and verified here, the tests stand in the files below.

#![allow(clippy::unwrap_used)]

mod families;
mod laws;
mod plans;
mod speed;

use super::*;
use crate::plan::{self, Axis, Level, Mode, Plan, Roots};
use std::collections::BTreeMap;

pub(crate) const DAY: Micros = 86_400_000_000;

pub(crate) fn own(start: i64, end: i64) -> Axis {
    Axis::Own {
        start: start * DAY,
        end: end * DAY,
        trend: 0.5,
        yearly: 0.2,
        weekly: vec![1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.2],
        hourly: vec![1.0; 24],
        resolution: 1_000_000,
        distinct: false,
    }
}

pub(crate) fn inherited(link: usize, mode: Mode) -> Axis {
    Axis::Inherited { link, end: 1100 * DAY, mode, delay: 3 * DAY, resolution: 60_000_000 }
}

pub(crate) fn driver(spread: f64, minimum: u64, cap: u64) -> plan::Law {
    plan::Law::Driver { spread, minimum, cap }
}

pub(crate) fn affinity(epochs: u64) -> plan::Law {
    let levels = vec![Level { child: 3, parent: 2, focus: 0.8 }, Level { child: 2, parent: 3, focus: 0.7 }];
    plan::Law::Affinity { epochs, skew: 1.7, recency: 0.2, spread: 1.0, levels, roots: Roots::Null }
}

pub(crate) fn junction(after: Option<usize>, dims: &[u64], index: usize, scope: Option<&str>) -> plan::Law {
    plan::Law::Junction {
        key: "pk".into(),
        after,
        dims: dims.to_vec(),
        index,
        scope: scope.map(Into::into),
        ring: false,
    }
}

pub(crate) fn link(name: &str, parent: &str, law: plan::Law, null_rate: f64) -> plan::Link {
    plan::Link {
        name: name.into(),
        parent: parent.into(),
        law,
        null_rate,
        causal: false,
        lane: None,
        spans: vec![],
        apart: vec![],
        side: None,
    }
}

pub(crate) fn table(name: &str, rows: u64, axis: Axis, links: Vec<plan::Link>) -> plan::Table {
    let prior = plan::Prior::default();
    let scm = plan::Scm { prior, wanted: vec![], layout: String::new(), foreign: vec![], nodes: vec![] };
    plan::Table {
        name: name.into(),
        rows,
        axis,
        links,
        columns: vec![],
        scm,
        retries: vec![],
        pending: vec![],
    }
}

pub(crate) fn plan(seed: u64, tables: Vec<plan::Table>) -> Plan {
    Plan { seed, tables, vocabularies: BTreeMap::new(), schema: None, notes: vec![], format: 1 }
}

pub(crate) fn all_parents(topology: &Topology, table: usize, link: usize) -> Vec<u64> {
    let rows: Vec<u64> = (0..topology.rows(table)).collect();
    let mut parents = vec![7];
    topology.parents(table, link, &rows, &mut parents);
    parents
}

pub(crate) fn all_times(topology: &Topology, table: usize) -> Vec<Micros> {
    let rows: Vec<u64> = (0..topology.rows(table)).collect();
    let mut times = vec![7];
    topology.times(table, &rows, &mut times);
    times
}

/// Everything that must hold of any plan's keys and times.
pub(crate) fn verify(plan: &Plan) -> Topology {
    let topology = Topology::open(plan).unwrap();
    let bare = Topology::open_with_budget(plan, 0).unwrap();
    let times: Vec<Vec<Micros>> = (0..plan.tables.len()).map(|table| all_times(&topology, table)).collect();
    for (index, table) in plan.tables.iter().enumerate() {
        assert_eq!(times[index], all_times(&bare, index), "{}: caches change times", table.name);
        families::verify_before(&topology, index, &times[index]);
        for (number, link) in table.links.iter().enumerate() {
            let place = format!("seed {} {}.{}", plan.seed, table.name, link.name);
            let parents = all_parents(&topology, index, number);
            let up = plan.tables.iter().position(|t| t.name == link.parent).unwrap();
            let mut children = vec![Vec::new(); topology.rows(up) as usize];
            for (row, parent) in parents.iter().enumerate() {
                assert_eq!(topology.parent(index, number, row as u64), *parent, "{place} row {row}");
                if *parent != NONE {
                    assert!(*parent < topology.rows(up), "{place} row {row}: {parent}");
                    children[*parent as usize].push(row as u64);
                    // On a ring of roots some parents are later rows.
                    let is_back = topology.refers_back(index, number) && *parent <= row as u64;
                    let is_ordered = topology.is_ordered(index, number) || is_back;
                    if is_ordered && topology.has_time(up) && topology.has_time(index) {
                        let (parent, child) = (times[up][*parent as usize], times[index][row]);
                        assert!(child >= parent, "{place} row {row}: {child} before {parent}");
                    }
                }
            }
            for (parent, rows) in children.iter().enumerate() {
                assert_eq!(topology.children(index, number, parent as u64), *rows, "{place} parent {parent}");
                assert_eq!(
                    topology.count(index, number, parent as u64),
                    rows.len() as u64,
                    "{place} {parent}"
                );
            }
            assert!(topology.children(index, number, topology.rows(up)).is_empty());
            families::verify_family(&topology, index, number, &children, &place);
        }
    }
    topology
}
