//! Arrow types in the plan's short spelling, and arrays of them from numbers.
//!
//! Three canonical forms cover all of it: whole numbers at the type's own scale (`scaled`), reals, and points in time
//! in microseconds. Everything saturates at what the type can hold; nothing overflows.

use crate::plan::Micros;
use arrow_array::builder::StringBuilder;
use arrow_array::types::*;
use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, IntervalMonthDayNano, NullBuffer};
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use std::sync::Arc;

use super::calendar;

/// Microseconds of a day.
pub const DAY: Micros = 86_400_000_000;

/// The Arrow type written `text` in a plan, None where there is no such type.
pub fn parse(text: &str) -> Option<DataType> {
    Some(match text {
        "bool" => DataType::Boolean,
        "int8" => DataType::Int8,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "uint8" => DataType::UInt8,
        "uint16" => DataType::UInt16,
        "uint32" => DataType::UInt32,
        "uint64" => DataType::UInt64,
        "float32" => DataType::Float32,
        "float64" => DataType::Float64,
        "utf8" => DataType::Utf8,
        "date32" => DataType::Date32,
        "time64" => DataType::Time64(TimeUnit::Microsecond),
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "interval" => DataType::Interval(IntervalUnit::MonthDayNano),
        "binary" => DataType::Binary,
        _ => return parse_nested(text),
    })
}

fn parse_nested(text: &str) -> Option<DataType> {
    if let Some(item) = text.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(list_of(parse(item)?));
    }
    let (precision, scale) = text.strip_prefix("decimal128(")?.strip_suffix(')')?.split_once(',')?;
    let (precision, scale): (u8, i8) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    let fits = (1..=38).contains(&precision) && (0..=precision as i8).contains(&scale);
    fits.then_some(DataType::Decimal128(precision, scale))
}

/// A list of nullable items.
pub fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// What a type can take: decides which rules and codecs fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Bool,
    /// Integers and decimals: whole numbers of 10^-scale.
    Exact,
    Float,
    /// Points in time, times of day, intervals: microseconds.
    Time,
    Text,
    Binary,
    List,
}

pub fn class(data_type: &DataType) -> Class {
    match data_type {
        DataType::Boolean => Class::Bool,
        DataType::Float32 | DataType::Float64 => Class::Float,
        DataType::Utf8 => Class::Text,
        DataType::Binary => Class::Binary,
        DataType::List(_) => Class::List,
        DataType::Date32 | DataType::Time64(_) | DataType::Timestamp(..) | DataType::Interval(_) => {
            Class::Time
        }
        _ => Class::Exact,
    }
}

pub fn is_number(data_type: &DataType) -> bool {
    matches!(class(data_type), Class::Exact | Class::Float)
}

/// Digits after the point of a decimal; 0 for everything else.
pub fn scale(data_type: &DataType) -> u32 {
    match data_type {
        DataType::Decimal128(_, scale) => u32::from(scale.unsigned_abs()),
        _ => 0,
    }
}

/// 10^exponent, for exponents up to 38.
pub fn power(exponent: u32) -> i128 {
    10_i128.saturating_pow(exponent)
}

