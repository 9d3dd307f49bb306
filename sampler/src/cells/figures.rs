//! What is worked out from other cells: products and sums along a row, and figures of the rows that refer to a row.

use super::{BLOCK_ROWS, Cells};
use crate::codec::numeric::{divide, exact, reals};
use crate::codec::types::{self, Class, class, power, scale};
use crate::error::{Error, Result};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use std::iter::repeat_n;

/// Columns whose product is taken, and columns (shares, as a discount) of which one less the value is a factor as well;
/// by index.
#[derive(Debug)]
pub struct Factors {
    pub columns: Vec<usize>,
    pub complements: Vec<usize>,
}

impl Factors {
    pub fn columns(&self) -> impl Iterator<Item = usize> {
        self.columns.iter().chain(&self.complements).copied()
    }

    /// The arrays to multiply, from each column's own.
    pub fn arrays(&self, made: &mut impl FnMut(usize) -> Result<ArrayRef>) -> Result<Vec<ArrayRef>> {
        let mut arrays: Vec<ArrayRef> =
            self.columns.iter().map(|column| made(*column)).collect::<Result<_>>()?;
        for column in &self.complements {
            arrays.push(complement(&made(*column)?));
        }
        Ok(arrays)
    }
}

/// One less each value; 1 where there is none.
fn complement(share: &ArrayRef) -> ArrayRef {
    let there = |index: usize| share.is_valid(index);
    if class(share.data_type()) == Class::Float {
        let shares = reals(share).into_iter().enumerate();
        let rest = shares.map(|(index, value)| if there(index) { 1.0 - value } else { 1.0 });
        return types::reals(&DataType::Float64, rest, None);
    }
    let one = power(scale(share.data_type()));
    let shares = exact(share).into_iter().enumerate();
    let rest = shares.map(|(index, value)| if there(index) { one - value } else { one });
    let wide = DataType::Decimal128(38, i8::try_from(scale(share.data_type())).unwrap_or(0));
    types::scaled(&wide, rest, None)
}

/// The product of number columns, rounded half away from zero to the type's scale; NULL where a factor is.
pub fn product(data_type: &DataType, factors: &[ArrayRef]) -> ArrayRef {
    let nulls = factors.iter().fold(None, |nulls, factor| NullBuffer::union(nulls.as_ref(), factor.nulls()));
    if factors.iter().any(|factor| class(factor.data_type()) == Class::Float) {
        let mut product = vec![1.0; factors.first().map_or(0, Array::len)];
        for factor in factors {
            product.iter_mut().zip(reals(factor)).for_each(|(all, value)| *all *= value);
        }
        return types::reals(data_type, product.into_iter(), nulls);
    }
    let mut product = vec![1_i128; factors.first().map_or(0, Array::len)];
    let mut digits = 0_u32;
    for factor in factors {
        product.iter_mut().zip(exact(factor)).for_each(|(all, value)| *all = all.saturating_mul(value));
        digits = digits.saturating_add(scale(factor.data_type()));
    }
    if class(data_type) == Class::Float {
        let unit = libm::pow(10.0, f64::from(digits));
        return types::reals(data_type, product.into_iter().map(|value| value as f64 / unit), nulls);
    }
    let own = scale(data_type);
    let (up, down) = (power(own.saturating_sub(digits)), power(digits.saturating_sub(own)));
    types::scaled(data_type, product.into_iter().map(|value| divide(value.saturating_mul(up), down)), nulls)
}

/// The sum of number columns less the sum of others, of `rows` rows, rounded half away from zero to the type's scale and
/// never below 0; what is NULL counts as 0.
pub fn sum(data_type: &DataType, plus: &[ArrayRef], minus: &[ArrayRef], rows: usize) -> ArrayRef {
    let terms = || plus.iter().map(|term| (term, 1)).chain(minus.iter().map(|term| (term, -1)));
    let float = |data_type: &DataType| class(data_type) == Class::Float;
    if float(data_type) || terms().any(|(term, _)| float(term.data_type())) {
        let mut sum = vec![0.0; rows];
        for (term, sign) in terms() {
            for (index, value) in reals(term).into_iter().enumerate() {
                sum[index] += if term.is_valid(index) { f64::from(sign) * value } else { 0.0 };
            }
        }
        return types::reals(data_type, sum.into_iter().map(|value: f64| value.max(0.0)), None);
    }
    let digits = terms().map(|(term, _)| scale(term.data_type())).max().unwrap_or(0);
    let mut sum = vec![0_i128; rows];
    for (term, sign) in terms() {
        let up = power(digits - scale(term.data_type())) * i128::from(sign);
        for (index, value) in exact(term).into_iter().enumerate() {
            let value = if term.is_valid(index) { value.saturating_mul(up) } else { 0 };
            sum[index] = sum[index].saturating_add(value);
        }
    }
    let own = scale(data_type);
    let (up, down) = (power(own.saturating_sub(digits)), power(digits.saturating_sub(own)));
    types::scaled(data_type, sum.into_iter().map(|value| divide(value.max(0).saturating_mul(up), down)), None)
}

