//! Whole models over small invented schemas.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::layout::LAYOUTS;
use super::{Models, fit};
use crate::plan::*;
use crate::world::{Keys, NONE, Place, Tuple, Values};
use std::sync::Arc;

/// Keys where a child's parent is hashed or contiguous, and a table with an axis ticks once an hour.
#[derive(Clone)]
struct World {
    tables: Vec<Table>,
}

impl Keys for World {
    fn rows(&self, table: usize) -> u64 {
        self.tables[table].rows
    }

    fn parents(&self, table: usize, link: usize, rows: &[u64], out: &mut Vec<u64>) {
        let link = &self.tables[table].links[link];
        let parent = self.tables.iter().find(|t| t.name == link.parent).unwrap().rows;
        let itself = link.parent == self.tables[table].name;
        let key = crate::rng::Key::new(1, &[&link.name]);
        out.clear();
        out.extend(rows.iter().map(|&row| match &link.law {
            _ if parent == 0 || key.uniform(row, 1) < link.null_rate => NONE,
            _ if itself => {
                if row == 0 {
                    NONE
                } else {
                    row / 3
                }
            }
            Law::Driver { .. } => {
                (u128::from(row) * u128::from(parent) / u128::from(self.tables[table].rows)) as u64
            }
            _ => key.below(row, 0, parent),
        }));
    }

    fn times(&self, table: usize, rows: &[u64], out: &mut Vec<Micros>) {
        out.clear();
        let tick = if self.tables[table].axis == (Axis::Static {}) { 0 } else { 3_600_000_000 };
        out.extend(rows.iter().map(|&row| row as Micros * tick));
    }

    fn places(&self, _: usize, _: usize, _: &[u64], _: &mut Vec<Place>) {}

    fn popularity(&self, table: usize, link: usize, parents: &[u64], out: &mut Vec<f32>) {
        let key = crate::rng::Key::new(2, &[&self.tables[table].links[link].name]);
        out.clear();
        out.extend(parents.iter().map(|&row| libm::log(-libm::log(key.uniform(row, 0))) as f32));
    }

