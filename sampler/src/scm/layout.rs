//! Random directed acyclic graphs over n nodes, in topological order: every edge runs from a lower to a higher number.

use super::draws::Draws;
use super::params::Params;
use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    ErdosRenyi,
    BarabasiAlbert,
    RandomTree,
    ReverseRandomTree,
    Layered,
    WattsStrogatz,
    RandomCauchy,
}

pub const LAYOUTS: [Layout; 7] = [
    Layout::ErdosRenyi,
    Layout::BarabasiAlbert,
    Layout::RandomTree,
    Layout::ReverseRandomTree,
    Layout::Layered,
    Layout::WattsStrogatz,
    Layout::RandomCauchy,
];

impl Layout {
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn named(name: &str, table: &str) -> Result<Self> {
        LAYOUTS.into_iter().find(|layout| layout.name() == name).ok_or_else(|| {
            let known = LAYOUTS.map(Self::name).join(", ");
            Error::plan(table, format!("unknown SCM layout {name:?}; known are {known}"))
        })
    }

    /// The parents of each node, ascending, each below the node.
    pub fn parents(self, n: usize, params: &Params, draws: &mut Draws) -> Vec<Vec<usize>> {
        let mut parents = match self {
            Self::ErdosRenyi => {
                let p = params.er_p_choices.number(draws);
                forward(n, draws, |_, _| p)
            }
            Self::BarabasiAlbert => preferential(n, params, draws),
            Self::RandomTree => (0..n).map(|j| if j == 0 { vec![] } else { vec![draws.below(j)] }).collect(),
            Self::ReverseRandomTree => {
                let mut parents = vec![vec![]; n];
                for i in 0..n.saturating_sub(1) {
                    parents[draws.int(i + 1, n - 1)].push(i);
                }
                parents
            }
            Self::Layered => layered(n, params, draws),
            Self::WattsStrogatz => small_world(n, params, draws),
            Self::RandomCauchy => {
                let a = draws.cauchy();
                let out: Vec<f64> = (0..n).map(|_| draws.cauchy()).collect();
                let into: Vec<f64> = (0..n).map(|_| draws.cauchy()).collect();
                forward(n, draws, |i, j| 1.0 / (1.0 + libm::exp(-(a + out[i] + into[j]))))
            }
        };
        for list in &mut parents {
            list.sort_unstable();
            list.dedup();
        }
        parents
    }
}

/// Each edge i < j with its own probability.
fn forward(n: usize, draws: &mut Draws, p: impl Fn(usize, usize) -> f64) -> Vec<Vec<usize>> {
    (0..n).map(|j| (0..j).filter(|&i| draws.chance(p(i, j))).collect()).collect()
}

/// Barabasi-Albert with m = 2: a node joins two earlier ones by their degree; edges into sinks are dropped with
/// probability 0.4.
fn preferential(n: usize, params: &Params, draws: &mut Draws) -> Vec<Vec<usize>> {
    let mut parents: Vec<Vec<usize>> = vec![vec![]; n];
    let mut ends = Vec::new();
    for j in 1..n {
        for _ in 0..params.ba_m {
            // Every node stands once in the urn besides its edge ends, so that none is out of reach.
            let ticket = draws.below(ends.len() + j);
            let i = if ticket < j { ticket } else { ends[ticket - j] };
            if !parents[j].contains(&i) {
                parents[j].push(i);
            }
        }
        for &i in &parents[j] {
            ends.extend([i, j]);
        }
    }
    let mut sink = vec![true; n];
    parents.iter().flatten().for_each(|&i| sink[i] = false);
    for j in 0..n {
        if sink[j] {
            parents[j].retain(|_| !draws.chance(params.ba_sink_edge_dropout));
        }
    }
    parents
}

/// 2..8 layers, each joined wholly to the next, a tenth of the edges dropped.
fn layered(n: usize, params: &Params, draws: &mut Draws) -> Vec<Vec<usize>> {
    let depth = params.layered_depth_choices.whole(draws).min(n.max(1));
    let start = |layer: usize| layer * n / depth;
    let mut parents = vec![vec![]; n];
    for layer in 1..depth {
        for list in &mut parents[start(layer)..start(layer + 1)] {
            *list = (start(layer - 1)..start(layer))
                .filter(|_| !draws.chance(params.layered_edge_dropout_p))
                .collect();
        }
    }
    parents
}

/// A ring lattice of 2 or 4 neighbours, each edge rewired with probability 0.1..0.3, directed upwards.
fn small_world(n: usize, params: &Params, draws: &mut Draws) -> Vec<Vec<usize>> {
    let mut parents = vec![vec![]; n];
    let (reach, p) = (draws.int(1, 2), params.ws_rewire_p_choices.number(draws));
    for i in 0..n {
        for step in 1..=reach {
            let j = if draws.chance(p) { draws.below(n) } else { (i + step) % n };
            if i != j {
                parents[i.max(j)].push(i.min(j));
            }
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    fn graph(layout: Layout, n: usize) -> Vec<Vec<usize>> {
        layout.parents(n, &Params::default(), &mut Draws::new(Key::new(7, &["layout", &layout.name()])))
    }

    #[test]
    fn every_layout_is_a_dag() {
        for layout in LAYOUTS {
            for n in [0, 1, 2, 3, 17, 200] {
                let parents = graph(layout, n);
                assert_eq!(parents.len(), n);
                assert!(
                    parents.iter().enumerate().all(|(j, list)| list.iter().all(|&i| i < j)),
                    "{layout:?}"
                );
                assert!(n < 17 || parents.iter().any(|list| !list.is_empty()), "{layout:?}");
            }
            assert_eq!(Layout::named(&layout.name(), "t"), Ok(layout));
        }
        assert!(Layout::named("Star", "t").is_err());
    }

    #[test]
    fn shapes() {
        let n = 200;
        let edges = |layout| graph(layout, n).iter().map(Vec::len).sum::<usize>();
        assert!(graph(Layout::RandomTree, n).iter().skip(1).all(|list| list.len() == 1));
        let reverse = graph(Layout::ReverseRandomTree, n);
        let mut children = vec![0; n];
        reverse.iter().flatten().for_each(|&i| children[i] += 1);
        assert!(children[..n - 1].iter().all(|&k| k == 1) && children[n - 1] == 0);
        let density = edges(Layout::ErdosRenyi) as f64 / (n * (n - 1) / 2) as f64;
        assert!((0.25..0.85).contains(&density), "{density}");
        assert!((n / 2..2 * n).contains(&edges(Layout::BarabasiAlbert)));
        assert!((n / 2..=2 * n).contains(&edges(Layout::WattsStrogatz)));
        let layers = graph(Layout::Layered, n);
        assert!(layers.iter().all(|list| list.last().zip(list.first()).is_none_or(|(b, a)| b - a <= n / 2)));
        assert!(layers.iter().filter(|list| list.is_empty()).count() >= n / 8 - 1);
    }

    #[test]
    fn values_are_stable() {
        let sums = LAYOUTS.map(|layout| {
            graph(layout, 12)
                .iter()
                .enumerate()
                .map(|(j, p)| j * p.iter().map(|i| i + 1).sum::<usize>())
                .sum::<usize>()
        });
        assert_eq!(sums, [2060, 270, 373, 617, 812, 488, 2001]);
    }
}
