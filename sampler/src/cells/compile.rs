//! Plan columns to `rule::Column`s: everything that can be wrong with one is found here, before any row is made.

use super::figures::Factors;
use super::order;
use super::rule::{Column, Lower, Null, OwnedTuple, Rank, Rule};
use super::slot::Cut;
use crate::codec::types::{self, Class, class};
use crate::codec::words::Lists;
use crate::codec::{Codec, Scope, literal, numeric};
use crate::error::{Error, Result};
use crate::permute::Perm;
use crate::plan::{self, Law, Plan};
use crate::rng::Key;
use arrow_array::new_null_array;
use arrow_schema::DataType;

/// All columns of all tables, in the plan's order.
pub fn tables(plan: &Plan) -> Result<Vec<Vec<Column>>> {
    let lists = Lists::new(&plan.vocabularies);
    let compiled = plan.tables.iter().map(|table| {
        let compiler = Compiler { plan, table, lists: &lists };
        table.columns.iter().map(|column| compiler.column(column)).collect()
    });
    let mut tables: Vec<Vec<Column>> = compiled.collect::<Result<_>>()?;
    order::check(plan, &mut tables)?;
    Ok(tables)
}

struct Compiler<'a> {
    plan: &'a Plan,
    table: &'a plan::Table,
    lists: &'a Lists,
}

impl Compiler<'_> {
    fn column(&self, column: &plan::Column) -> Result<Column> {
        let place = format!("{}.{}", self.table.name, column.name);
        let data_type = data_type(column, &place)?;
        let at = At { column, place: &place, data_type: &data_type, compiler: self };
        let rule = at.rule()?;
        let (null, lower) = (at.null()?, at.lower()?);
        let again = at.key(at.node_name(), "again");
        Ok(Column { name: column.name.clone(), rule, null, lower, again, reach: Vec::new(), data_type })
    }
}

fn data_type(column: &plan::Column, place: &str) -> Result<DataType> {
    let written = &column.arrow_type;
    types::parse(written).ok_or_else(|| Error::plan(place, format!("there is no type \"{written}\"")))
}

/// One column on the bench.
struct At<'a> {
    column: &'a plan::Column,
    place: &'a str,
    data_type: &'a DataType,
    compiler: &'a Compiler<'a>,
}

