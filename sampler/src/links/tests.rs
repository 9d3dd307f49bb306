//! Whole plans, checked by brute force.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::plan::{self, Axis, Level, Mode, Order, Plan, Roots};
use std::collections::{BTreeMap, BTreeSet};

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
    plan::Law::Junction { key: "pk".into(), after, dims: dims.to_vec(), index, scope: scope.map(Into::into) }
}

pub(crate) fn link(name: &str, parent: &str, law: plan::Law, null_rate: f64) -> plan::Link {
    plan::Link { name: name.into(), parent: parent.into(), law, null_rate, causal: false }
}

pub(crate) fn table(name: &str, rows: u64, axis: Axis, links: Vec<plan::Link>) -> plan::Table {
    let prior = plan::Prior::default();
    let scm = plan::Scm { prior, wanted: vec![], layout: String::new(), foreign: vec![], nodes: vec![] };
    plan::Table { name: name.into(), rows, axis, links, columns: vec![], scm }
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
                    let is_ordered = up < index || topology.refers_back(index, number);
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
        }
    }
    topology
}

#[test]
fn affinity_of_any_size() {
    for parents in [1, 2, 3, 17, 256, 700] {
        for rows in [0, 1, 2, 5, 300, 1500] {
            for (child_axis, parent_axis) in [
                (own(0, 900), own(0, 900)),
                (own(0, 900), Axis::Static {}),
                (Axis::Static {}, own(0, 900)),
                (own(0, 10), own(500, 900)),
            ] {
                let child = table("c", rows, child_axis, vec![link("p", "p", affinity(7), 0.1)]);
                verify(&plan(rows + parents, vec![table("p", parents, parent_axis, vec![]), child]));
            }
        }
    }
}

#[test]
fn affinity_degrees_look_random() {
    let law = plan::Law::Affinity {
        epochs: 12,
        skew: 1.0,
        recency: 0.0,
        spread: 1.0,
        levels: vec![],
        roots: Roots::Null,
    };
    let child = table("c", 60_000, own(0, 900), vec![link("p", "p", law, 0.0)]);
    let topology = Topology::open(&plan(3, vec![table("p", 6000, Axis::Static {}, vec![]), child])).unwrap();
    let degrees: Vec<f64> = (0..6000).map(|parent| topology.count(1, 0, parent) as f64).collect();
    let variance = degrees.iter().map(|d| (d - 10.0) * (d - 10.0)).sum::<f64>() / 6000.0;
    assert!((60.0..180.0).contains(&variance), "{variance}");
    let childless = degrees.iter().filter(|d| **d == 0.0).count();
    assert!((200..1200).contains(&childless), "{childless}");
}

#[test]
fn no_parent_takes_a_whole_epoch() {
    let child = table("c", 100_000, own(0, 900), vec![link("p", "p", affinity(10), 0.0)]);
    let topology = Topology::open(&plan(3, vec![table("p", 1000, own(0, 900), vec![]), child])).unwrap();
    let most = (0..1000).map(|parent| topology.count(1, 0, parent)).max().unwrap();
    assert!(most < 6000, "{most}");
    assert!(topology.running(1).unwrap().lifts.is_empty(), "events of one affinity need no lifting");
}

#[test]
fn self_references_make_forests() {
    for rows in [1, 2, 3, 10, 400] {
        for epochs in [1, 2, 5, 30] {
            for roots in [Roots::Null, Roots::Itself] {
                for axis in [Axis::Static {}, own(0, 30)] {
                    let mut law = affinity(epochs);
                    if let plan::Law::Affinity { roots: set, .. } = &mut law {
                        *set = roots;
                    }
                    let topology =
                        verify(&plan(rows, vec![table("e", rows, axis, vec![link("boss", "e", law, 0.0)])]));
                    let parents = all_parents(&topology, 0, 0);
                    let is_root = |row: usize| parents[row] == NONE || parents[row] == row as u64;
                    assert!(
                        is_root(0) && (0..rows as usize).all(|row| is_root(row) || parents[row] < row as u64)
                    );
                    assert!(
                        (0..rows as usize)
                            .filter(|row| is_root(*row))
                            .all(|row| (parents[row] == NONE) == (roots == Roots::Null))
                    );
                }
            }
        }
    }
}

