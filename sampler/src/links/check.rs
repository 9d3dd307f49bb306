//! What a plan must be for its keys to exist: every name resolves, every number is in its range, every law has room.

use crate::error::{Error, Result};
use crate::plan::{Law, Link, Order, Plan, Rule, Table};
use std::collections::BTreeMap;

/// Row numbers stay exact as floating-point numbers, with room for a product or two.
const MAX_ROWS: u64 = 1 << 48;
const MAX_EPOCHS: u64 = 1 << 16;
/// What an affinity law tabulates.
const MAX_PIECES: u64 = 1 << 20;

/// The index of each link's parent, table by table.
pub(super) fn plan(plan: &Plan) -> Result<Vec<Vec<usize>>> {
    let mut indices = BTreeMap::new();
    for (index, table) in plan.tables.iter().enumerate() {
        if indices.insert(table.name.as_str(), index).is_some() {
            return Err(Error::plan(&table.name, "two tables have this name; rename one"));
        }
        if table.rows > MAX_ROWS {
            return Err(Error::plan(
                &table.name,
                format!("{} rows; at most {MAX_ROWS} are possible", table.rows),
            ));
        }
    }
    let mut parents = Vec::with_capacity(plan.tables.len());
    for table in &plan.tables {
        let resolve = |link: &Link| {
            indices.get(link.parent.as_str()).copied().ok_or_else(|| {
                Error::plan(place(table, link), format!("no table is called \"{}\"", link.parent))
            })
        };
        parents.push(table.links.iter().map(resolve).collect::<Result<Vec<usize>>>()?);
    }
    drivers(plan, &parents)?;
    for (index, table) in plan.tables.iter().enumerate() {
        for (link, parent) in table.links.iter().zip(&parents[index]) {
            Checker { plan, parents: &parents, table, index, link, parent: *parent }.check()?;
        }
        columns(plan, &parents, index)?;
    }
    references(plan, &parents)?;
    Ok(parents)
}

fn place(table: &Table, link: &Link) -> String {
    format!("{}.{}", table.name, link.name)
}

/// The parent along the driver link of a table.
fn driver(plan: &Plan, parents: &[Vec<usize>], table: usize) -> Option<usize> {
    let link = plan.tables[table].links.iter().position(|link| matches!(link.law, Law::Driver { .. }))?;
    Some(parents[table][link])
}

/// Driver steps from table `from` up to the table called `scope`; None where they don't lead there.
pub(super) fn steps(plan: &Plan, parents: &[Vec<usize>], from: usize, scope: &str) -> Option<usize> {
    let (mut at, mut steps) = (from, 0);
    while plan.tables[at].name != scope {
        at = driver(plan, parents, at)?;
        steps += 1;
    }
    Some(steps)
}

/// At most one driver a table, and no way back along them.
fn drivers(plan: &Plan, parents: &[Vec<usize>]) -> Result<()> {
    for (index, table) in plan.tables.iter().enumerate() {
        if table.links.iter().filter(|link| matches!(link.law, Law::Driver { .. })).count() > 1 {
            return Err(Error::plan(
                &table.name,
                "two links are drivers; a table's rows can be grouped by one only",
            ));
        }
        let (mut at, mut steps) = (index, 0);
        while let Some(next) = driver(plan, parents, at) {
            (at, steps) = (next, steps + 1);
            if steps > plan.tables.len() {
                return Err(Error::plan(
                    &table.name,
                    "its driver links lead round in a circle; give one another law",
                ));
            }
        }
    }
    Ok(())
}

/// Rules that rest on the shape of the keys.
fn columns(plan: &Plan, parents: &[Vec<usize>], index: usize) -> Result<()> {
    let table = &plan.tables[index];
    for column in &table.columns {
        let at = || format!("{}.{}", table.name, column.name);
        match &column.rule {
            Rule::Position { levels, .. } => {
                let above = (0..*levels).try_fold(index, |table, _| driver(plan, parents, table));
                if above.is_none() {
                    return Err(Error::plan(
                        at(),
                        format!("there are no {levels} driver links above this table"),
                    ));
                }
            }
            Rule::Digit { after, dims, index, .. } => tuple(table, *after, dims, *index, at())?,
            _ => {}
        }
    }
    Ok(())
}