/// The rows of one table that refer to each of some rows.
pub struct Families<'a> {
    cells: &'a Cells,
    table: usize,
    /// Family after family.
    rows: Vec<u64>,
    /// How many rows each family has.
    sizes: Vec<usize>,
}

impl<'a> Families<'a> {
    pub fn of(cells: &'a Cells, (table, link): (usize, usize), parents: &[u64]) -> Self {
        let (mut rows, mut sizes) = (Vec::new(), Vec::with_capacity(parents.len()));
        for parent in parents {
            let children = cells.keys.children(table, link, *parent);
            sizes.push(children.len());
            rows.extend(children);
        }
        Self { cells, table, rows, sizes }
    }

    pub fn count(&self, data_type: &DataType) -> ArrayRef {
        types::integers(data_type, self.sizes.iter().map(|size| *size as i128), None)
    }

    /// The sum of the families' products, each rounded to the type's scale as the line of a bill is; 0 of none.
    pub fn sum(&self, data_type: &DataType, factors: &Factors) -> Result<ArrayRef> {
        if class(data_type) == Class::Float {
            let sums = self.summed(data_type, factors, reals, |sum, value| sum + value)?;
            return Ok(types::reals(data_type, sums.into_iter(), None));
        }
        let sums = self.summed(data_type, factors, exact, i128::saturating_add)?;
        Ok(types::scaled(data_type, sums.into_iter(), None))
    }

    fn summed<T: Copy + Default>(
        &self,
        data_type: &DataType,
        factors: &Factors,
        read: impl Fn(&ArrayRef) -> Vec<T>,
        add: impl Fn(T, T) -> T,
    ) -> Result<Vec<T>> {
        let columns: Vec<usize> = factors.columns().collect();
        let mut sums = vec![T::default(); self.sizes.len()];
        let mut families = self.sizes.iter().enumerate().flat_map(|(family, size)| repeat_n(family, *size));
        for rows in self.rows.chunks(BLOCK_ROWS as usize) {
            let mut arrays = self.cells.columns(self.table, &columns, rows)?.into_iter();
            let none = || Error::run(&self.cells.tables[self.table].name, "a column is missing");
            let products = product(data_type, &factors.arrays(&mut |_| arrays.next().ok_or_else(none))?);
            for ((index, value), family) in read(&products).into_iter().enumerate().zip(families.by_ref()) {
                if products.is_valid(index) {
                    sums[family] = add(sums[family], value);
                }
            }
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Float64Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Decimal128Type, Float64Type, Int32Type};
    use std::sync::Arc;

    fn decimal(scale: i8, values: &[i128]) -> ArrayRef {
        types::scaled(&DataType::Decimal128(38, scale), values.iter().copied(), None)
    }

    #[test]
    fn products_round_to_the_scale() {
        let (rate, price) = (decimal(3, &[125, -125, i128::MAX]), decimal(2, &[1002, 1002, i128::MAX]));
        let total = product(&DataType::Decimal128(12, 2), &[rate.clone(), price]);
        assert_eq!(total.as_primitive::<Decimal128Type>().values(), &[125, -125, power(12) - 1]);
        let real: ArrayRef = Arc::new(Float64Array::from(vec![Some(4.0), None, Some(0.5)]));
        let mixed = product(&DataType::Int32, &[rate.clone(), real]);
        assert_eq!((mixed.as_primitive::<Int32Type>().value(0), mixed.is_null(1)), (1, true));
        let single = product(&DataType::Float64, &[rate]);
        assert_eq!(single.as_primitive::<Float64Type>().value(0), 0.125);
    }

    #[test]
    fn shares_are_taken_off_exactly() {
        // 3 * 2.30 * (1 - 0.15) = 5.865, which no binary number is; half away from zero gives 5.87.
        let factors = [decimal(0, &[3]), decimal(2, &[230]), complement(&decimal(2, &[15]))];
        let total = product(&DataType::Decimal128(12, 2), &factors);
        assert_eq!(total.as_primitive::<Decimal128Type>().values(), &[587]);
        let missing: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(0.25)]));
        assert_eq!(complement(&missing).as_primitive::<Float64Type>().values(), &[1.0, 0.75]);
    }

    #[test]
    fn sums_take_other_scales_count_null_as_nothing_and_end_at_zero() {
        let gaps: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(0.5)]));
        let (price, tax) = (decimal(2, &[1002, 100]), decimal(3, &[1005, 5]));
        let exact =
            sum(&DataType::Decimal128(12, 2), &[price.clone(), tax.clone()], &[decimal(0, &[1, 2])], 2);
        assert_eq!(exact.as_primitive::<Decimal128Type>().values(), &[1003, 0]);
        let mixed = sum(&DataType::Decimal128(12, 2), &[price, gaps], &[], 2);
        assert_eq!(mixed.as_primitive::<Decimal128Type>().values(), &[1002, 150]);
    }
}
