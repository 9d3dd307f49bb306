//! Who stands where in a table's graph, and which edges it gets or loses so that what is seen hangs together.

use super::draws::Draws;
use super::source::Source;
use crate::plan::{Law, Plan, Table};
use std::collections::HashSet;

/// Of the columns that hang together with no other column of their row, the default prior leaves so many as they are.
const ALONE: f64 = 0.15;
/// Links to a table whose popularity is a cause of its values.
const POPULAR: usize = 2;
/// The weight of the edge that the rest get.
const STRONG: f64 = 1.5;

/// The edges into a node: the nodes that they come from, and their weights.
pub type Edges = Vec<(usize, f64)>;

pub fn strongest(mut edges: Edges, most: usize) -> Edges {
    edges.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    edges.truncate(most);
    edges.sort_by_key(|edge| edge.0);
    edges
}

/// Which node stands at each position. Wanted nodes sit anywhere in the published prior; in the default one, rather
/// where they have causes.
pub fn names(table: &Table, edges: &[Edges], published: bool, draws: &mut Draws) -> Vec<String> {
    let mut positions: Vec<usize> = (0..edges.len()).collect();
    draws.shuffle(&mut positions);
    if !published {
        let last: Vec<bool> = edges.iter().map(|inputs| inputs.is_empty() && draws.chance(0.75)).collect();
        positions.sort_by_key(|&position| last[position]);
    }
    let mut names = vec![String::new(); edges.len()];
    let (leaves, others): (Vec<_>, Vec<_>) = table.scm.wanted.iter().partition(|wanted| wanted.leaf);
    let mut effects = vec![0; edges.len()];
    edges.iter().flatten().for_each(|&(input, _)| effects[input] += 1);
    // Leaves cut the fewest edges where there are the fewest, and the rest stay in their order.
    let mut barren = positions.clone();
    barren.sort_by_key(|&position| effects[position]);
    for (wanted, position) in leaves.iter().zip(barren) {
        names[position].clone_from(&wanted.name);
    }
    let free: Vec<usize> = positions.into_iter().filter(|&position| names[position].is_empty()).collect();
    for (wanted, position) in others.iter().zip(free) {
        names[position].clone_from(&wanted.name);
    }
    let taken = |name: &str| table.scm.wanted.iter().any(|wanted| wanted.name == name);
    let mut hidden = (1..).map(|k| format!("hidden {k}")).filter(|name| !taken(name));
    for name in names.iter_mut().filter(|name| name.is_empty()) {
        *name = hidden.next().unwrap_or_default();
    }
    names
}

/// The nodes that a wanted one hangs on, and these: in the published prior many others cause nothing that is seen.
pub fn causes(table: &Table, edges: &[Edges], names: &[String]) -> Vec<bool> {
    let mut kept: Vec<bool> =
        names.iter().map(|name| table.scm.wanted.iter().any(|wanted| wanted.name == *name)).collect();
    for position in (0..edges.len()).rev() {
        if kept[position] {
            edges[position].iter().for_each(|&(input, _)| kept[input] = true);
        }
    }
    kept
}

/// Takes the edges from leaves away, and gives most columns that nothing seen in their row hangs together with another
/// column of it as cause or effect.
pub fn connect(table: &Table, edges: &mut [Edges], names: &[String], draws: &mut Draws) {
    let wanted = |leaf: bool| {
        let of: HashSet<&str> =
            table.scm.wanted.iter().filter(|spec| spec.leaf == leaf).map(|spec| spec.name.as_str()).collect();
        (0..names.len()).filter(|&position| of.contains(names[position].as_str())).collect::<Vec<usize>>()
    };
    let (leaves, seen) = (wanted(true), wanted(false));
    edges.iter_mut().for_each(|inputs| inputs.retain(|(input, _)| !leaves.contains(input)));
    for &one in &seen {
        let causes = |node: usize, cause: usize| edges[node].iter().any(|&(input, _)| input == cause);
        let together = |other: usize| {
            let shared = |&(input, _): &(usize, f64)| !seen.contains(&input) && causes(other, input);
            causes(one, other) || causes(other, one) || edges[one].iter().any(shared)
        };
        let others: Vec<usize> = seen.iter().copied().filter(|&other| other != one).collect();
        if others.is_empty() || others.iter().any(|&other| together(other)) || draws.chance(ALONE) {
            continue;
        }
        let other = others[draws.below(others.len())];
        let weight = if draws.chance(0.7) { STRONG } else { -STRONG };
        edges[one.max(other)].push((one.min(other), weight));
    }
    edges.iter_mut().for_each(|inputs| inputs.sort_by_key(|edge| edge.0));
}

/// The links to the table whose laws weigh its rows: up to two of them.
pub fn links_to(plan: &Plan, index: usize, draws: &mut Draws) -> Vec<Source> {
    let weighs = |law: &Law| match law {
        Law::Driver { spread, .. } | Law::Affinity { spread, .. } => *spread > 0.0,
        _ => false,
    };
    let others = plan.tables.iter().enumerate().filter(|(other, _)| *other != index);
    let mut found: Vec<Source> = others
        .flat_map(|(_, other)| other.links.iter().map(move |link| (other, link)))
        .filter(|(_, link)| link.parent == plan.tables[index].name && weighs(&link.law))
        .map(|(other, link)| Source::Popularity { table: other.name.clone(), link: link.name.clone() })
        .collect();
    draws.shuffle(&mut found);
    found.truncate(POPULAR);
    found
}

/// Puts `count` roots before all other nodes, each a cause of one to three columns that have other causes, if there are any.
pub fn join(table: &Table, count: usize, edges: &mut Vec<Edges>, names: &mut Vec<String>, draws: &mut Draws) {
    edges.iter_mut().flatten().for_each(|edge| edge.0 += count);
    edges.splice(0..0, vec![vec![]; count]);
    let taken = |name: &str| table.scm.wanted.iter().any(|wanted| wanted.name == name);
    let fresh: Vec<String> =
        (1..).map(|k| format!("popularity {k}")).filter(|name| !taken(name)).take(count).collect();
    names.splice(0..0, fresh);
    let is_seen = |name: &String| table.scm.wanted.iter().any(|spec| !spec.leaf && spec.name == *name);
    let seen: Vec<usize> = (count..names.len()).filter(|&position| is_seen(&names[position])).collect();
    let mut effects: Vec<usize> =
        seen.iter().copied().filter(|&position| !edges[position].is_empty()).collect();
    if effects.is_empty() {
        effects = seen;
    }
    for root in 0..count {
        draws.shuffle(&mut effects);
        for &effect in effects.iter().take(draws.int(1, 3)) {
            let weight = draws.range(0.7, STRONG);
            edges[effect].push((root, if draws.chance(0.7) { weight } else { -weight }));
        }
    }
    edges.iter_mut().for_each(|inputs| inputs.sort_by_key(|edge| edge.0));
}
