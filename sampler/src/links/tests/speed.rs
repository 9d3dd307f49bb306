//! How long it takes.

use super::*;
use crate::plan::Order;

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
    let opened = std::time::Instant::now();
    let topology = Topology::open(&plan).unwrap();
    println!("open: {:?}", opened.elapsed());
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
