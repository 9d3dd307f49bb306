//! A database that is never made: rows are evaluated from their plan when a walk meets them, nothing is kept of them.

use super::laws::{Lawful, Laws, nanos};
use super::{
    Cells, Children, Column, Horizon, Kind, NONE, NULL, Nanos, Node, Referrer, Source, TIMELESS, Table, Texts,
};
use crate::cells::BLOCK_ROWS;
use crate::codec::display;
use crate::codec::numeric::{micros, reals};
use crate::codec::types::{self, DAY};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::world::Keys;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use std::sync::Arc;

/// A table of the source: what it is in the plan.
#[derive(Debug, Clone)]
pub struct Given {
    pub name: String,
    /// The name of the table in the plan.
    pub planned: String,
    pub time: When,
    /// The table of the source that each link leads to, and which of the planned table's links it is.
    pub links: Vec<(usize, usize)>,
    pub columns: Vec<Wanted>,
    /// As `Table::fullness`.
    pub fullness: f64,
}

/// What a row's time is.
#[derive(Debug, Clone)]
pub enum When {
    Never,
    /// A column of the planned table.
    Column(String),
    /// The latest of the parents along these links of the source's table.
    Lent(Vec<usize>),
}

/// A column that has cells: a column of the planned table, or the row's time where there is none. Numbers and times stand
/// as (x - mean) / std.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub column: Column,
    pub planned: Option<String>,
    pub mean: f64,
    pub std: f64,
}

pub struct Unmade {
    database: Arc<Database>,
    laws: Laws,
    tables: Vec<Table>,
    sources: Vec<Rows>,
}

/// How the rows of a table are made.
struct Rows {
    count: u64,
    time: Time,
    /// Columns of the planned table, each once.
    asked: Vec<usize>,
    /// For each column with cells, its place in `asked`, None for the row's time; mean and deviation.
    cells: Vec<(Option<usize>, f64, f64)>,
    /// As `Source::is_ordered`, by link.
    ordered: Vec<bool>,
}

enum Time {
    Never,
    /// The row's own on its axis, or the day of that.
    Axis {
        day: bool,
    },
    Column(usize),
    Lent(Vec<usize>),
}

impl Unmade {
    /// # Errors
    /// `Error::Run` where a table, link or column is not in the plan, or has no such cells.
    pub fn new(database: Arc<Database>, given: Vec<Given>) -> Result<Self> {
        let mut sources: Vec<Rows> =
            given.iter().map(|given| Rows::new(&database, given)).collect::<Result<_>>()?;
        let lawful = given.iter().map(|given| {
            let links = given.links.iter().map(|(_, link)| Some(*link)).collect();
            Ok(Lawful { table: database.table(&given.planned)?, links })
        });
        let laws = Laws::new(database.keys().clone(), lawful.collect::<Result<_>>()?);
        for (table, given) in given.iter().enumerate() {
            let is_ordered = |(link, (parent, _)): (usize, &(usize, usize))| match (
                &sources[table].time,
                &sources[*parent].time,
            ) {
                (_, Time::Never) => true,
                (Time::Lent(links), _) => links.contains(&link),
                (Time::Axis { day: false }, Time::Axis { .. }) => laws.is_ordered(table, link),
                _ => false,
            };
            sources[table].ordered = given.links.iter().enumerate().map(is_ordered).collect();
        }
        let mut tables: Vec<Table> = given
            .into_iter()
            .map(|Given { name, links, columns, fullness, .. }| Table {
                name,
                columns: columns.into_iter().map(|wanted| wanted.column).collect(),
                links: links.into_iter().map(|(parent, _)| parent).collect(),
                referrers: Vec::new(),
                fullness,
            })
            .collect();
        Table::refer(&mut tables);
        Ok(Self { database, laws, tables, sources })
    }

