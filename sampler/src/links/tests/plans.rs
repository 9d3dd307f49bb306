//! Laws together: scopes, time, threads, stability.

use super::*;
use crate::plan::Order;
use std::collections::BTreeSet;

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
            table("q", 2000, own(0, 300), vec![]),
            table(
                "e",
                1000,
                own(0, 300),
                vec![
                    link("affinity", "p", affinity(5), 0.1),
                    link("one", "q", plan::Law::OneToOne { order: Order::Permuted }, 0.1),
                    link("self", "e", affinity(3), 0.0),
                ],
            ),
        ],
    );
    let first = |plan: &Plan, table: usize, link: usize| {
        let parents = all_parents(&Topology::open(plan).unwrap(), table, link);
        parents.iter().step_by(161).take(6).map(|parent| *parent as i64).collect::<Vec<i64>>()
    };
    let times = |table: usize| all_times(&Topology::open(&tenants(0)).unwrap(), table)[3] / 1_000_000;
    let wanted: [(&str, Vec<i64>); 8] = [
        ("affinity", vec![0, 2, 7, 17, -1, 15]),
        ("one to one", vec![1046, 442, 280, 1160, 1847, -1]),
        ("self", vec![-1, 97, 84, 0, 91, 3]),
        ("driver", vec![0, 11, 23]),
        ("junction", vec![9, 205]),
        ("within", vec![7, 60, 135, 173, 217, 324]),
        ("tree", vec![0, 159, 316, 472, 644, 802]),
        ("times", vec![3469550, 27783180, 710100, 27783180]),
    ];
    let found = [
        first(&own_keys, 2, 0),
        first(&own_keys, 2, 1),
        first(&own_keys, 2, 2),
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
