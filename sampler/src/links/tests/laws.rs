//! One law at a time.

use super::*;
use crate::plan::Order;
use std::collections::BTreeSet;

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

/// Parents in the order of their popularity are nearly in that of their children's number, among neighbours.
#[test]
fn popularity_is_what_decides_the_children() {
    let affinity = |levels| plan::Law::Affinity {
        epochs: 12,
        skew: 1.0,
        recency: 0.0,
        spread: 1.0,
        levels,
        roots: Roots::Null,
    };
    let communities = vec![Level { child: 3, parent: 3, focus: 0.8 }];
    for (law, least) in [
        (driver(1.0, 0, u64::MAX), 0.9),
        (driver(1.0, 2, 400), 0.9),
        (affinity(vec![]), 0.9),
        (affinity(communities), 0.8),
    ] {
        let child = table("c", 60_000, own(0, 900), vec![link("p", "p", law.clone(), 0.0)]);
        let parent = table("p", 3000, Axis::Static {}, vec![]);
        let topology = Topology::open(&plan(3, vec![parent, child])).unwrap();
        let mut weights = vec![7.0];
        let rows: Vec<u64> = (0..3000).collect();
        topology.popularity(1, 0, &rows, &mut weights);
        let counts: Vec<f64> = rows.iter().map(|row| topology.count(1, 0, *row) as f64).collect();
        let found = correlation(&weights.iter().map(|w| f64::from(*w).exp()).collect::<Vec<_>>(), &counts);
        assert!(found > least, "{law:?}: {found}");
    }
}

fn correlation(xs: &[f64], ys: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (a, b) = (mean(xs), mean(ys));
    let product =
        |x: &[f64], m: f64, y: &[f64], n: f64| x.iter().zip(y).map(|(x, y)| (x - m) * (y - n)).sum::<f64>();
    product(xs, a, ys, b) / (product(xs, a, xs, a) * product(ys, b, ys, b)).sqrt()
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
fn chains_lead_to_the_row_before() {
    for rows in [0, 1, 2, 5, 400] {
        for axis in [Axis::Static {}, own(0, 30), inherited(1, Mode::Delay)] {
            let chain = plan::Law::OneToOne { order: Order::Chain };
            let links = vec![link("before", "e", chain, 0.1), link("p", "p", affinity(3), 0.0)];
            let tables = vec![table("p", 9, own(0, 90), vec![]), table("e", rows, axis, links)];
            let parents = all_parents(&verify(&plan(rows, tables)), 1, 0);
            let met: Vec<u64> = parents.iter().copied().filter(|parent| *parent != NONE).collect();
            assert!(parents.iter().zip(0..).all(|(parent, row)| *parent == NONE || *parent + 1 == row));
            assert_eq!(met.len(), met.iter().collect::<BTreeSet<_>>().len());
            assert!(rows < 400 || met.len() > 200);
        }
    }
}

/// No row of two or more refers to itself; all but the first epoch refer back, and times are those of a table without
/// the later parents.
#[test]
fn roots_on_a_ring_refer_to_one_another() {
    for rows in [1, 2, 3, 10, 400, 5000] {
        for epochs in [1, 2, 5, 30] {
            for axis in [Axis::Static {}, own(0, 30)] {
                let mut law = affinity(epochs);
                if let plan::Law::Affinity { roots, .. } = &mut law {
                    *roots = Roots::Ring;
                }
                let topology =
                    verify(&plan(rows, vec![table("e", rows, axis, vec![link("boss", "e", law, 0.0)])]));
                let parents = all_parents(&topology, 0, 0);
                assert!(rows == 1 || parents.iter().zip(0..).all(|(parent, row)| *parent != row));
                let later = parents.iter().zip(0..).filter(|(parent, row)| *parent > row).count() as u64;
                assert!(rows == 1 || later > 0 && (later < rows.div_ceil(2).max(3) || epochs == 1));
                assert!(epochs > 1 || parents.iter().collect::<BTreeSet<_>>().len() as u64 == rows);
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

/// What can't be is refused when the plan is opened, and the message names the place.
#[test]
fn impossible_plans_are_refused() {
    let stat = || Axis::Static {};
    let within =
        |via| plan::Law::Within { via, scope: "p".into(), skew: 1.0, tree: false, roots: Roots::Null };
    let mut daily = own(0, 9);
    if let Axis::Own { resolution, distinct, .. } = &mut daily {
        (*resolution, *distinct) = (DAY, true);
    }
    let child = |rows, axis, law, null_rate| table("c", rows, axis, vec![link("l", "p", law, null_rate)]);
    let cases = [
        (
            child(5, stat(), driver(1.0, 0, 1), 0.0),
            "c.l: 5 rows, but 4 parents with 0 to 1 children each hold 0 to 4",
        ),
        (
            child(5, stat(), driver(1.0, 2, 9), 0.0),
            "c.l: 5 rows, but 4 parents with 2 to 9 children each hold 8 to 36",
        ),
        (child(5, stat(), driver(f64::NAN, 0, 9), 0.0), "c.l: spread is NaN"),
        (child(5, stat(), affinity(0), 0.0), "c.l: epochs is 0"),
        (child(5, stat(), affinity(1), 1.5), "c.l: null_rate is 1.5"),
        (child(5, stat(), within(3), 0.0), "c.l: via is link 3"),
        (child(5, stat(), within(0), 0.0), "c.l: its law rests on itself"),
        (child(5, stat(), plan::Law::Same { link: 0 }, 0.0), "c.l: its law rests on itself"),
        (
            child(5, stat(), plan::Law::Derived { path: vec![] }, 0.0),
            "c.l: the path ends at \"c\", not at \"p\"",
        ),
        (child(5, stat(), junction(Some(0), &[4], 0, None), 0.0), "c.l: \"after\" must be"),
        (child(5, stat(), junction(None, &[9], 0, None), 0.0), "c.l: dim 9 is larger than the 4 rows"),
        (
            child(11, daily, affinity(1), 0.0),
            "c (axis): 11 rows at distinct times, but the span has 10 moments",
        ),
        (child(5, inherited(7, Mode::Delay), affinity(1), 0.0), "c (axis): link 7"),
        (table("c", 1, stat(), vec![link("l", "x", affinity(1), 0.0)]), "c.l: no table is called \"x\""),
        (table("p", 1, stat(), vec![]), "p: two tables have this name"),
        (
            table("c", 1, stat(), vec![link("l", "c", driver(1.0, 0, 1), 0.0)]),
            "c: its driver links lead round",
        ),
    ];
    for (child, wanted) in cases {
        let error =
            Topology::open(&plan(1, vec![table("p", 4, own(0, 9), vec![]), child])).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
    let orphan = child(5, stat(), affinity(1), 0.0);
    let error =
        Topology::open(&plan(1, vec![table("p", 0, own(0, 9), vec![]), orphan])).unwrap_err().to_string();
    assert!(error.starts_with("c.l: 5 rows refer to \"p\", which is empty"), "{error}");
    let all_null = child(5, own(0, 9), affinity(1), 1.0);
    assert!(
        all_parents(&verify(&plan(1, vec![table("p", 0, own(0, 9), vec![]), all_null])), 1, 0)
            .iter()
            .all(|p| *p == NONE)
    );
}