impl At<'_> {
    fn error(&self, message: impl Into<String>) -> Error {
        Error::plan(self.place, message)
    }

    /// Keys of draws: ("table", "lane", "purpose"), the column's own name standing in for a lane.
    fn key(&self, lane: Option<&String>, purpose: &str) -> Key {
        let lane = lane.unwrap_or(&self.column.name);
        Key::new(self.compiler.plan.seed, &[&self.compiler.table.name, lane, purpose])
    }

    /// The node or lane that its rank comes from, where it is not the column's own.
    fn node_name(&self) -> Option<&String> {
        match &self.column.rule {
            plan::Rule::Value { node, lane, .. } => node.as_ref().or(lane.as_ref()),
            _ => None,
        }
    }

    /// Another column of the row, and its type.
    fn other(&self, name: &str) -> Result<(usize, DataType)> {
        let columns = &self.compiler.table.columns;
        let index = columns.iter().position(|column| column.name == name);
        let index = index.ok_or_else(|| self.error(format!("there is no column \"{name}\" in its table")))?;
        Ok((index, data_type(&columns[index], self.place)?))
    }

    fn node(&self, name: &str) -> Result<usize> {
        let nodes = &self.compiler.table.scm.nodes;
        nodes
            .iter()
            .position(|node| node.name == name)
            .ok_or_else(|| self.error(format!("its table's SCM has no node \"{name}\"; is the plan fitted?")))
    }

    /// Refuses a rule that can't fill the column's type.
    fn only(&self, fits: bool, what: &str) -> Result<()> {
        let data_type = self.data_type;
        if fits { Ok(()) } else { Err(self.error(format!("{what} can't fill a column of type {data_type}"))) }
    }

    /// Numbers in order fill all but yes or no, bytes and lists.
    fn ordered(&self) -> bool {
        !matches!(class(self.data_type), Class::Bool | Class::Binary | Class::List)
    }

    fn rule(&self) -> Result<Rule> {
        let compiler = self.compiler;
        Ok(match &self.column.rule {
            plan::Rule::Sequence { start, step, permute } => {
                self.only(self.ordered(), "a sequence")?;
                let permutation = permute.then(|| Perm::new(compiler.table.rows, self.key(None, "sequence")));
                Rule::Sequence { start: *start, step: *step, permutation }
            }
            plan::Rule::Ref { link, column } => self.reference(*link, column)?,
            plan::Rule::Position { levels, start, step, jitter, from_time } => {
                self.only(self.ordered(), "a position")?;
                let ancestor = self.ancestor(*levels)?;
                Rule::Position {
                    levels: *levels,
                    start: *start,
                    step: *step,
                    jitter: u64::try_from(*jitter).map_err(|_| self.error("jitter: expected 0 or more"))?,
                    ancestor: from_time.then_some(ancestor),
                    key: self.key(None, "jitter"),
                }
            }
            plan::Rule::Digit { key, after, dims, index, labels, start, step } => {
                self.only(
                    !labels.is_empty() || class(self.data_type) == Class::Bool || self.ordered(),
                    "a digit",
                )?;
                let Some(dim) = dims.get(*index) else {
                    return Err(self.error(format!("there is no coordinate {index} of {}", dims.len())));
                };
                if !labels.is_empty() && (labels.len() as u64) < *dim {
                    return Err(self.error(format!("{} labels for {dim} values", labels.len())));
                }
                let labels = if labels.is_empty() { None } else { Some(self.literal(labels)?) };
                let tuple = OwnedTuple { key: key.clone(), after: *after, dims: dims.clone() };
                Rule::Digit { tuple, index: *index, labels, start: *start, step: *step }
            }
            plan::Rule::Elect { key, levels, chosen, rest } => {
                if *levels > 0 {
                    self.ancestor(*levels)?;
                }
                let key = self.key(Some(key), "elect");
                Rule::Elect { levels: *levels, key, chosen: self.inner(chosen)?, rest: self.inner(rest)? }
            }
            plan::Rule::Slot { key, levels, part, low, high, resolution, longest, from_time, item } => {
                let item = match item {
                    Some(text) => types::parse(text)
                        .ok_or_else(|| self.error(format!("there is no type \"{text}\"")))?,
                    None => self.data_type.clone(),
                };
                let fits = !matches!(class(&item), Class::Bool | Class::Binary | Class::List | Class::Text);
                let text = class(self.data_type) == Class::Text;
                self.only(fits && (*part != plan::Part::Range || text), "a stretch")?;
                if *resolution < 1 || low > high {
                    return Err(self.error("expected low <= high and a resolution of 1 or more"));
                }
                let ancestor = if *levels > 0 { Some(self.ancestor(*levels)?) } else { None };
                let key = self.key(Some(key), "slot");
                let cut = Cut { low: *low, high: *high, resolution: *resolution, longest: *longest, key };
                let ancestor = ancestor.filter(|_| *from_time);
                Rule::Slot { levels: *levels, cut, part: *part, ancestor, item }
            }
            plan::Rule::At {} => {
                self.only(self.ordered(), "the row's time")?;
                Rule::At
            }
            plan::Rule::After { base, mean, end, same, resolution, censored } => {
                self.only(self.ordered(), "a time after another")?;
                if *mean < 0 || *resolution < 0 || !(0.0..=1.0).contains(same) {
                    return Err(self.error("expected mean >= 0, resolution >= 0, 0 <= same <= 1"));
                }
                let base = base.as_ref().map(|name| self.timed(name)).transpose()?;
                let key = self.key(None, "delay");
                Rule::After {
                    base,
                    mean: *mean,
                    end: *end,
                    same: *same,
                    resolution: *resolution,
                    key,
                    censored: *censored,
                }
            }
            plan::Rule::Value { codec, node, lane } => self.value(codec, node.as_ref(), lane.as_ref())?,
            plan::Rule::Product { columns, complements } => {
                self.only(types::is_number(self.data_type), "a product")?;
                if columns.is_empty() {
                    return Err(self.error("a product needs one column at least"));
                }
                Rule::Product { factors: self.factors(compiler.table, columns, complements)? }
            }
            plan::Rule::Sum { plus, minus } => {
                self.only(types::is_number(self.data_type), "a sum")?;
                let numbers = |names: &[String]| self.numbers(compiler.table, names);
                Rule::Sum { plus: numbers(plus)?, minus: numbers(minus)? }
            }
            plan::Rule::Quote { link, column, same, low, high } => {
                self.only(types::is_number(self.data_type), "a parent's number")?;
                let Rule::Ref { link, table, column } = self.reference(*link, column)? else {
                    return Err(self.error("a quote refers to a parent's column"));
                };
                let (same, low, high, key) = (*same, *low, *high, self.key(None, "quote"));
                Rule::Quote { link, table, column, same, low, high, key }
            }
            plan::Rule::Rollup { table, link, of, columns, complements } => {
                self.only(types::is_number(self.data_type), "a figure of the rows below")?;
                let tables = &compiler.plan.tables;
                let index = tables.iter().position(|each| each.name == *table);
                let index = index.ok_or_else(|| self.error(format!("there is no table \"{table}\"")))?;
                let child = &tables[index];
                if child.links.get(*link).is_none_or(|link| link.parent != compiler.table.name) {
                    return Err(self.error(format!("link {link} of {table} does not lead here")));
                }
                let factors = self.factors(child, columns, complements)?;
                if *of != plan::Rollup::Count && factors.columns().next().is_none() {
                    return Err(self.error("a sum needs columns to take it of"));
                }
                Rule::Rollup { table: index, link: *link, of: *of, factors }
            }
            plan::Rule::Copy { column } => {
                let (index, data_type) = self.other(column)?;
                self.castable(&data_type, column)?;
                Rule::Copy { column: index }
            }
            plan::Rule::Constant { value: None } => {
                Rule::Constant { value: new_null_array(self.data_type, 1) }
            }
            plan::Rule::Constant { value: Some(text) } => {
                Rule::Constant { value: self.literal(std::slice::from_ref(text))? }
            }
        })
    }

    fn factors(&self, table: &plan::Table, columns: &[String], complements: &[String]) -> Result<Factors> {
        Ok(Factors { columns: self.numbers(table, columns)?, complements: self.numbers(table, complements)? })
    }

    /// Number columns of a table, by index.
    fn numbers(&self, table: &plan::Table, names: &[String]) -> Result<Vec<usize>> {
        let number = |name: &String| {
            let index = table.columns.iter().position(|column| column.name == *name);
            let is_number = |index: &usize| {
                types::parse(&table.columns[*index].arrow_type).is_some_and(|found| types::is_number(&found))
            };
            index
                .filter(is_number)
                .ok_or_else(|| self.error(format!("{} has no number column \"{name}\"", table.name)))
        };
        names.iter().map(number).collect()
    }

    /// A rule inside another one, for the same column.
    fn inner(&self, rule: &plan::Rule) -> Result<Box<Column>> {
        let column = plan::Column { rule: rule.clone(), null: None, lower: None, ..self.column.clone() };
        self.compiler.column(&column).map(Box::new)
    }

    fn literal(&self, texts: &[String]) -> Result<arrow_array::ArrayRef> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let wrong = |text| self.error(format!("\"{text}\" is no value of type {}", self.data_type));
        literal::array(self.data_type, &texts).map_err(wrong)
    }

    fn castable(&self, from: &DataType, name: &str) -> Result<()> {
        self.only(numeric::castable(from, self.data_type), &format!("\"{name}\", of type {from},"))
    }

    fn reference(&self, link: usize, name: &str) -> Result<Rule> {
        let compiler = self.compiler;
        let found =
            compiler.table.links.get(link).ok_or_else(|| self.error(format!("there is no link {link}")))?;
        let table = compiler.plan.tables.iter().position(|table| table.name == found.parent);
        let table = table.ok_or_else(|| self.error(format!("there is no table \"{}\"", found.parent)))?;
        let columns = &compiler.plan.tables[table].columns;
        let column = columns.iter().position(|column| column.name == name);
        let column =
            column.ok_or_else(|| self.error(format!("{} has no column \"{name}\"", found.parent)))?;
        self.castable(&data_type(&columns[column], self.place)?, name)?;
        Ok(Rule::Ref { link, table, column })
    }

    /// The table `levels` driver steps up.
    fn ancestor(&self, levels: usize) -> Result<usize> {
        let tables = &self.compiler.plan.tables;
        let mut table = self.compiler.table;
        let mut found = None;
        for _ in 0..levels {
            let driver = table.links.iter().find(|link| matches!(link.law, Law::Driver { .. }));
            let driver = driver.ok_or_else(|| self.error(format!("{} has no driver link", table.name)))?;
            let index = tables.iter().position(|table| table.name == driver.parent);
            let index =
                index.ok_or_else(|| self.error(format!("there is no table \"{}\"", driver.parent)))?;
            table = &tables[index];
            found = Some(index);
        }
        found.ok_or_else(|| self.error("levels: expected 1 or more"))
    }

    /// A column that tells a time: a time column, or Unix seconds.
    fn timed(&self, name: &str) -> Result<usize> {
        let (index, data_type) = self.other(name)?;
        if class(&data_type) == Class::Time || types::is_number(&data_type) {
            return Ok(index);
        }
        Err(self.error(format!("\"{name}\", of type {data_type}, tells no time")))
    }

    fn value(&self, codec: &plan::Codec, node: Option<&String>, lane: Option<&String>) -> Result<Rule> {
        let scope = Scope {
            place: self.place,
            key: self.key(None, "value"),
            rows: self.compiler.table.rows,
            lists: self.compiler.lists,
            column: &|name| self.other(name).map(|(index, _)| index),
        };
        let codec = Codec::compile(codec, self.data_type, &scope)?;
        let rank = match node {
            Some(node) => Rank::Node(self.node(node)?),
            None => Rank::Hashed(self.key(lane, "rank")),
        };
        Ok(Rule::Value { codec, rank })
    }

    fn null(&self) -> Result<Option<Null>> {
        let Some(null) = &self.column.null else { return Ok(None) };
        if !(0.0..=1.0).contains(&null.rate) {
            return Err(self.error(format!("null: expected a rate in 0..1, not {}", null.rate)));
        }
        let node = null.node.as_ref().map(|node| self.node(node)).transpose()?;
        let reached = null.reached.as_ref();
        let reached = reached
            .map(|reached| Ok((self.other(&reached.column)?.0, reached.labels.clone())))
            .transpose()?;
        Ok(Some(Null { rate: null.rate, node, key: self.key(null.lane.as_ref(), "null"), reached }))
    }

    fn lower(&self) -> Result<Option<Lower>> {
        let Some(bound) = &self.column.lower else { return Ok(None) };
        let (column, other) = self.other(&bound.column)?;
        let comparable = |data_type: &DataType| match class(data_type) {
            Class::Exact | Class::Float => 1,
            Class::Time => 2,
            Class::Text => 3,
            _ => 0,
        };
        if comparable(&other) == 0 || comparable(&other) != comparable(self.data_type) {
            let message =
                format!("a bound by \"{}\" ({other}) of a column of type {}", bound.column, self.data_type);
            return Err(self.error(message + " compares what has no common order"));
        }
        Ok(Some(Lower { column, strict: bound.strict }))
    }
}