/// Laws that follow other links must end somewhere.
fn references(plan: &Plan, parents: &[Vec<usize>]) -> Result<()> {
    let mut done: Vec<Vec<bool>> = plan.tables.iter().map(|table| vec![false; table.links.len()]).collect();
    for table in 0..plan.tables.len() {
        for link in 0..plan.tables[table].links.len() {
            // Depth first; `open` holds the links on the way, `stack` what is still to be entered or left.
            let (mut open, mut stack) = (Vec::new(), vec![((table, link), false)]);
            while let Some((at, leaving)) = stack.pop() {
                if leaving {
                    open.pop();
                    done[at.0][at.1] = true;
                } else if open.contains(&at) {
                    return Err(Error::plan(
                        place(&plan.tables[at.0], &plan.tables[at.0].links[at.1]),
                        "its law rests on itself over other links; give one of them a law of its own",
                    ));
                } else if !done[at.0][at.1] {
                    open.push(at);
                    stack.push((at, true));
                    stack.extend(rests_on(plan, parents, at).into_iter().map(|next| (next, false)));
                }
            }
        }
    }
    Ok(())
}

fn rests_on(plan: &Plan, parents: &[Vec<usize>], (table, link): (usize, usize)) -> Vec<(usize, usize)> {
    let Link { law, apart, side, .. } = &plan.tables[table].links[link];
    let mut found: Vec<(usize, usize)> = apart.iter().map(|other| (table, *other)).collect();
    found.extend(match law {
        // The scope is found without asking which of the two parents is the lower.
        Law::Within { via, .. } if side.as_ref().is_some_and(|side| side.other == *via) => Vec::new(),
        Law::Within { via, tree: false, .. } => vec![(table, *via)],
        Law::Same { link } => vec![(table, *link)],
        Law::Derived { path } => {
            let mut at = table;
            let step = |link: &usize| {
                let from = at;
                at = parents[at][*link];
                (from, *link)
            };
            path.iter().map(step).collect()
        }
        _ => Vec::new(),
    });
    found
}

fn tuple(table: &Table, after: Option<usize>, dims: &[u64], index: usize, place: String) -> Result<()> {
    if dims.is_empty() || dims.contains(&0) || index >= dims.len() {
        return Err(Error::plan(
            place,
            format!("coordinate {index} of dims {dims:?}; each must be at least 1"),
        ));
    }
    match after.map(|link| table.links.get(link).map(|link| &link.law)) {
        None | Some(Some(Law::Driver { .. })) => Ok(()),
        _ => Err(Error::plan(
            place,
            "\"after\" must be the table's driver link, whose children are contiguous",
        )),
    }
}

/// One link and where it stands.
struct Checker<'a> {
    plan: &'a Plan,
    parents: &'a [Vec<usize>],
    table: &'a Table,
    index: usize,
    link: &'a Link,
    parent: usize,
}