#[test]
fn one_to_one_with_surplus_and_nulls() {
    for (rows, parents) in [(1, 1), (10, 10), (7, 10), (100, 40)] {
        for order in [Order::Monotone, Order::Permuted] {
            let law = plan::Law::OneToOne { order };
            let child = table("c", rows, own(0, 9), vec![link("p", "p", law, 0.3)]);
            let topology = verify(&plan(1, vec![table("p", parents, own(0, 9), vec![]), child]));
            let met: Vec<u64> =
                all_parents(&topology, 1, 0).into_iter().filter(|parent| *parent != NONE).collect();
            assert_eq!(met.len(), met.iter().collect::<BTreeSet<_>>().len());
        }
    }
    let full =
        table("c", 5, own(0, 9), vec![link("p", "p", plan::Law::OneToOne { order: Order::Monotone }, 0.0)]);
    let error = Topology::open(&plan(1, vec![table("p", 4, own(0, 9), vec![]), full])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "c.p: 5 rows need a parent of their own, but \"p\" has 4; at most 4 rows are possible"
    );
}

/// Tenants with projects and users; members tie both, issues refer to both, comments make trees.
fn tenants(seed: u64) -> Plan {
    let within = |via, scope: &str, tree| plan::Law::Within {
        via,
        scope: scope.into(),
        skew: 1.5,
        tree,
        roots: Roots::Itself,
    };
    plan(
        seed,
        vec![
            table("tenant", 30, own(0, 300), vec![]),
            table(
                "user",
                400,
                inherited(0, Mode::Span),
                vec![link("tenant", "tenant", driver(1.5, 9, 10_000), 0.0)],
            ),
            table(
                "project",
                90,
                inherited(0, Mode::Delay),
                vec![link("tenant", "tenant", driver(1.0, 1, 10_000), 0.0)],
            ),
            table(
                "member",
                300,
                inherited(0, Mode::Delay),
                vec![
                    link("project", "project", driver(1.0, 0, 9), 0.0),
                    link("user", "user", junction(Some(0), &[400], 0, Some("tenant")), 0.0),
                ],
            ),
            table(
                "issue",
                900,
                inherited(0, Mode::Delay),
                vec![
                    link("project", "project", driver(2.0, 0, 10_000), 0.0),
                    link("user", "user", within(0, "tenant", false), 0.1),
                    link("tenant", "tenant", plan::Law::Derived { path: vec![0, 0] }, 0.0),
                    link("helper", "user", within(2, "tenant", false), 0.0),
                    link("twin", "user", plan::Law::Same { link: 1 }, 0.2),
                ],
            ),
            table(
                "comment",
                2000,
                inherited(0, Mode::Delay),
                vec![
                    link("issue", "issue", driver(1.0, 0, 10_000), 0.0),
                    link("reply", "comment", within(0, "issue", true), 0.0),
                    link("author", "user", within(0, "tenant", false), 0.0),
                ],
            ),
        ],
    )
}

#[test]
fn a_scope_over_a_nullable_link_is_null_where_it_is() {
    let mut plan = tenants(5);
    plan.tables[4].links[0].null_rate = 0.3;
    let topology = verify(&plan);
    let (projects, users) = (all_parents(&topology, 4, 0), all_parents(&topology, 4, 1));
    assert!(projects.iter().zip(users).all(|(project, user)| *project != NONE || user == NONE));
}

#[test]
fn scopes_agree_and_nest() {
    let topology = verify(&tenants(8));
    let tenant_of = |table: usize, row: u64| topology.ancestor(table, topology.steps(table, 0).unwrap(), row);
    for (table, link, up) in [(3, 1, 1), (4, 1, 1), (4, 2, 0), (4, 3, 1), (5, 2, 1)] {
        for (row, parent) in all_parents(&topology, table, link).into_iter().enumerate() {
            assert!(
                parent == NONE || tenant_of(up, parent) == tenant_of(table, row as u64),
                "{table}.{link} {row}"
            );
        }
    }
    let pairs = all_parents(&topology, 3, 0).into_iter().zip(all_parents(&topology, 3, 1));
    assert_eq!(pairs.collect::<BTreeSet<_>>().len(), 300);
    let replies = all_parents(&topology, 5, 1);
    let issues = all_parents(&topology, 5, 0);
    let times = all_times(&topology, 5);
    for (row, reply) in replies.iter().map(|reply| *reply as usize).enumerate() {
        assert!(reply <= row && issues[reply] == issues[row] && times[reply] <= times[row]);
    }
    let mut places = Vec::new();
    topology.places(5, 3, &(0..2000).collect::<Vec<u64>>(), &mut places);
    for (row, place) in places.iter().enumerate() {
        let (start, end) = topology.range(5, 0, place.ancestor);
        assert!((start..end).contains(&(row as u64)) && start + place.ordinal == row as u64);
    }
    let ends: Vec<(u64, u64)> = (0..30).map(|tenant| topology.range(5, 0, tenant)).collect();
    assert!(ends[0].0 == 0 && ends[29].1 == 2000 && ends.windows(2).all(|pair| pair[0].1 == pair[1].0));
    assert_eq!(topology.range(0, 5, 0), (0, 0));
}

