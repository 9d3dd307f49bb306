//! A database whose rows lie in memory: one record of 32-bit words per row (its links, then its cells), times, and for
//! each link the rows by parent, in order of time.

use super::laws::Laws;
use super::{
    Cells, Children, Column, Horizon, Kind, NONE, NULL, Nanos, Node, Referrer, Source, TIMELESS, Table,
};
use crate::error::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

/// A table as it is handed over. Columns of `rows`, in this order: `time` (int64, nanoseconds) where `timed`, one row
/// number (int64) per link, and the cells: float32, or int32 for texts.
#[derive(Debug, Clone)]
pub struct Given {
    pub name: String,
    /// How many rows, since a table of nothing but a key has no arrays.
    pub count: usize,
    pub rows: RecordBatch,
    pub timed: bool,
    /// The table that each link leads to.
    pub links: Vec<usize>,
    pub columns: Vec<Column>,
}

#[derive(Debug)]
pub struct Stored {
    tables: Vec<Table>,
    rows: Vec<Rows>,
    /// Of a plan's rows, which are stored as it numbers them; else rows stand in order of time.
    laws: Option<Laws>,
}

#[derive(Debug)]
struct Rows {
    count: usize,
    /// Empty where the table has no time.
    times: Vec<Nanos>,
    /// Rows in the order of positions; empty where they stand so.
    order: Vec<u32>,
    /// Words of a record, and how many of them are links.
    stride: usize,
    links: usize,
    records: Vec<u32>,
    /// For each link, the rows that refer to each parent row.
    referrers: Vec<Adjacency>,
}

/// The rows that refer to row p are `rows[starts[p]..starts[p + 1]]`.
#[derive(Debug)]
struct Adjacency {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Stored {
    /// # Errors
    /// `Error::Run` with the table, or "table (link k)", where arrays are not what they must be.
    pub fn new(given: Vec<Given>, laws: Option<Laws>) -> Result<Self> {
        let counts: Vec<usize> = given.iter().map(|table| table.count).collect();
        if let Some(table) = given.iter().find(|table| table.count >= NULL as usize) {
            return Err(Error::run(
                &table.name,
                "has 2^32 rows or more, which is past what is kept in memory",
            ));
        }
        let rows = given.iter().enumerate();
        let rows: Vec<Rows> = rows
            .map(|(table, given)| Rows::new(given, &counts, laws.as_ref(), table))
            .collect::<Result<_>>()?;
        let tables = given.into_iter().zip(&rows);
        let mut tables: Vec<Table> = tables
            .map(|(Given { name, links, columns, .. }, rows)| {
                let fullness = rows.fullness();
                Table { name, columns, links, referrers: Vec::new(), fullness }
            })
            .collect();
        Table::refer(&mut tables);
        Ok(Self { tables, rows, laws })
    }
}

impl Rows {
    /// `table` is its index.
    fn new(given: &Given, counts: &[usize], laws: Option<&Laws>, table: usize) -> Result<Self> {
        let (count, links, width) = (given.count, given.links.len(), given.columns.len());
        let arrays = given.rows.columns();
        let wanted = usize::from(given.timed) + links + width;
        if arrays.len() != wanted {
            return Err(Error::run(
                &given.name,
                format!("{} arrays where {wanted} are needed", arrays.len()),
            ));
        }
        if wanted > 0 && given.rows.num_rows() != count {
            return Err(Error::run(
                &given.name,
                format!("arrays of {} rows where {count} are needed", given.rows.num_rows()),
            ));
        }
        let (time, arrays) = arrays.split_at(usize::from(given.timed));
        let times = time.first().map_or(Ok(Vec::new()), |array| integers(&given.name, array, TIMELESS))?;
        let order = if laws.is_some() { Vec::new() } else { order(&times) };
        let stride = links + width;
        let mut records = vec![NULL; stride * count];
        let mut referrers = Vec::with_capacity(links);
        for (link, (array, parent)) in arrays.iter().zip(&given.links).enumerate() {
            let place = format!("{} (link {link})", given.name);
            let parents = integers(&place, array, i64::from(NULL))?;
            let Some(parent_count) = counts.get(*parent) else {
                return Err(Error::run(place, format!("leads to table {parent}, which there is not")));
            };
            for (row, parent) in parents.iter().enumerate() {
                if *parent != i64::from(NULL) && !(0..*parent_count as i64).contains(parent) {
                    let message =
                        format!("row {row} refers to row {parent} of {parent_count}; expected a row or NULL");
                    return Err(Error::run(place, message));
                }
                records[row * stride + link] = *parent as u32;
            }
            let parent = |row: usize| Some(records[row * stride + link]).filter(|parent| *parent != NULL);
            let ordered: Box<dyn Iterator<Item = usize>> = match laws.and_then(|laws| laws.order(table, link))
            {
                Some(rows) => Box::new(rows.map(|row| row as usize)),
                None if order.is_empty() => Box::new(0..count),
                None => Box::new(order.iter().map(|row| *row as usize)),
            };
            let nearly = |row: usize| laws?.nearly(table, link, row as u64).map(|parent| parent as u32);
            referrers.push(Adjacency::new(*parent_count, ordered, count, |row| {
                parent(row).or_else(|| nearly(row))
            }));
        }
        for (place, (array, column)) in arrays[links..].iter().zip(&given.columns).enumerate() {
            let bits = words(&given.name, array, column.kind)?;
            for (row, word) in bits.into_iter().enumerate() {
                records[row * stride + links + place] = word;
            }
        }
        Ok(Self { count, times, order, stride, links, records, referrers })
    }

    fn time(&self, row: u64) -> Nanos {
        self.times.get(row as usize).copied().unwrap_or(TIMELESS)
    }

