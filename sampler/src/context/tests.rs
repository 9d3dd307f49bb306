//! The walk and the arrays over a small database made by hand.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::batch::{Form, make};
use super::labels::{Asked, Labelled, Labels};
use super::seeds::{Draw, Seed};
use super::stored::{Given, Stored};
use super::walk::Walk;
use super::{Column, Fill, Kind, Nanos, Node, Rules, Source, TIMELESS};
use crate::error::Result;
use crate::rng::Key;
use arrow_array::{ArrayRef, Float32Array, Int64Array, RecordBatch};
use std::sync::Arc;

const RULES: Rules = Rules { max_width: 128, published: false, fill: Fill::Nothing };
const HUB: usize = 0;
const SPOKE: usize = 1;

/// `hubs` without time, and spokes at 0, 1, 2, ... that refer to hub row % hubs, but the last one, which refers to none.
fn star(hubs: usize, spokes: usize) -> Stored {
    let rows = |columns: Vec<ArrayRef>| {
        let named = columns.into_iter().enumerate().map(|(k, array)| (k.to_string(), array, true));
        RecordBatch::try_from_iter_with_nullable(named).unwrap()
    };
    let sizes = (0..hubs).map(|hub| (hub != 2).then_some(hub as f32));
    let parents = (0..spokes).map(|row| (row + 1 < spokes).then_some((row % hubs) as i64));
    let number = |id| vec![Column { id, kind: Kind::Number }];
    Stored::new(
        vec![
            Given {
                name: "hub".into(),
                count: hubs,
                rows: rows(vec![Arc::new(sizes.collect::<Float32Array>())]),
                timed: false,
                links: vec![],
                columns: number(0),
            },
            Given {
                name: "spoke".into(),
                count: spokes,
                rows: rows(vec![
                    Arc::new((0..spokes as i64).map(Some).collect::<Int64Array>()),
                    Arc::new(parents.collect::<Int64Array>()),
                    Arc::new((0..spokes).map(|row| Some(row as f32)).collect::<Float32Array>()),
                ]),
                timed: true,
                links: vec![HUB],
                columns: number(1),
            },
        ],
        None,
    )
    .unwrap()
}

fn walked(source: &dyn Source, rules: Rules, node: Node, until: Nanos) -> Vec<Node> {
    let mut walk = Walk::new(source, rules, node, until, Key::new(3, &["walk"]));
    while walk.step().is_some() {}
    walk.visits
}

fn node(table: usize, row: u64) -> Node {
    Node { table, row }
}

fn form(length: usize, threads: usize) -> Form {
    Form { length, width: 1, rules: RULES, leaks: vec![], threads }
}

#[test]
fn parents_come_at_once_and_nothing_is_later() {
    let star = star(4, 41);
    let visits = walked(&star, RULES, node(SPOKE, 9), 9);
    assert_eq!(visits[..2], [node(SPOKE, 9), node(HUB, 1)]);
    let mut rest: Vec<u64> = visits[2..].iter().map(|node| node.row).collect();
    rest.sort_unstable();
    assert_eq!(rest, [1, 5]);
    // The last one refers to nothing; with room to fill its table's other rows follow, each with its hub.
    assert_eq!(walked(&star, RULES, node(SPOKE, 40), 40), [node(SPOKE, 40)]);
    assert_eq!(walked(&star, Rules { fill: Fill::Neighbourhoods, ..RULES }, node(SPOKE, 40), 40).len(), 45);
    assert_eq!(walked(&star, RULES, node(HUB, 0), TIMELESS).len(), 11);
}

#[test]
fn a_width_of_rows_is_drawn() {
    let star = star(1, 1001);
    let rules = Rules { max_width: 7, ..RULES };
    let visits = walked(&star, rules, node(HUB, 0), 499);
    assert_eq!(visits.len(), 8);
    assert!(visits[1..].iter().all(|node| node.row <= 499));
    assert_eq!(walked(&star, Rules { max_width: 0, ..RULES }, node(HUB, 0), 499).len(), 1);
}