/// The first parents and times of each table, as they have been since the first release: a change here changes every
/// database made from a seed, and belongs under "Values changed".
#[test]
fn values_stay() {
    let own_keys = plan(
        0,
        vec![
            table("p", 90, own(0, 300), vec![]),
            table(
                "e",
                1000,
                own(0, 300),
                vec![
                    link("affinity", "p", affinity(5), 0.1),
                    link("one", "p", plan::Law::OneToOne { order: Order::Permuted }, 0.95),
                    link("self", "e", affinity(3), 0.0),
                ],
            ),
        ],
    );
    let first = |plan: &Plan, table: usize, link: usize| {
        let parents = all_parents(&Topology::open(plan).unwrap(), table, link);
        parents.iter().step_by(41).take(6).map(|parent| *parent as i64).collect::<Vec<i64>>()
    };
    let times = |table: usize| all_times(&Topology::open(&tenants(0)).unwrap(), table)[3] / 1_000_000;
    let wanted: [(&str, Vec<i64>); 8] = [
        ("affinity", vec![0, 1, 3, 4, 9, 17]),
        ("one to one", vec![-1, -1, -1, -1, -1, -1]),
        ("self", vec![-1, 8, 4, 62, 45, 30]),
        ("driver", vec![0, 2, 5, 8, 11, 14]),
        ("junction", vec![9, 72, 101, 150, 198, 232]),
        ("within", vec![7, 37, 70, 61, 75, 75]),
        ("tree", vec![0, 36, 79, 123, 159, 205]),
        ("times", vec![3469550, 28132860, 1204200, 28132860]),
    ];
    let found = [
        first(&own_keys, 1, 0),
        first(&own_keys, 1, 1),
        first(&own_keys, 1, 2),
        first(&tenants(0), 1, 0),
        first(&tenants(0), 3, 1),
        first(&tenants(0), 4, 1),
        first(&tenants(0), 5, 1),
        [0, 1, 2, 4].map(times).to_vec(),
    ];
    for ((law, wanted), found) in wanted.into_iter().zip(found) {
        assert_eq!(wanted, found, "{law}");
    }
}

/// Draws a law, a size and an axis for each table from a hash of the seed.
fn random(seed: u64) -> Plan {
    let key = Key::new(seed, &["plan"]);
    let draw = |table: u64, lane: u64, below: u64| key.below(table, lane, below);
    let mut tables: Vec<plan::Table> = Vec::new();
    for t in 0..6 {
        let rows = [1, 3, 40, 300, 700][draw(t, 0, 5) as usize];
        let mut links = Vec::new();
        for l in 0..t.min(1 + draw(t, 1, 3)) {
            let up = &tables[draw(t, 10 * l + 2, t) as usize];
            let name = format!("l{l}");
            let null_rate = [0.0, 0.0, 0.2][draw(t, 10 * l + 3, 3) as usize];
            let law = match draw(t, 10 * l + 4, 5) {
                0 | 1 if l == 0 => driver(1.0, 0, rows),
                2 if rows <= up.rows => plan::Law::OneToOne { order: Order::Monotone },
                3 if rows <= up.rows => plan::Law::OneToOne { order: Order::Permuted },
                _ => affinity(1 + draw(t, 10 * l + 5, 9)),
            };
            links.push(link(&name, &up.name, law, null_rate));
        }
        if draw(t, 6, 3) == 0 {
            links.push(link("self", &format!("t{t}"), affinity(4), 0.0));
        }
        let axis = match draw(t, 7, 6) {
            0 => Axis::Static {},
            1 | 2 if t > 0 => inherited(0, [Mode::Delay, Mode::Span, Mode::Together][draw(t, 8, 3) as usize]),
            _ => own(draw(t, 9, 200) as i64, 1000),
        };
        tables.push(table(&format!("t{t}"), rows, axis, links));
    }
    plan(seed, tables)
}

