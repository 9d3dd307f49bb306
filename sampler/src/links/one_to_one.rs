//! One-to-one: no parent has two children. The smaller side is met in full; of a table to itself in short chains, each
//! row but the first of a chain referring to the one before it.

use super::driver::scale;
use crate::permute::Perm;
use crate::plan::Order;
use crate::rng::Key;
use crate::world::NONE;

#[derive(Debug)]
pub struct OneToOne {
    rows: u64,
    parents: u64,
    /// Over the larger side; None keeps the order.
    perm: Option<Perm>,
    is_chain: bool,
}

/// Rows in a chain.
const LINKS: u64 = 4;

/// Spreads `few` monotonously over `many` >= few: the place of the `index`-th.
fn spread(index: u64, few: u64, many: u64) -> u64 {
    scale(index, many, few)
}

/// The index that `spread` puts at `place`, if any.
fn unspread(place: u64, few: u64, many: u64) -> Option<u64> {
    let index = (u128::from(place) * u128::from(few)).div_ceil(u128::from(many)) as u64;
    (index < few && spread(index, few, many) == place).then_some(index)
}

impl OneToOne {
    pub fn new(rows: u64, parents: u64, order: Order, key: Key) -> Self {
        let perm = (order == Order::Permuted).then(|| Perm::new(rows.max(parents), key));
        Self { rows, parents, perm, is_chain: order == Order::Chain }
    }

    /// The parent of `row` < rows; `NONE` for the rows left over.
    #[inline]
    pub fn of_row(&self, row: u64) -> u64 {
        if self.is_chain {
            return if row.is_multiple_of(LINKS) { NONE } else { row - 1 };
        }
        let parent = match (self.perm, self.rows <= self.parents) {
            (Some(perm), _) => Some(perm.forward(row)),
            (None, true) => Some(spread(row, self.rows, self.parents)),
            (None, false) => unspread(row, self.parents, self.rows),
        };
        parent.filter(|parent| *parent < self.parents).unwrap_or(NONE)
    }

    /// The child of `parent` < parents, if it has one.
    pub fn of_parent(&self, parent: u64) -> Option<u64> {
        if self.is_chain {
            return Some(parent + 1).filter(|row| *row < self.rows && !row.is_multiple_of(LINKS));
        }
        let row = match (self.perm, self.rows <= self.parents) {
            (Some(perm), _) => Some(perm.inverse(parent)),
            (None, true) => unspread(parent, self.rows, self.parents),
            (None, false) => Some(spread(parent, self.parents, self.rows)),
        };
        row.filter(|row| *row < self.rows)
    }

    /// Whether parents rise with rows.
    pub fn is_monotone(&self) -> bool {
        self.perm.is_none() && self.rows <= self.parents && !self.is_chain
    }

    /// Whether each parent is an earlier row of the same table.
    pub fn is_chain(&self) -> bool {
        self.is_chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn injective_and_inverse() {
        for rows in [0, 1, 2, 5, 64, 99, 100] {
            for parents in [1, 2, 3, 64, 99, 100, 101] {
                for order in [Order::Monotone, Order::Permuted] {
                    let law = OneToOne::new(rows, parents, order, Key::new(2, &["one"]));
                    let met: Vec<(u64, u64)> = (0..rows)
                        .map(|row| (law.of_row(row), row))
                        .filter(|(parent, _)| *parent != NONE)
                        .collect();
                    assert_eq!(met.len() as u64, rows.min(parents));
                    let mut inverse: Vec<(u64, u64)> = (0..parents)
                        .filter_map(|parent| law.of_parent(parent).map(|row| (parent, row)))
                        .collect();
                    if order == Order::Monotone {
                        assert!(met.is_sorted());
                    }
                    inverse.sort_by_key(|(_, row)| *row);
                    assert_eq!(met, inverse, "{rows} {parents} {order:?}");
                }
            }
        }
    }
}