#[test]
fn rows_that_stand_in_no_order_are_seen_by_time() {
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("t", Arc::new(Int64Array::from(vec![5, 1, 9, 1])) as ArrayRef, true),
        ("x", Arc::new(Float32Array::from(vec![0.0; 4])) as ArrayRef, true),
    ]);
    let columns = vec![Column { id: 0, kind: Kind::Number }];
    let given =
        Given { name: "t".into(), count: 4, rows: rows.unwrap(), timed: true, links: vec![], columns };
    let stored = Stored::new(vec![given], None).unwrap();
    assert_eq!((stored.end(0, 0), stored.end(0, 1), stored.end(0, 8)), (0, 2, 3));
    assert_eq!([0, 1, 2, 3].map(|position| stored.at(0, position)), [1, 3, 0, 2]);
}

#[test]
fn batches_do_not_hang_on_threads() -> Result<()> {
    let star = star(5, 300);
    let draw = Draw { seed: 1, step: 2, first: 0, count: 30, targets: vec![0, 1], until: Nanos::MAX };
    let seeds = draw.seeds(&star)?;
    // Hub 2 has no size, so it is never asked for.
    assert!(seeds.iter().all(|seed| seed.node != node(HUB, 2)));
    assert!(seeds.iter().any(|seed| seed.target == 0) && seeds.iter().any(|seed| seed.target == 1));
    let one = make(&star, &form(50, 1), &seeds)?;
    assert_eq!(one, make(&star, &form(50, 4), &seeds)?);
    assert_eq!(one.row.len(), 30 * 50);
    assert!(one.target.iter().step_by(50).all(|target| *target == 1));
    // A part of the step is that part of the batch.
    let part = Draw { first: 10, count: 5, ..draw }.seeds(&star)?;
    assert_eq!(make(&star, &form(50, 1), &part)?.origin, one.origin[10 * 100..15 * 100]);
    Ok(())
}

#[test]
fn what_does_not_exist_is_refused() {
    let star = star(3, 30);
    let seed = |table, row, target| Seed { node: node(table, row), target, until: 0, key: Key::new(0, &[]) };
    let message = |seed| make(&star, &form(8, 1), &[seed]).unwrap_err().to_string();
    assert!(message(seed(HUB, 3, 0)).contains("no row 3"));
    assert!(message(seed(7, 0, 0)).contains("no row 0 in table 7"));
    assert!(message(seed(HUB, 0, 1)).contains("none of its"));
    assert!(message(seed(HUB, 2, 0)).contains("is NULL"));
    let targets =
        |targets| Draw { seed: 0, step: 0, first: 0, count: 1, targets, until: Nanos::MAX }.seeds(&star);
    assert!(targets(vec![9]).unwrap_err().to_string().contains("no such column"));
}

#[test]
fn labels_are_seen_once_they_are_known() -> Result<()> {
    let star = star(2, 20);
    let asked = Asked {
        name: "task".into(),
        entity: HUB,
        rows: vec![0, 1, 0, 0],
        times: vec![2, 2, 5, 10],
        known: vec![Some(5), Some(5), Some(8), None],
        labels: vec![0.0, 1.0, 1.0, 0.0],
        moments: vec![0.0; 4],
        kind: Kind::Boolean,
        column: 2,
    };
    let labels = Labels::new(asked.clone(), &star)?;
    let source = Labelled { base: &star, labels: &labels };
    let seen = |row, until| {
        let visits = walked(&source, RULES, node(2, row), until);
        let mut rows: Vec<u64> =
            visits[1..].iter().filter(|node| node.table == 2).map(|node| node.row).collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(seen(2, 5), [0]);
    assert_eq!(seen(3, 10), [0, 2]);
    assert_eq!(seen(1, 2), [0; 0]);
    let wrong = Asked { rows: vec![0, 1, 0, 2], ..asked };
    assert!(Labels::new(wrong, &star).unwrap_err().to_string().contains("no row 2"));
    Ok(())
}
