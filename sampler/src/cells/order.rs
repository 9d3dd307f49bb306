//! Which columns a column is made of; a circle is an error, found when the plan is opened.

use super::rule::{Column, Rule};
use crate::error::{Error, Result};
use crate::plan::Plan;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Sets each column's `reach`, and refuses columns that are made of themselves, in their row or over references.
pub fn check(plan: &Plan, tables: &mut [Vec<Column>]) -> Result<()> {
    let mut marks: Vec<Vec<Mark>> = tables.iter().map(|columns| vec![Mark::New; columns.len()]).collect();
    for table in 0..tables.len() {
        for column in 0..tables[table].len() {
            visit(plan, tables, (table, column), &mut marks)?;
        }
    }
    Ok(())
}

fn visit(
    plan: &Plan,
    tables: &mut [Vec<Column>],
    (table, column): (usize, usize),
    marks: &mut [Vec<Mark>],
) -> Result<()> {
    if marks[table][column] == Mark::Done {
        return Ok(());
    }
    if marks[table][column] == Mark::Open {
        let place = format!("{}.{}", plan.tables[table].name, plan.tables[table].columns[column].name);
        return Err(Error::plan(place, "the column is made of itself: its sources form a circle"));
    }
    marks[table][column] = Mark::Open;
    let elsewhere: Vec<(usize, usize)> = match &tables[table][column].rule {
        Rule::Ref { table, column, .. } | Rule::Quote { table, column, .. } => vec![(*table, *column)],
        Rule::Rollup { table, factors, .. } => factors.columns().map(|column| (*table, column)).collect(),
        _ => Vec::new(),
    };
    for source in elsewhere {
        visit(plan, tables, source, marks)?;
    }
    let mut reach = vec![column];
    for source in tables[table][column].sources() {
        visit(plan, tables, (table, source), marks)?;
        reach.extend(&tables[table][source].reach);
    }
    reach.sort_unstable();
    reach.dedup();
    tables[table][column].reach = reach;
    marks[table][column] = Mark::Done;
    Ok(())
}
