//! A task's rows laid over a source: a table of its own, whose rows refer to the entities that they ask about.
//!
//! A row's label is known from some moment on; from then on it may be seen by others.

use super::batch;
use super::{Cells, Children, Column, Horizon, Kind, NULL, Nanos, Node, Referrer, Source, Table};
use crate::error::{Error, Result};
use std::collections::HashMap;

/// What a task asks: of row `rows[k]` of the entity table at `times[k]`.
#[derive(Debug, Clone)]
pub struct Asked {
    pub name: String,
    pub entity: usize,
    pub rows: Vec<u64>,
    pub times: Vec<Nanos>,
    /// From when on the label may be seen; None where it never may.
    pub known: Vec<Option<Nanos>>,
    pub labels: Vec<f32>,
    /// Standardised times, as cells.
    pub moments: Vec<f32>,
    pub kind: Kind,
    /// The number of the label's column; the time's is the next one.
    pub column: i32,
}

#[derive(Debug)]
pub struct Labels {
    asked: Asked,
    tables: Vec<Table>,
    /// Labels that are ever known, in order of that moment: all of them, and by entity row.
    order: Vec<u32>,
    of_entity: HashMap<u64, Vec<u32>>,
    cells: Vec<u32>,
}

impl Labels {
    /// The rows of a task over a source.
    ///
    /// # Errors
    /// `Error::Run` where arrays differ in length or an entity does not exist.
    pub fn new(asked: Asked, source: &dyn Source) -> Result<Self> {
        let count = asked.rows.len();
        if [asked.times.len(), asked.known.len(), asked.labels.len(), asked.moments.len()] != [count; 4] {
            return Err(Error::run(&asked.name, "a task's arrays must have one length"));
        }
        if count >= NULL as usize {
            return Err(Error::run(
                &asked.name,
                "has 2^32 rows or more, which is past what is kept in memory",
            ));
        }
        let mut tables = source.tables().to_vec();
        let number = tables.len();
        let entities = asked.rows.iter().map(|row| Node { table: asked.entity, row: *row });
        batch::check(source, entities).map_err(|error| Error::run(&asked.name, error.to_string()))?;
        tables[asked.entity].referrers.push(Referrer { table: number, link: 0, labels: true });
        tables.push(Table {
            name: asked.name.clone(),
            columns: vec![
                Column { id: asked.column, kind: asked.kind },
                Column { id: asked.column + 1, kind: Kind::Datetime },
            ],
            links: vec![asked.entity],
            referrers: Vec::new(),
            fullness: 2.0,
        });
        let known = |row: &u32| asked.known[*row as usize];
        let mut order: Vec<u32> = (0..count as u32).filter(|row| known(row).is_some()).collect();
        order.sort_by_key(known);
        let mut of_entity: HashMap<u64, Vec<u32>> = HashMap::new();
        for row in &order {
            of_entity.entry(asked.rows[*row as usize]).or_default().push(*row);
        }
        let words = asked.labels.iter().zip(&asked.moments);
        let cells = words.flat_map(|(label, moment)| [label.to_bits(), moment.to_bits()]).collect();
        Ok(Self { asked, tables, order, of_entity, cells })
    }

    /// How many rows the task has.
    pub fn len(&self) -> usize {
        self.asked.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When row `row` asks.
    pub fn time(&self, row: u64) -> Nanos {
        self.asked.times[row as usize]
    }

    /// The number of its table over the source, and of the label's column.
    pub fn target(&self) -> (usize, i32) {
        (self.tables.len() - 1, self.asked.column)
    }

    fn seen<'a>(&self, rows: &'a [u32], until: Nanos) -> &'a [u32] {
        &rows[..rows
            .partition_point(|row| self.asked.known[*row as usize].is_some_and(|known| known <= until))]
    }
}

/// `base` with the task's table after its own.
pub struct Labelled<'a> {
    pub base: &'a dyn Source,
    pub labels: &'a Labels,
}

impl Labelled<'_> {
    fn is_label(&self, table: usize) -> bool {
        table + 1 == self.labels.tables.len()
    }
}

impl Source for Labelled<'_> {
    fn tables(&self) -> &[Table] {
        &self.labels.tables
    }

    fn rows(&self, table: usize) -> u64 {
        if self.is_label(table) { self.labels.len() as u64 } else { self.base.rows(table) }
    }

    fn time(&self, node: Node) -> Nanos {
        if self.is_label(node.table) { self.labels.time(node.row) } else { self.base.time(node) }
    }

    fn parents(&self, node: Node, out: &mut Vec<u64>) {
        if self.is_label(node.table) {
            out.push(self.labels.asked.rows[node.row as usize]);
        } else {
            self.base.parents(node, out);
        }
    }

    fn children(&self, referrer: Referrer, parent: u64, horizon: &Horizon<'_>) -> Children<'_> {
        if !referrer.labels {
            return self.base.children(referrer, parent, horizon);
        }
        let rows = self.labels.of_entity.get(&parent).map_or(&[][..], Vec::as_slice);
        Children::Listed(self.labels.seen(rows, horizon.until))
    }

    fn end(&self, table: usize, until: Nanos) -> u64 {
        if self.is_label(table) {
            self.labels.seen(&self.labels.order, until).len() as u64
        } else {
            self.base.end(table, until)
        }
    }

    fn at(&self, table: usize, position: u64) -> u64 {
        if self.is_label(table) {
            u64::from(self.labels.order[position as usize])
        } else {
            self.base.at(table, position)
        }
    }

    fn holds(&self, node: Node, of: Option<(Referrer, u64)>, until: Nanos) -> bool {
        self.is_label(node.table) || self.base.holds(node, of, until)
    }

    fn is_ordered(&self, table: usize, link: usize) -> bool {
        !self.is_label(table) && self.base.is_ordered(table, link)
    }

    fn cells(&self, nodes: &[Node], out: &mut Cells) -> Result<()> {
        for run in nodes.chunk_by(|one, next| self.is_label(one.table) == self.is_label(next.table)) {
            if run.iter().all(|node| !self.is_label(node.table)) {
                self.base.cells(run, out)?;
                continue;
            }
            for node in run {
                out.words.extend_from_slice(&self.labels.cells[2 * node.row as usize..][..2]);
            }
        }
        Ok(())
    }
}