    /// How many cells of a row are not NULL, on average.
    fn fullness(&self) -> f64 {
        let links = self.links;
        let records = self.records.chunks_exact(self.stride.max(1));
        let held: usize =
            records.map(|record| record[links..].iter().filter(|word| **word != NULL).count()).sum();
        held as f64 / self.count.max(1) as f64
    }

    fn record(&self, row: u64) -> &[u32] {
        &self.records[row as usize * self.stride..(row as usize + 1) * self.stride]
    }

    fn at(&self, position: u64) -> u64 {
        self.order.get(position as usize).map_or(position, |row| u64::from(*row))
    }
}

impl Adjacency {
    /// `order` are the rows 0 to `count`, in the order that those of one parent shall have.
    fn new(
        parents: usize,
        order: impl Iterator<Item = usize>,
        count: usize,
        parent: impl Fn(usize) -> Option<u32>,
    ) -> Self {
        let mut starts = vec![0_u32; parents + 1];
        for parent in (0..count).filter_map(&parent) {
            starts[parent as usize + 1] += 1;
        }
        for parent in 0..parents {
            starts[parent + 1] += starts[parent];
        }
        let mut ends = starts.clone();
        let mut rows = vec![0; starts[parents] as usize];
        for row in order {
            if let Some(parent) = parent(row) {
                rows[ends[parent as usize] as usize] = row as u32;
                ends[parent as usize] += 1;
            }
        }
        Self { starts, rows }
    }

    fn of(&self, parent: u64) -> &[u32] {
        &self.rows[self.starts[parent as usize] as usize..self.starts[parent as usize + 1] as usize]
    }
}

impl Source for Stored {
    fn tables(&self) -> &[Table] {
        &self.tables
    }

    fn rows(&self, table: usize) -> u64 {
        self.rows[table].count as u64
    }

    fn time(&self, node: Node) -> Nanos {
        self.rows[node.table].time(node.row)
    }

    fn parents(&self, node: Node, out: &mut Vec<u64>) {
        let rows = &self.rows[node.table];
        let links = &rows.record(node.row)[..rows.links];
        out.extend(links.iter().map(|row| if *row == NULL { NONE } else { u64::from(*row) }));
    }

    fn children(&self, referrer: Referrer, parent: u64, horizon: &Horizon<'_>) -> Children<'_> {
        let rows = &self.rows[referrer.table];
        let found = rows.referrers[referrer.link].of(parent);
        Children::Listed(match &self.laws {
            Some(laws) => {
                let reach = laws.reach(referrer.table, referrer.link, horizon.end(referrer.table));
                &found[..found.partition_point(|row| u64::from(*row) < reach)]
            }
            None => {
                let is_seen = |row: &u32| rows.time(u64::from(*row)) <= horizon.until;
                match found.last() {
                    Some(last) if !is_seen(last) => &found[..found.partition_point(is_seen)],
                    _ => found,
                }
            }
        })
    }

    fn end(&self, table: usize, until: Nanos) -> u64 {
        let rows = &self.rows[table];
        if let Some(laws) = &self.laws {
            return laws.end(table, until);
        }
        if rows.times.is_empty() {
            return rows.count as u64;
        }
        let count = if rows.order.is_empty() {
            rows.times.partition_point(|time| *time <= until)
        } else {
            rows.order.partition_point(|row| rows.times[*row as usize] <= until)
        };
        count as u64
    }

    fn at(&self, table: usize, position: u64) -> u64 {
        self.rows[table].at(position)
    }

    fn holds(&self, node: Node, of: Option<(Referrer, u64)>, until: Nanos) -> bool {
        let rows = &self.rows[node.table];
        let is_child =
            |(referrer, parent): (Referrer, u64)| u64::from(rows.record(node.row)[referrer.link]) == parent;
        self.laws.is_none() || (rows.time(node.row) <= until && of.is_none_or(is_child))
    }

    fn is_ordered(&self, _table: usize, _link: usize) -> bool {
        false
    }

    fn cells(&self, nodes: &[Node], out: &mut Cells) -> Result<()> {
        for node in nodes {
            let rows = &self.rows[node.table];
            out.words.extend_from_slice(&rows.record(node.row)[rows.links..]);
        }
        Ok(())
    }
}

/// Rows by time, those without one first; empty where they stand so.
fn order(times: &[Nanos]) -> Vec<u32> {
    if times.is_sorted() {
        return Vec::new();
    }
    let mut order: Vec<u32> = (0..times.len() as u32).collect();
    order.sort_by_key(|row| times[*row as usize]);
    order
}

fn integers(place: &str, array: &dyn Array, null: i64) -> Result<Vec<i64>> {
    let array = array
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| Error::run(place, format!("expected int64, not {}", array.data_type())))?;
    Ok(array.iter().map(|value| value.unwrap_or(null)).collect())
}

/// The words of a column's cells; what is not a number counts as NULL.
fn words(place: &str, array: &dyn Array, kind: Kind) -> Result<Vec<u32>> {
    match (kind, array.data_type()) {
        (Kind::Text, DataType::Int32) => {
            let indices = array.as_primitive::<Int32Type>();
            Ok(indices.iter().map(|index| index.map_or(NULL, |index| index as u32)).collect())
        }
        (Kind::Number | Kind::Datetime | Kind::Boolean, DataType::Float32) => {
            let numbers = array.as_primitive::<Float32Type>();
            let word = |value: Option<f32>| value.filter(|x| x.is_finite()).map_or(NULL, f32::to_bits);
            Ok(numbers.iter().map(word).collect())
        }
        (_, found) => Err(Error::run(place, format!("cells of {kind:?} can't be {found}"))),
    }
}