impl Checker<'_> {
    fn wrong<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::plan(place(self.table, self.link), message))
    }

    fn impossible<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::impossible(place(self.table, self.link), message))
    }

    fn within(&self, name: &str, value: f64, low: f64, high: f64) -> Result<()> {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        self.wrong(format!("{name} is {value}; it must be between {low} and {high}"))
    }

    /// Links that must differ or be in order lead to one table, and the laws that give way have an inverse for it.
    fn pair(&self, rows: u64, parents: u64) -> Result<()> {
        let Link { law, apart, side, null_rate, .. } = self.link;
        let siblings = &self.parents[self.index];
        let others = apart.iter().chain(side.as_ref().map(|side| &side.other));
        for other in others {
            let is_itself =
                siblings.get(*other).is_some_and(|_| std::ptr::eq(self.link, &self.table.links[*other]));
            // Rows of two tables are kept apart by their numbers, but their order would say nothing.
            let may_pair = match siblings.get(*other) {
                Some(parent) => *parent == self.parent || side.is_none(),
                None => false,
            };
            if !may_pair || is_itself {
                return self
                    .wrong(format!("its pair is link {other}, which isn't another one to the same table"));
            }
        }
        if !apart.is_empty()
            && !matches!(law, Law::Affinity { .. } | Law::Within { tree: false, .. } | Law::Junction { .. })
        {
            return self
                .wrong("only the laws affinity, within and junction can keep apart from another link");
        }
        if side.as_ref().is_some_and(|side| {
            self.table.links[side.other].side.as_ref().is_none_or(|back| {
                back.high == side.high || !std::ptr::eq(self.link, &self.table.links[back.other])
            })
        }) {
            return self.wrong("the other link of its pair must take the other side");
        }
        let least = apart.len() as u64 + 1;
        if rows > 0 && !apart.is_empty() && parents < least && *null_rate < 1.0 {
            return self.impossible(format!(
                "{rows} rows refer to {least} different rows of \"{}\", which has {parents}; give it more rows",
                self.link.parent
            ));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let (rows, parents) = (self.table.rows, self.plan.tables[self.parent].rows);
        self.within("null_rate", self.link.null_rate, 0.0, 1.0)?;
        self.pair(rows, parents)?;
        if rows > 0 && parents == 0 && self.link.null_rate < 1.0 {
            return self.impossible(format!(
                "{rows} rows refer to \"{}\", which is empty; give it rows, or set null_rate to 1",
                self.link.parent
            ));
        }
        match &self.link.law {
            Law::Driver { spread, minimum, cap } => {
                self.within("spread", *spread, 0.0, 8.0)?;
                let (least, most) = (
                    u128::from(*minimum) * u128::from(parents),
                    u128::from(*cap) * u128::from(parents),
                );
                if parents > 0 && !(least..=most).contains(&u128::from(rows)) {
                    return self.impossible(format!(
                        "{rows} rows, but {parents} parents with {minimum} to {cap} children each hold {least} to {most}"
                    ));
                }
                Ok(())
            }
            Law::Affinity { epochs, skew, recency, spread, levels, .. } => {
                self.within("epochs", *epochs as f64, 1.0, MAX_EPOCHS as f64)?;
                self.within("skew", *skew, 0.1, 20.0)?;
                self.within("recency", *recency, 0.0, 1.0)?;
                self.within("spread", *spread, 0.0, 8.0)?;
                let (mut children, mut parents) = (1_u64, 1_u64);
                for level in levels {
                    self.within("focus", level.focus, 0.0, 1.0)?;
                    children = children.saturating_mul(level.child);
                    parents = parents.saturating_mul(level.parent);
                }
                let pieces = children.saturating_mul(parents).saturating_mul(*epochs);
                if (1..=MAX_PIECES).contains(&pieces) {
                    return Ok(());
                }
                self.wrong(format!(
                    "{epochs} epochs of {children} by {parents} communities; their product must be in 1..={MAX_PIECES}"
                ))
            }
            Law::OneToOne { .. } if rows > parents && self.link.null_rate <= 0.0 => self.impossible(format!(
                "{rows} rows need a parent of their own, but \"{}\" has {parents}; at most {parents} rows are possible",
                self.link.parent
            )),
            Law::OneToOne { order: Order::Chain } if self.parent != self.index => {
                self.wrong("a chain must refer to its own table")
            }
            Law::OneToOne { .. } => Ok(()),
            Law::Within { via, scope, skew, tree, .. } => {
                self.within("skew", *skew, 0.1, 20.0)?;
                let Some(through) = self.parents[self.index].get(*via) else {
                    return self.wrong(format!("via is link {via}, which the table doesn't have"));
                };
                if *tree && self.parent != self.index {
                    return self.wrong("a tree must refer to its own table");
                }
                self.hangs(*through, scope)?;
                self.hangs(self.parent, scope)
            }
            Law::Junction { after, dims, index, scope, ring, .. } => {
                tuple(self.table, *after, dims, *index, place(self.table, self.link))?;
                let is_tied = after.is_some_and(|after| self.parents[self.index][after] == self.parent);
                if *ring && !(is_tied && dims.len() == 1) {
                    return self.wrong("a ring needs a single dim and a link \"after\" to the same table");
                }
                match (scope, after) {
                    (None, _) if dims[*index] <= parents || parents == 0 => Ok(()),
                    (None, _) => self.wrong(format!(
                        "dim {} is larger than the {parents} rows of \"{}\"",
                        dims[*index], self.link.parent
                    )),
                    (Some(scope), Some(after)) if dims.len() == 1 => {
                        self.hangs(self.parents[self.index][*after], scope)?;
                        self.hangs(self.parent, scope)
                    }
                    _ => self.wrong("a scope needs a link \"after\" and a single dim"),
                }
            }
            Law::Derived { path } => {
                let mut at = self.index;
                for link in path {
                    match self.parents[at].get(*link) {
                        Some(next) => at = *next,
                        None => return self.wrong(format!("the path takes link {link} of \"{}\", which it doesn't have", self.plan.tables[at].name)),
                    }
                }
                if path.is_empty() || at != self.parent {
                    return self.wrong(format!("the path ends at \"{}\", not at \"{}\"", self.plan.tables[at].name, self.link.parent));
                }
                Ok(())
            }
            Law::Same { link } if self.table.links.get(*link).is_none() => {
                self.wrong(format!("link {link} isn't one of the table's"))
            }
            Law::Same { .. } => Ok(()),
        }
    }

    fn hangs(&self, table: usize, scope: &str) -> Result<()> {
        match steps(self.plan, self.parents, table, scope) {
            Some(_) => Ok(()),
            None => self.wrong(format!(
                "\"{}\" doesn't hang on \"{scope}\" by driver links",
                self.plan.tables[table].name
            )),
        }
    }
}