#[test]
fn no_child_is_older_than_its_parent() {
    for seed in 0..60 {
        verify(&random(seed));
    }
}

#[test]
fn threads_and_other_tables_change_nothing() {
    let topology = Topology::open(&tenants(3)).unwrap();
    let (authors, times) = (all_parents(&topology, 5, 2), all_times(&topology, 5));
    let fresh = Topology::open(&tenants(3)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(
                    (all_parents(&fresh, 5, 2), all_times(&fresh, 5)),
                    (authors.clone(), times.clone())
                )
            });
        }
    });
    let mut wider = tenants(3);
    wider.tables.insert(0, table("extra", 50, own(0, 300), vec![]));
    let wider = Topology::open(&wider).unwrap();
    assert_eq!((all_parents(&wider, 6, 2), all_times(&wider, 6)), (authors, times));
}

#[test]
fn slices_equal_the_whole() {
    let topology = Topology::open(&tenants(4)).unwrap();
    for table in 0..6 {
        let whole = all_times(&topology, table);
        let rows: Vec<u64> = (0..topology.rows(table)).rev().step_by(3).collect();
        let mut times = Vec::new();
        topology.times(table, &rows, &mut times);
        assert!(rows.iter().zip(times).all(|(row, time)| whole[*row as usize] == time));
        for link in 0..topology.tables[table].links.len() {
            let whole = all_parents(&topology, table, link);
            let mut parents = Vec::new();
            topology.parents(table, link, &rows, &mut parents);
            assert!(rows.iter().zip(parents).all(|(row, parent)| whole[*row as usize] == parent));
        }
    }
}

/// Nanoseconds a row, by law: `cargo test --release speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let million = 1_000_000;
    let plan = plan(
        0,
        vec![
            table("user", million, own(0, 1000), vec![]),
            table("product", 100_000, Axis::Static {}, vec![]),
            table(
                "order",
                5 * million,
                own(0, 1000),
                vec![
                    link("affinity", "user", affinity(20), 0.0),
                    link("null", "user", affinity(20), 0.1),
                    link("one", "user", plan::Law::OneToOne { order: Order::Permuted }, 0.9),
                ],
            ),
            table(
                "item",
                10 * million,
                inherited(0, Mode::Delay),
                vec![
                    link("driver", "order", driver(1.0, 0, 1000), 0.0),
                    link("junction", "product", junction(Some(0), &[100_000], 0, None), 0.0),
                    link("affinity", "product", affinity(1), 0.0),
                ],
            ),
            table(
                "grouped",
                10 * million,
                inherited(0, Mode::Together),
                vec![link("driver", "user", driver(1.0, 0, 1000), 0.0)],
            ),
        ],
    );
    let start = std::time::Instant::now();
    let topology = Topology::open(&plan).unwrap();
    println!("open: {:?}", start.elapsed());
    let rows = |table: usize, block: u64| {
        let start = block * 7919 * 1024 % (topology.rows(table) - 1024);
        (start..start + 1024).collect::<Vec<u64>>()
    };
    let timed = |what: String, work: &mut dyn FnMut(u64)| {
        let start = std::time::Instant::now();
        (0..300).for_each(work);
        println!("{what}: {:.1} ns", start.elapsed().as_nanos() as f64 / (300.0 * 1024.0));
    };
    for table in 0..5 {
        let name = &plan.tables[table].name;
        for (link, planned) in plan.tables[table].links.iter().enumerate() {
            let mut out = Vec::new();
            timed(format!("{name}.{}", planned.name), &mut |block| {
                topology.parents(table, link, &rows(table, block), &mut out)
            });
            let up = topology.tables[table].links[link].parent;
            let start = std::time::Instant::now();
            let met = (0..200)
                .map(|parent| topology.children(table, link, parent * 397 % topology.rows(up)).len())
                .sum::<usize>();
            println!("{name}.{} children: {:?} each, {met} met", planned.name, start.elapsed() / 200);
        }
        let mut out = Vec::new();
        timed(format!("{name} times"), &mut |block| topology.times(table, &rows(table, block), &mut out));
    }
}