/// The smallest and largest `scaled` number of a type.
pub fn limits(data_type: &DataType) -> (i128, i128) {
    match data_type {
        DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        DataType::UInt8 => (0, u8::MAX.into()),
        DataType::UInt16 => (0, u16::MAX.into()),
        DataType::UInt32 => (0, u32::MAX.into()),
        DataType::UInt64 => (0, u64::MAX.into()),
        DataType::Decimal128(precision, _) => {
            let most = power(u32::from(*precision)) - 1;
            (-most, most)
        }
        DataType::Boolean => (0, 1),
        DataType::Utf8 => (i128::MIN, i128::MAX),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// The nearest whole number, saturating; faster than the plain cast for what fits 64 bits.
#[inline]
pub fn whole(value: f64) -> i128 {
    let value = value.round();
    if value.abs() < 9.0e18 { i128::from(value as i64) } else { value as i128 }
}

fn primitive<T: ArrowPrimitiveType>(
    values: impl Iterator<Item = T::Native>,
    nulls: Option<NullBuffer>,
) -> PrimitiveArray<T> {
    PrimitiveArray::new(values.collect(), nulls)
}

/// Whole numbers at the type's own scale (microseconds for times), held to its limits.
///
/// Not for binary and list columns, which `cells` refuses when the plan is opened: those come back all NULL.
pub fn scaled(
    data_type: &DataType,
    values: impl Iterator<Item = i128>,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let (low, high) = limits(data_type);
    let values = values.map(move |value| value.clamp(low, high));
    match data_type {
        DataType::Int8 => Arc::new(primitive::<Int8Type>(values.map(|v| v as i8), nulls)),
        DataType::Int16 => Arc::new(primitive::<Int16Type>(values.map(|v| v as i16), nulls)),
        DataType::Int32 => Arc::new(primitive::<Int32Type>(values.map(|v| v as i32), nulls)),
        DataType::Int64 => Arc::new(primitive::<Int64Type>(values.map(|v| v as i64), nulls)),
        DataType::UInt8 => Arc::new(primitive::<UInt8Type>(values.map(|v| v as u8), nulls)),
        DataType::UInt16 => Arc::new(primitive::<UInt16Type>(values.map(|v| v as u16), nulls)),
        DataType::UInt32 => Arc::new(primitive::<UInt32Type>(values.map(|v| v as u32), nulls)),
        DataType::UInt64 => Arc::new(primitive::<UInt64Type>(values.map(|v| v as u64), nulls)),
        DataType::Float32 => Arc::new(primitive::<Float32Type>(values.map(|v| v as f32), nulls)),
        DataType::Float64 => Arc::new(primitive::<Float64Type>(values.map(|v| v as f64), nulls)),
        DataType::Decimal128(..) => {
            Arc::new(primitive::<Decimal128Type>(values, nulls).with_data_type(data_type.clone()))
        }
        DataType::Boolean => {
            Arc::new(BooleanArray::new(values.map(|v| v != 0).collect::<BooleanBuffer>(), nulls))
        }
        DataType::Utf8 => texts(values, nulls, super::display::integer),
        DataType::Binary | DataType::List(_) => arrow_array::new_null_array(data_type, values.count()),
        _ => temporal(data_type, values.map(|v| v as Micros), nulls),
    }
}

/// Whole numbers as the type's values: scaled up for decimals, digits in text, microseconds in time columns.
pub fn integers(
    data_type: &DataType,
    values: impl Iterator<Item = i128>,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let factor = power(scale(data_type));
    scaled(data_type, values.map(move |value| value.saturating_mul(factor)), nulls)
}

/// Reals, rounded to the type's scale.
pub fn reals(data_type: &DataType, values: impl Iterator<Item = f64>, nulls: Option<NullBuffer>) -> ArrayRef {
    match data_type {
        DataType::Float32 => Arc::new(primitive::<Float32Type>(values.map(|v| v as f32), nulls)),
        DataType::Float64 => Arc::new(primitive::<Float64Type>(values, nulls)),
        DataType::Utf8 => texts(values, nulls, super::display::real),
        _ => {
            let factor = power(scale(data_type)) as f64;
            scaled(data_type, values.map(move |value| whole(value * factor)), nulls)
        }
    }
}

/// Microseconds as the type's values: dates are cut to the day, times of day wrap, number columns hold Unix seconds,
/// text columns ISO 8601.
pub fn times(
    data_type: &DataType,
    values: impl Iterator<Item = Micros>,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    match class(data_type) {
        Class::Time => temporal(data_type, values, nulls),
        Class::Text => texts(values, nulls, calendar::write_timestamp),
        Class::Float => reals(data_type, values.map(|value| value as f64 / 1e6), nulls),
        _ => integers(data_type, values.map(|value| i128::from(value.div_euclid(1_000_000))), nulls),
    }
}

fn temporal(
    data_type: &DataType,
    values: impl Iterator<Item = Micros>,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let days = |days: Micros| days.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    match data_type {
        DataType::Date32 => Arc::new(primitive::<Date32Type>(values.map(|v| days(v.div_euclid(DAY))), nulls)),
        DataType::Time64(_) => {
            Arc::new(primitive::<Time64MicrosecondType>(values.map(|v| v.rem_euclid(DAY)), nulls))
        }
        DataType::Timestamp(_, zone) => {
            Arc::new(primitive::<TimestampMicrosecondType>(values, nulls).with_timezone_opt(zone.clone()))
        }
        _ => {
            let parts = |v: Micros| IntervalMonthDayNano::new(0, days(v / DAY), (v % DAY) * 1000);
            Arc::new(primitive::<IntervalMonthDayNanoType>(values.map(parts), nulls))
        }
    }
}

fn texts<V>(
    values: impl Iterator<Item = V>,
    nulls: Option<NullBuffer>,
    write: impl Fn(V, &mut String),
) -> ArrayRef {
    let mut out = StringBuilder::new();
    let mut scratch = String::new();
    for (index, value) in values.enumerate() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(index)) {
            out.append_null();
            continue;
        }
        scratch.clear();
        write(value, &mut scratch);
        out.append_value(&scratch);
    }
    Arc::new(out.finish())
}

/// The array with `nulls` added to its own.
pub fn with_nulls(array: &ArrayRef, nulls: Option<&NullBuffer>) -> ArrayRef {
    let Some(nulls) = nulls else { return array.clone() };
    let absent = BooleanArray::new(!nulls.inner(), None);
    // Fails on lengths that differ only, and both sides are as long as the block.
    arrow_select::nullif::nullif(array, &absent).unwrap_or_else(|_| array.clone())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;

    #[test]
    fn types_parse() {
        assert_eq!(parse("decimal128(10,2)"), Some(DataType::Decimal128(10, 2)));
        assert_eq!(parse("list<list<int32>>"), Some(list_of(list_of(DataType::Int32))));
        for wrong in ["", "int24", "decimal128(39,2)", "decimal128(5,6)", "list<what>", "list<int8"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_saturate() {
        let most = integers(&DataType::Int8, [300, -300, 7].into_iter(), None);
        assert_eq!(most.as_primitive::<Int8Type>().values(), &[127, -128, 7]);
        let decimal = integers(&DataType::Decimal128(38, 10), [i128::MAX].into_iter(), None);
        assert_eq!(decimal.as_primitive::<Decimal128Type>().value(0), power(38) - 1);
        let huge = reals(&DataType::UInt64, [1e300, -1.0, f64::NAN].into_iter(), None);
        assert_eq!(huge.as_primitive::<UInt64Type>().values(), &[u64::MAX, 0, 0]);
    }

    #[test]
    fn times_cut_and_wrap() {
        let before = [-1_i64, DAY, 3 * DAY / 2];
        let dates = times(&DataType::Date32, before.into_iter(), None);
        assert_eq!(dates.as_primitive::<Date32Type>().values(), &[-1, 1, 1]);
        let clock = times(&parse("time64").unwrap(), before.into_iter(), None);
        assert_eq!(clock.as_primitive::<Time64MicrosecondType>().values(), &[DAY - 1, 0, DAY / 2]);
        let span = times(&parse("interval").unwrap(), before.into_iter(), None);
        let last = span.as_primitive::<IntervalMonthDayNanoType>().value(2);
        assert_eq!((last.days, last.nanoseconds), (1, DAY / 2 * 1000));
    }
}
