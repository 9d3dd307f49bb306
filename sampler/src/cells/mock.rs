//! Keys and values with plain formulas, for tests of what is made of them.

use crate::plan::{Law, Micros, Plan};
use crate::rng::Key;
use crate::world::{Keys, NONE, Place, Tuple, TwoWay, Values};

/// Every link gives `fan` children in a row to each parent; a null rate above 0 makes every third row NULL.
pub struct Mock {
    rows: Vec<u64>,
    parents: Vec<Vec<usize>>,
    optional: Vec<Vec<bool>>,
    drivers: Vec<Option<usize>>,
}

impl Mock {
    pub fn new(plan: &Plan) -> Self {
        let index = |name: &str| plan.tables.iter().position(|table| table.name == name).unwrap_or(0);
        let parents =
            |table: &crate::plan::Table| table.links.iter().map(|link| index(&link.parent)).collect();
        let optional =
            |table: &crate::plan::Table| table.links.iter().map(|link| link.null_rate > 0.0).collect();
        let driver = |table: &crate::plan::Table| {
            table.links.iter().position(|link| matches!(link.law, Law::Driver { .. }))
        };
        Self {
            rows: plan.tables.iter().map(|table| table.rows).collect(),
            parents: plan.tables.iter().map(parents).collect(),
            optional: plan.tables.iter().map(optional).collect(),
            drivers: plan.tables.iter().map(driver).collect(),
        }
    }

    fn fan(&self, table: usize, parent: usize) -> u64 {
        self.rows[table].div_ceil(self.rows[parent].max(1)).max(1)
    }
}

impl Keys for Mock {
    fn rows(&self, table: usize) -> u64 {
        self.rows[table]
    }

    fn parents(&self, table: usize, link: usize, rows: &[u64], out: &mut Vec<u64>) {
        let fan = self.fan(table, self.parents[table][link]);
        out.clear();
        let optional = self.optional[table][link];
        out.extend(rows.iter().map(|row| if optional && row % 3 == 0 { NONE } else { row / fan }));
    }

    fn times(&self, table: usize, rows: &[u64], out: &mut Vec<Micros>) {
        out.clear();
        out.extend(rows.iter().map(|row| 1_700_000_000_000_000 + *row as i64 * 1_000_001 + table as i64));
    }

    fn places(&self, table: usize, levels: usize, rows: &[u64], out: &mut Vec<Place>) {
        let (mut fan, mut at) = (1, table);
        for _ in 0..levels {
            let Some(driver) = self.drivers[at] else { break };
            fan *= self.fan(at, self.parents[at][driver]);
            at = self.parents[at][driver];
        }
        out.clear();
        out.extend(rows.iter().map(|row| Place { ancestor: row / fan, ordinal: row % fan, count: fan }));
    }

    fn popularity(&self, _: usize, _: usize, parents: &[u64], out: &mut Vec<f32>) {
        out.clear();
        out.resize(parents.len(), 0.0);
    }

    fn digits(&self, _table: usize, tuple: Tuple<'_>, index: usize, rows: &[u64], out: &mut Vec<u64>) {
        let below: u64 = tuple.dims[..index].iter().product();
        out.clear();
        out.extend(rows.iter().map(|row| row / below % tuple.dims[index]));
    }
}

impl TwoWay for Mock {
    fn children(&self, table: usize, link: usize, parent: u64) -> Vec<u64> {
        let rows: Vec<u64> = (0..self.rows[table]).collect();
        let mut parents = Vec::new();
        self.parents(table, link, &rows, &mut parents);
        rows.into_iter().filter(|row| parents[*row as usize] == parent).collect()
    }
}

impl Values for Mock {
    fn ranks(&self, table: usize, nodes: &[usize], rows: &[u64]) -> Vec<Vec<f64>> {
        let key = |node: usize| Key::new(0, &["mock"]).at(table as u64).at(node as u64);
        nodes.iter().map(|node| rows.iter().map(|row| key(*node).uniform(*row, 0)).collect()).collect()
    }
}