    /// Rows of one table: their cells by column, in words.
    fn made(&self, table: usize, rows: &[u64], texts: &mut Texts) -> Result<Vec<Vec<u32>>> {
        let source = &self.sources[table];
        let arrays = self.database.cells().columns(self.laws.table(table), &source.asked, rows)?;
        let columns = self.tables[table].columns.iter().zip(&source.cells);
        let words = columns.map(|(column, (place, mean, std))| {
            let scaled = |value: f64| {
                let value = ((value - mean) / std) as f32;
                if value.is_finite() { value.to_bits() } else { NULL }
            };
            let Some(place) = place else {
                let times = rows.iter().map(|row| self.time(Node { table, row: *row }));
                return times
                    .map(|time| if time == TIMELESS { NULL } else { scaled(seconds(time)) })
                    .collect();
            };
            let array = &arrays[*place];
            match column.kind {
                Kind::Text => lettered(array, texts),
                Kind::Boolean => held(array, reals(array), |value| (value as f32).to_bits()),
                Kind::Number => held(array, reals(array), scaled),
                Kind::Datetime => held(array, micros(array), |time| match nanos(time) {
                    TIMELESS => NULL,
                    time => scaled(seconds(time)),
                }),
            }
        });
        Ok(words.collect())
    }
}

impl Rows {
    fn new(database: &Database, given: &Given) -> Result<Self> {
        let table = database.table(&given.planned)?;
        let schema = database.cells().schema(table);
        let index = |name: &String| {
            schema.index_of(name).map_err(|_| {
                Error::run(format!("{}.{name}", given.planned), "there is no such column in the plan")
            })
        };
        let mut asked: Vec<usize> = Vec::new();
        let cells = given.columns.iter().map(|wanted| {
            let Some(name) = &wanted.planned else { return Ok((None, wanted.mean, wanted.std)) };
            let column = index(name)?;
            let data_type = schema.field(column).data_type();
            if !is_made(wanted.column.kind, data_type) {
                let message = format!("{:?} cells can't be made of {data_type}", wanted.column.kind);
                return Err(Error::run(format!("{}.{name}", given.planned), message));
            }
            let place = asked.iter().position(|found| *found == column).unwrap_or_else(|| {
                asked.push(column);
                asked.len() - 1
            });
            Ok((Some(place), wanted.mean, wanted.std))
        });
        let cells = cells.collect::<Result<_>>()?;
        let time = match &given.time {
            When::Never => Time::Never,
            When::Lent(links) => Time::Lent(links.clone()),
            When::Column(name) => {
                let column = index(name)?;
                let day = *schema.field(column).data_type() == DataType::Date32;
                if database.cells().is_axis(table, column) {
                    Time::Axis { day }
                } else {
                    Time::Column(column)
                }
            }
        };
        Ok(Self { count: database.cells().rows(table), time, asked, cells, ordered: Vec::new() })
    }
}

/// Whether cells of the kind are made of such values.
fn is_made(kind: Kind, data_type: &DataType) -> bool {
    match kind {
        Kind::Number => types::is_number(data_type),
        Kind::Boolean => *data_type == DataType::Boolean,
        Kind::Datetime => matches!(data_type, DataType::Date32 | DataType::Timestamp(..)),
        Kind::Text => matches!(data_type, DataType::Utf8 | DataType::Time64(_) | DataType::List(_)),
    }
}

fn seconds(time: Nanos) -> f64 {
    time as f64 / 1e9
}

fn held<T: Copy>(array: &ArrayRef, values: Vec<T>, word: impl Fn(T) -> u32) -> Vec<u32> {
    let values = values.into_iter().enumerate();
    values.map(|(index, value)| if array.is_null(index) { NULL } else { word(value) }).collect()
}

fn lettered(array: &ArrayRef, texts: &mut Texts) -> Vec<u32> {
    if let Some(strings) = array.as_string_opt::<i32>() {
        return strings.iter().map(|text| text.map_or(NULL, |text| texts.place(text))).collect();
    }
    let mut text = String::new();
    let mut word = |index: usize| {
        text.clear();
        match array.as_list_opt::<i32>() {
            Some(lists) => list(&lists.value(index), &mut text),
            None => display::plain(array, index, &mut text),
        }
        if array.is_null(index) { NULL } else { texts.place(&text) }
    };
    (0..array.len()).map(&mut word).collect()
}

