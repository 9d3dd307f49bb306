//! Candidates, by brute force: nobody's child is missing, and they stand as `order` says.

use super::*;

/// Everything that must hold of a link's candidates, whose children by parent are `children`.
pub(crate) fn verify_family(
    topology: &Topology,
    table: usize,
    link: usize,
    children: &[Vec<u64>],
    place: &str,
) {
    let rows = topology.rows(table);
    // Lists as a source makes them that stores rows.
    let mut listed = vec![Vec::new(); children.len()];
    let ordered: Vec<u64> =
        topology.order(table, link).map_or_else(|| (0..rows).collect(), |order| order.collect());
    for row in &ordered {
        let parent = Some(topology.parent(table, link, *row)).filter(|parent| *parent != NONE);
        if let Some(parent) = parent.or_else(|| topology.nearly(table, link, *row)) {
            listed[parent as usize].push(*row);
        }
    }
    let mut sorted = ordered;
    sorted.sort_unstable();
    assert_eq!(sorted, (0..rows).collect::<Vec<_>>(), "{place}: each row once");
    for (parent, own) in children.iter().enumerate() {
        let all = |before: u64| {
            let family = topology.family(table, link, parent as u64, before);
            (0..family.len()).map(|index| family.get(index)).collect::<Vec<_>>()
        };
        let candidates = all(rows);
        assert_eq!(candidates, listed[parent], "{place} parent {parent}");
        let mut held: Vec<u64> = candidates
            .iter()
            .copied()
            .filter(|row| topology.parent(table, link, *row) == parent as u64)
            .collect();
        held.sort_unstable();
        assert!(held.len() == candidates.len() || topology.is_loose(table, link), "{place} parent {parent}");
        assert_eq!(held, *own, "{place} parent {parent}");
        for before in [0, 1, rows / 3, rows.saturating_sub(1)] {
            let reach = topology.reach(table, link, before);
            assert!(reach >= before, "{place}");
            let cut = candidates.partition_point(|row| *row < reach);
            assert_eq!(all(before), candidates[..cut], "{place} parent {parent} before {before}");
            assert!(candidates[cut..].iter().all(|row| *row >= before), "{place} parent {parent}");
        }
    }
    assert!(topology.family(table, link, children.len() as u64, rows).is_empty());
}

/// No row past `before` is as early, where all hang on an axis.
pub(crate) fn verify_before(topology: &Topology, table: usize, times: &[Micros]) {
    let mut seen: Vec<Micros> = times.iter().step_by(1 + times.len() / 7).copied().collect();
    seen.extend([Micros::MIN, Micros::MAX]);
    let has_orphans = topology.tables[table].links.iter().any(|link| link.nulls.rate > 0.0);
    for time in seen {
        let before = topology.before(table, time) as usize;
        assert!(before <= times.len());
        let is_late = |row: &usize| times[*row] > time;
        assert!(has_orphans || !topology.has_time(table) || (before..times.len()).all(|row| is_late(&row)));
    }
}

#[test]
fn rows_on_an_axis_of_their_own_are_cut_exactly() {
    let topology = verify(&plan(3, vec![table("event", 500, own(0, 100), vec![])]));
    let times = all_times(&topology, 0);
    for row in [0, 1, 77, 499] {
        let count = times.iter().filter(|time| **time <= times[row]).count() as u64;
        assert_eq!(topology.before(0, times[row]), count);
    }
    assert_eq!(topology.before(0, times[0] - 1), 0);
}