    fn digits(&self, _: usize, _: Tuple<'_>, _: usize, _: &[u64], _: &mut Vec<u64>) {}
}

fn link(name: &str, parent: &str, driver: bool, null_rate: f64) -> Link {
    let law = if driver {
        Law::Driver { spread: 1.0, minimum: 0, cap: 1 << 40 }
    } else {
        Law::OneToOne { order: Order::Permuted }
    };
    Link {
        name: name.into(),
        parent: parent.into(),
        law,
        null_rate,
        causal: true,
        lane: None,
        spans: vec![],
        apart: vec![],
        side: None,
    }
}

fn table(name: &str, rows: u64, columns: usize, timed: bool, links: Vec<Link>) -> Table {
    let axis = if timed {
        Axis::Own {
            start: 0,
            end: 1,
            trend: 0.0,
            yearly: 0.0,
            weekly: vec![],
            hourly: vec![],
            resolution: 1,
            distinct: false,
        }
    } else {
        Axis::Static {}
    };
    let wanted =
        (0..columns).map(|k| NodeSpec { name: format!("{name}{k}"), ..NodeSpec::default() }).collect();
    let scm = Scm { prior: Prior::default(), wanted, layout: String::new(), foreign: vec![], nodes: vec![] };
    Table { name: name.into(), rows, axis, links, columns: vec![], scm, retries: vec![], pending: vec![] }
}

fn shop(seed: u64) -> Plan {
    let tables = vec![
        table("user", 900, 4, false, vec![]),
        table("product", 300, 3, false, vec![]),
        table("order", 9_000, 5, true, vec![link("order-user", "user", false, 0.1)]),
        table("employee", 2_000, 4, false, vec![link("manager", "employee", false, 0.0)]),
        table(
            "item",
            30_000,
            6,
            true,
            vec![link("item-order", "order", true, 0.0), link("item-product", "product", false, 0.0)],
        ),
    ];
    Plan { seed, tables, vocabularies: Default::default(), schema: None, notes: vec![], format: 1 }
}

fn keys(plan: &Plan) -> World {
    World { tables: plan.tables.clone() }
}

fn open(plan: &Plan, cache: usize) -> Models {
    Models::open(plan, Arc::new(keys(plan)), cache).unwrap()
}

fn fitted(plan: Plan) -> Plan {
    let keys = keys(&plan);
    fit(plan, Arc::new(keys)).unwrap().0
}

fn bits(columns: &[Vec<f32>]) -> Vec<Vec<u32>> {
    columns.iter().map(|column| column.iter().map(|x| x.to_bits()).collect()).collect()
}

fn wide() -> usize {
    64 << 20
}

/// Correlation of ranks.
fn spearman(xs: &[f32], ys: &[f32]) -> f64 {
    let ranks = |xs: &[f32]| {
        let mut order: Vec<usize> = (0..xs.len()).collect();
        order.sort_by(|&a, &b| xs[a].total_cmp(&xs[b]));
        let mut ranks = vec![0.0; xs.len()];
        order.iter().enumerate().for_each(|(rank, &i)| ranks[i] = rank as f64);
        ranks
    };
    let middle = (xs.len() as f64 - 1.0) / 2.0;
    let (a, b) = (ranks(xs), ranks(ys));
    let product =
        |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>();
    product(&a, &b) / product(&a, &a)
}

/// The share of variance between groups (one-way intra-class correlation).
fn intraclass(xs: &[f32], groups: &[u64]) -> f64 {
    let n = xs.len() as f64;
    let mean = xs.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let total = xs.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>();
    let mut sums = std::collections::BTreeMap::<u64, (f64, f64)>::new();
    for (&x, &group) in xs.iter().zip(groups) {
        let sum = sums.entry(group).or_default();
        *sum = (sum.0 + f64::from(x) - mean, sum.1 + 1.0);
    }
    let between = sums.values().map(|(sum, count)| sum * sum / count).sum::<f64>();
    let k = sums.len() as f64;
    let (within, between, size) = ((total - between) / (n - k), between / (k - 1.0), n / k);
    (between - within) / (between + (size - 1.0) * within)
}

/// Free text is told by others and tells nothing; of the rest few stand alone.
#[test]
fn leaves_cause_nothing_and_most_columns_hang_together() {
    let (mut alone, mut all) = (0, 0);
    for seed in 0..40 {
        let mut plan = shop(seed);
        for table in &mut plan.tables {
            table.scm.wanted.iter_mut().step_by(3).for_each(|spec| spec.leaf = true);
        }
        for table in fitted(plan).tables {
            let (leaves, seen): (Vec<_>, Vec<_>) = table.scm.wanted.iter().partition(|spec| spec.leaf);
            let inputs = |name: &str| &table.scm.nodes.iter().find(|node| node.name == name).unwrap().inputs;
            let read: Vec<&str> = table
                .scm
                .nodes
                .iter()
                .flat_map(|node| &node.inputs)
                .map(|input| input.rsplit('.').next().unwrap())
                .collect();
            assert!(leaves.iter().all(|leaf| !read.contains(&leaf.name.as_str())));
            for one in &seen {
                let together = |other: &str| {
                    let hidden =
                        |input: &String| input.starts_with("hidden ") && inputs(other).contains(input);
                    inputs(&one.name).iter().any(|input| input == other || hidden(input))
                        || inputs(other).contains(&one.name)
                };
                let others = seen.iter().filter(|other| other.name != one.name);
                alone += usize::from(!others.map(|other| other.name.as_str()).any(together));
                all += 1;
            }
        }
    }
    assert!(0 < alone && alone * 20 < all, "{alone} of {all} alone");
}

/// How many items an order comes to have shows in its other values.
#[test]
fn popularity_shows() {
    let mut strongest = Vec::new();
    for seed in 0..12 {
        let plan = fitted(shop(seed));
        let orders = &plan.tables[2];
        let root = &orders.scm.nodes[0];
        let cause = serde_json::json!({ "law": "popularity", "table": "item", "link": "item-order" });
        assert_eq!(root.mechanism["cause"]["source"], cause);
        let rows: Vec<u64> = (0..2000).collect();
        let all: Vec<usize> = (0..orders.scm.nodes.len()).collect();
        let ranks = open(&plan, 0).ranks(2, &all, &rows);
        let of = |node: usize| ranks[node].iter().map(|x| *x as f32).collect::<Vec<f32>>();
        let effects = all.iter().filter(|node| orders.scm.nodes[**node].inputs.contains(&root.name));
        strongest.push(effects.map(|node| spearman(&of(0), &of(*node)).abs()).fold(0.0, f64::max));
        let people = &plan.tables[0].scm.nodes;
        assert!(people.iter().all(|node| !node.name.starts_with("popularity")), "one to one");
    }
    strongest.sort_by(f64::total_cmp);
    assert!(strongest[6] > 0.3, "{strongest:?}");
}

/// What was computed for the fit is what any row gets later, from the plan alone.
#[test]
fn what_the_pilot_knows_is_what_rows_get() {
    for name in [PriorName::Default, PriorName::Plurel] {
        let mut plan = shop(4);
        plan.tables.iter_mut().for_each(|table| table.scm.prior = Prior { name, ..Prior::default() });
        let world = Arc::new(keys(&plan));
        let (plan, warm) = fit(plan, world).unwrap();
        let cold = open(&plan, 0);
        for (index, table) in plan.tables.iter().enumerate() {
            let rows: Vec<u64> = (0..table.rows).step_by(7).chain([table.rows - 1, 0]).collect();
            assert_eq!(
                bits(&warm.latents(index, &rows)),
                bits(&cold.latents(index, &rows)),
                "{}",
                table.name
            );
        }
    }
}

#[test]
fn any_rows_any_threads_any_cache() {
    let plan = fitted(shop(0));
    let (cached, bare) = (open(&plan, wide()), open(&plan, 0));
    for table in 0..plan.tables.len() {
        let rows: Vec<u64> = (0..plan.tables[table].rows).collect();
        let whole = bits(&cached.latents(table, &rows));
        let slice = bits(&bare.latents(table, &rows[37..61]));
        assert!(whole.iter().zip(&slice).all(|(w, s)| w[37..61] == s[..]), "{table}");
        let odd = [rows.len() as u64 - 1, 5, 5, 0, 117];
        let picked = bits(&bare.latents(table, &odd));
        assert!(whole.iter().zip(&picked).all(|(w, p)| odd.iter().zip(p).all(|(&r, p)| w[r as usize] == *p)));
        for threads in [2, 7] {
            let fresh = open(&plan, wide());
            let part = rows.len().div_ceil(threads);
            let parts: Vec<_> = std::thread::scope(|scope| {
                let fresh = &fresh;
                let runs: Vec<_> =
                    rows.chunks(part).map(|rows| scope.spawn(move || fresh.latents(table, rows))).collect();
                runs.into_iter().map(|run| run.join().unwrap()).collect()
            });
            for (node, whole) in whole.iter().enumerate() {
                let joined: Vec<u32> =
                    parts.iter().flat_map(|part| part[node].iter().map(|x| x.to_bits())).collect();
                assert!(joined == *whole, "{table} {threads}");
            }
        }
    }
}

#[test]
fn another_table_moves_nothing() {
    let plan = fitted(shop(3));
    let mut more = shop(3);
    more.tables.insert(1, table("note", 50, 2, false, vec![link("note-user", "user", false, 0.0)]));
    let more = fitted(more);
    for before in &plan.tables {
        let after = more.tables.iter().find(|t| t.name == before.name).unwrap();
        assert_eq!(before.scm, after.scm);
    }
    let rows: Vec<u64> = (0..100).collect();
    assert_eq!(bits(&open(&plan, 0).latents(4, &rows)), bits(&open(&more, 0).latents(5, &rows)));
}

#[test]
fn fit_is_idempotent_and_survives_json() {
    let plan = fitted(shop(1));
    assert_eq!(fitted(plan.clone()), plan);
    let text = serde_json::to_string(&plan).unwrap();
    let back: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(back, plan);
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    let rows: Vec<u64> = (0..500).collect();
    assert_eq!(bits(&open(&plan, 0).latents(4, &rows)), bits(&open(&back, 0).latents(4, &rows)));
}

#[test]
fn ranks_are_uniform_on_fresh_rows() {
    for seed in 0..4 {
        let plan = fitted(shop(seed));
        let models = open(&plan, wide());
        for (index, table) in plan.tables.iter().enumerate() {
            let rows: Vec<u64> = (0..table.rows).collect();
            let nodes: Vec<usize> = (0..table.scm.nodes.len()).collect();
            for (node, mut ranks) in models.ranks(index, &nodes, &rows).into_iter().enumerate() {
                ranks.sort_by(f64::total_cmp);
                assert!(ranks[0] > 0.0 && ranks[ranks.len() - 1] < 1.0);
                let n = ranks.len() as f64;
                let gap = ranks
                    .iter()
                    .enumerate()
                    .map(|(i, u)| (u - (i as f64 + 0.5) / n).abs())
                    .fold(0.0, f64::max);
                assert!(gap < 0.04, "{} {} {gap}", table.name, table.scm.nodes[node].name);
            }
        }
    }
}

#[test]
fn edges_show() {
    let mut strengths = Vec::new();
    for seed in 0..12 {
        let plan = fitted(shop(seed));
        let models = open(&plan, wide());
        for (index, table) in plan.tables.iter().enumerate() {
            let rows: Vec<u64> = (0..table.rows.min(3000)).collect();
            let latents = models.latents(index, &rows);
            for (position, node) in table.scm.nodes.iter().enumerate() {
                for input in &node.inputs {
                    if let Some(cause) = table.scm.nodes.iter().position(|other| other.name == *input) {
                        strengths.push(spearman(&latents[cause], &latents[position]).abs());
                    }
                }
            }
        }
    }
    strengths.sort_by(f64::total_cmp);
    let quantile = |u: f64| strengths[(u * (strengths.len() - 1) as f64) as usize];
    println!(
        "edges {} |rho|: 10% {:.2} 25% {:.2} 50% {:.2} 75% {:.2} 90% {:.2}",
        strengths.len(),
        quantile(0.1),
        quantile(0.25),
        quantile(0.5),
        quantile(0.75),
        quantile(0.9)
    );
    assert!((0.25..0.65).contains(&quantile(0.5)), "{}", quantile(0.5));
    assert!(quantile(0.2) > 0.1, "{}", quantile(0.2));
    assert!(quantile(0.97) < 0.97, "{}", quantile(0.97));
}

#[test]
fn siblings_resemble_each_other() {
    let mut alike = Vec::new();
    for seed in 0..12 {
        let plan = fitted(shop(seed));
        let (models, world) = (open(&plan, wide()), keys(&plan));
        let rows: Vec<u64> = (0..9_000).collect();
        let mut parents = Vec::new();
        world.parents(2, 0, &rows, &mut parents);
        let (rows, parents): (Vec<u64>, Vec<u64>) =
            rows.into_iter().zip(parents).filter(|(_, p)| *p != NONE).unzip();
        for (node, latents) in plan.tables[2].scm.nodes.iter().zip(models.latents(2, &rows)) {
            if node.name.starts_with("order") {
                alike.push(intraclass(&latents, &parents));
            }
        }
    }
    alike.sort_by(f64::total_cmp);
    let quantile = |u: f64| alike[(u * (alike.len() - 1) as f64) as usize];
    println!(
        "nodes {} icc: 10% {:.2} 25% {:.2} 50% {:.2} 75% {:.2} 90% {:.2}",
        alike.len(),
        quantile(0.1),
        quantile(0.25),
        quantile(0.5),
        quantile(0.75),
        quantile(0.9)
    );
    assert!((0.1..0.5).contains(&quantile(0.5)), "{}", quantile(0.5));
    assert!(quantile(0.3) > 0.05, "{}", quantile(0.3));
}

#[test]
fn self_reference_reads_the_parent_row() {
    let plan = fitted(shop(5));
    let scm = &plan.tables[3].scm;
    assert!(scm.foreign.iter().any(|raw| raw["node"] != "*"));
    let models = open(&plan, wide());
    let rows: Vec<u64> = (1..2000).collect();
    let mut parents = Vec::new();
    keys(&plan).parents(3, 0, &rows, &mut parents);
    let alike = models.latents(3, &rows).iter().map(|xs| intraclass(xs, &parents)).fold(0.0, f64::max);
    assert!(alike > 0.1, "{alike}");
}

#[test]
fn small_and_empty_tables() {
    for (rows, columns) in [(0, 0), (0, 3), (1, 0), (1, 3), (2, 1), (100, 0)] {
        let tables = vec![
            table("a", rows, columns, true, vec![]),
            table("b", 500, 2, false, vec![link("b-a", "a", false, 0.0), link("b-b", "b", false, 0.3)]),
        ];
        let plan = fitted(Plan { tables, ..shop(2) });
        let models = open(&plan, wide());
        for table in 0..2 {
            let rows: Vec<u64> = (0..plan.tables[table].rows).collect();
            let latents = models.latents(table, &rows);
            assert!(!latents.is_empty() && latents.iter().flatten().all(|x| x.is_finite()));
            assert!(models.ranks(table, &[0], &rows)[0].iter().all(|u| *u > 0.0 && *u < 1.0));
        }
    }
}

#[test]
fn both_priors_over_all_layouts() {
    for name in [PriorName::Default, PriorName::Plurel] {
        for (seed, layout) in LAYOUTS.into_iter().enumerate() {
            let mut plan = shop(seed as u64);
            for table in &mut plan.tables {
                table.rows = table.rows.min(1500);
                table.scm.prior = Prior { name, layout: Some(layout.name()), ..Prior::default() };
                table.scm.wanted.iter_mut().step_by(2).for_each(|wanted| wanted.categories = 4);
            }
            let plan = fitted(plan);
            let models = open(&plan, wide());
            for (index, table) in plan.tables.iter().enumerate() {
                assert_eq!(table.scm.layout, layout.name());
                let rows: Vec<u64> = (0..table.rows).collect();
                let latents = models.latents(index, &rows);
                assert!(latents.iter().flatten().all(|x| x.is_finite()));
                for wanted in table.scm.wanted.iter().filter(|wanted| wanted.categories > 0) {
                    let node = table.scm.nodes.iter().position(|node| node.name == wanted.name).unwrap();
                    let shares = &table.scm.nodes[node].fit.as_ref().unwrap()["rank"]["shares"];
                    let shares: Vec<f64> = serde_json::from_value(shares.clone()).unwrap();
                    assert_eq!(shares.len(), 4);
                    if table.scm.nodes[node].mechanism["categories"] == 4 {
                        let ranks = &models.ranks(index, &[node], &rows)[0];
                        for (rank, latent) in ranks.iter().zip(&latents[node]) {
                            let edges = shares.iter().scan(0.0, |sum, share| {
                                *sum += share;
                                Some(*sum)
                            });
                            assert_eq!(edges.filter(|edge| edge < rank).count(), *latent as usize);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_not_fitted_or_not_sound_is_refused() {
    let plan = shop(0);
    let open = |plan: &Plan| Models::open(plan, Arc::new(keys(plan)), 0).err().map(|e| e.to_string());
    let good = fitted(plan);
    let mut raw = good.clone();
    raw.tables[0].scm.nodes[0].fit = None;
    assert!(open(&raw).unwrap().contains("user"));
    let mut lost = good.clone();
    let node = lost.tables[4].scm.nodes.iter_mut().find(|node| !node.inputs.is_empty()).unwrap();
    node.inputs[0] = "nobody".into();
    assert!(open(&lost).unwrap().contains("nobody"));
    let mut odd = good;
    odd.tables[1].scm.nodes[0].mechanism = serde_json::json!({"kind": "magic"});
    assert!(open(&odd).unwrap().contains("product, node"));
    let mut layout = shop(0);
    layout.tables[0].scm.prior.layout = Some("Star".into());
    let keys = keys(&layout);
    assert!(fit(layout, Arc::new(keys)).err().unwrap().to_string().contains("ErdosRenyi"));
}

/// `cargo test --release --lib scm -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement"]
fn speed() {
    // Time on the processor, so that other work on the machine doesn't count.
    let clock = || -> f64 {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        stat.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1e-9
    };
    let mut many = shop(0);
    many.tables = (0..300)
        .map(|k| {
            let links = (1..=2)
                .filter(|back| k >= 3 * back)
                .map(|back| link(&format!("l{k}-{back}"), &format!("t{}", k - 3 * back), back == 1, 0.0));
            table(&format!("t{k}"), 500 + 10 * k, 6, k % 2 == 0, links.collect())
        })
        .collect();
    let start = clock();
    let many = fitted(many);
    println!(
        "fit 300 tables: {:.2} s, plan {} kB",
        clock() - start,
        serde_json::to_string(&many).unwrap().len() / 1000
    );
    for (name, width) in [(PriorName::Default, 16), (PriorName::Plurel, 32)] {
        for columns in [7, 1200] {
            let mut plan = shop(0);
            plan.tables = vec![
                table("p", 200_000, 5, false, vec![]),
                table("c", 1_000_000, columns, true, vec![link("c-p", "p", false, 0.0)]),
            ];
            plan.tables.iter_mut().for_each(|t| t.scm.prior = Prior { name, width, ..Prior::default() });
            let start = clock();
            let plan = fitted(plan);
            println!("fit: {:.2} s", clock() - start);
            let models = open(&plan, 256 << 20);
            let nodes: Vec<usize> = (0..plan.tables[1].scm.nodes.len()).collect();
            let rows: Vec<u64> = (0..if columns > 100 {
                4_000
            } else if width == 32 {
                50_000
            } else {
                1_000_000
            })
                .collect();
            let start = clock();
            let sum: f32 = rows
                .chunks(1024)
                .flat_map(|rows| models.engine.latents(&*models.keys, 1, false, &nodes, rows))
                .map(|xs| xs[0])
                .sum();
            let taken = clock() - start;
            println!(
                "{name:?}: {} rows x {} nodes: {taken:.2} s, {:.1} M row-nodes/s ({sum})",
                rows.len(),
                nodes.len(),
                (rows.len() * nodes.len()) as f64 / taken / 1e6
            );
            let start = clock();
            rows.chunks(1024).for_each(|rows| assert!(models.ranks(1, &nodes, rows).len() == nodes.len()));
            println!("with ranks: {:.2} s", clock() - start);
        }
    }
}

/// Every node of every table drawn anew, alone: each table, node, its latents, and where they stand among their draws.
fn places(plan: Plan, weigh: bool) -> Vec<(String, Vec<f64>)> {
    let plan = fitted(plan);
    let models = open(&plan, wide());
    let rows: Vec<u64> = (0..250).map(|k| k * 3 + 7).collect();
    let mut found = Vec::new();
    for (t, table) in plan.tables.iter().enumerate() {
        let rows: Vec<u64> = rows.iter().copied().filter(|&row| row < table.rows).collect();
        let own = models.latents(t, &rows);
        for (n, node) in table.scm.nodes.iter().enumerate() {
            let free = [node.name.clone()];
            let Ok(question) = models.question(t, &free, &free, weigh) else { continue };
            let draws = question.draw(&models.engine, &*models.keys, t, &rows, 1..201);
            let place = |r: usize| {
                let weight = |d: &super::redraw::Draw| f64::from(d.weight[r]).exp();
                let below = |d: &super::redraw::Draw| {
                    let x = d.latents[0][r];
                    if x < own[n][r] {
                        1.0
                    } else if x == own[n][r] {
                        0.5
                    } else {
                        0.0
                    }
                };
                let total: f64 = draws.iter().map(weight).sum();
                draws.iter().map(|d| weight(d) * below(d)).sum::<f64>() / total
            };
            found.push((format!("{}.{}", table.name, node.name), (0..rows.len()).map(place).collect()));
        }
    }
    found
}

/// Whether places among draws are as even as chance has it: mean, and share below a quarter.
fn even(places: &[f64]) -> bool {
    let n = places.len() as f64;
    let mean = places.iter().sum::<f64>() / n;
    (mean - 0.5).abs() < 4.0 * (1.0 / 12.0 / n).sqrt()
}

/// What a row has and what it might have had follow one law: the row's own value stands anywhere among its draws.
#[test]
fn draws_follow_the_law_of_the_rows() {
    for prior in [PriorName::Default, PriorName::Plurel] {
        let mut plan = shop(11);
        for table in &mut plan.tables {
            table.scm.prior = Prior { name: prior, ..Prior::default() };
        }
        let places = places(plan, false);
        assert!(places.len() > 25);
        for (node, places) in &places {
            assert!(even(places), "{prior:?} {node} {}", places.iter().sum::<f64>() / places.len() as f64);
        }
    }
}

/// The same with what a node causes as evidence: draws weigh by how likely they make it.
#[test]
fn weights_are_likelihoods() {
    let places = places(shop(12), true);
    assert!(places.len() > 20, "{}", places.len());
    for (node, places) in &places {
        assert!(even(places), "{node} {}", places.iter().sum::<f64>() / places.len() as f64);
    }
}

#[test]
fn a_draw_is_a_function_of_row_and_number() {
    let plan = fitted(shop(13));
    let models = open(&plan, wide());
    let names: Vec<String> = plan.tables[4].scm.nodes.iter().map(|node| node.name.clone()).collect();
    let question = models.question(4, &names, &names, true).unwrap();
    let all = models.redraw(4, &question, &(0..600).collect::<Vec<_>>(), 1..5);
    let some = models.redraw(4, &question, &[7, 599, 300], 3..5);
    for (whole, part) in all[2..].iter().zip(&some) {
        for (whole, part) in whole.0.iter().zip(&part.0) {
            assert_eq!(*part, [whole[7], whole[599], whole[300]]);
        }
    }
    assert_ne!(all[0].0, all[1].0);
    assert!(models.question(4, &["nobody".into()], &[], true).is_err());
}