/// A JSON array without blanks, as a dataset's folder has it.
fn list(items: &ArrayRef, out: &mut String) {
    for index in 0..items.len() {
        out.push(if index == 0 { '[' } else { ',' });
        display::json(items, index, false, out);
    }
    out.push_str(if items.is_empty() { "[]" } else { "]" });
}

impl Source for Unmade {
    fn tables(&self) -> &[Table] {
        &self.tables
    }

    fn rows(&self, table: usize) -> u64 {
        self.sources[table].count
    }

    /// A row whose time can't be made is later than all others: it is never seen.
    fn time(&self, node: Node) -> Nanos {
        let table = self.laws.table(node.table);
        match &self.sources[node.table].time {
            Time::Never => TIMELESS,
            Time::Axis { day } => {
                let mut times = Vec::with_capacity(1);
                self.laws.keys().times(table, &[node.row], &mut times);
                nanos(
                    times
                        .first()
                        .map_or(i64::MAX, |time| if *day { time.div_euclid(DAY) * DAY } else { *time }),
                )
            }
            Time::Column(column) => match self.database.cells().column(table, *column, &[node.row]) {
                Ok(array) if array.is_null(0) => TIMELESS,
                Ok(array) => micros(&array).first().map_or(Nanos::MAX, |time| nanos(*time)),
                Err(_) => Nanos::MAX,
            },
            Time::Lent(links) => {
                let times = links.iter().map(|link| {
                    let row = self.laws.parent(node.table, *link, node.row);
                    let table = self.tables[node.table].links[*link];
                    if row == NONE { TIMELESS } else { self.time(Node { table, row }) }
                });
                times.max().unwrap_or(TIMELESS)
            }
        }
    }

    fn parents(&self, node: Node, out: &mut Vec<u64>) {
        let links = 0..self.tables[node.table].links.len();
        out.extend(links.map(|link| self.laws.parent(node.table, link, node.row)));
    }

    fn children(&self, referrer: Referrer, parent: u64, horizon: &Horizon<'_>) -> Children<'_> {
        let end = horizon.end(referrer.table);
        Children::Lawful(self.laws.family(referrer.table, referrer.link, parent, end))
    }

    fn end(&self, table: usize, until: Nanos) -> u64 {
        self.laws.end(table, until)
    }

    fn at(&self, _table: usize, position: u64) -> u64 {
        position
    }

    fn holds(&self, node: Node, of: Option<(Referrer, u64)>, until: Nanos) -> bool {
        let is_child = |(referrer, parent): (Referrer, u64)| {
            !self.laws.is_loose(node.table, referrer.link)
                || self.laws.parent(node.table, referrer.link, node.row) == parent
        };
        of.is_none_or(is_child) && self.time(node) <= until
    }

    fn is_ordered(&self, table: usize, link: usize) -> bool {
        self.sources[table].ordered[link]
    }

    fn cells(&self, nodes: &[Node], out: &mut Cells) -> Result<()> {
        let mut start = out.words.len();
        // By table, each row with where its words belong.
        let mut wanted: Vec<Vec<(u64, usize)>> = vec![Vec::new(); self.tables.len()];
        for node in nodes {
            wanted[node.table].push((node.row, start));
            start += self.tables[node.table].columns.len();
        }
        out.words.resize(start, NULL);
        for (table, mut wanted) in wanted.into_iter().enumerate() {
            wanted.sort_unstable();
            let mut rows: Vec<u64> = wanted.iter().map(|(row, _)| *row).collect();
            rows.dedup();
            let mut places = wanted.as_slice();
            for rows in rows.chunks(BLOCK_ROWS as usize) {
                let columns = self.made(table, rows, &mut out.texts)?;
                for (index, row) in rows.iter().enumerate() {
                    let (own, rest) =
                        places.split_at(places.iter().take_while(|(found, _)| found == row).count());
                    for (_, start) in own {
                        for (place, column) in columns.iter().enumerate() {
                            out.words[start + place] = column[index];
                        }
                    }
                    places = rest;
                }
            }
        }
        Ok(())
    }
}
