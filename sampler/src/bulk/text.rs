//! Rows as lines of text, fields split by tabs: PostgreSQL's COPY in its text form, which every type has, and MySQL's
//! LOAD DATA with its default FIELDS and LINES. `\N` is NULL; a backslash escapes what would end a field or a line.

use crate::codec::{calendar, display};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use std::fmt::Write;

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Postgres,
    MySql,
}

/// What a column's own type asks for beyond its Arrow type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Plain,
    /// A truth value as 1 or 0.
    Bit,
    /// PostgreSQL's box, whose arrays alone are separated by semicolons.
    Box,
}

/// All rows of the batch.
pub fn rows(batch: &RecordBatch, style: Style, targets: &[Target]) -> Vec<u8> {
    let mut out = Vec::with_capacity(batch.num_rows() * 8 * targets.len().max(1));
    let mut cell = String::new();
    for row in 0..batch.num_rows() {
        for (k, (array, target)) in batch.columns().iter().zip(targets).enumerate() {
            if k > 0 {
                out.push(b'\t');
            }
            if array.is_null(row) {
                out.extend(b"\\N");
                continue;
            }
            cell.clear();
            value(array, row, style, *target, &mut cell);
            escaped(cell.as_bytes(), &mut out);
        }
        out.push(b'\n');
    }
    out
}

fn escaped(cell: &[u8], out: &mut Vec<u8>) {
    for byte in cell {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0 => out.extend(b"\\0"),
            byte => out.push(*byte),
        }
    }
}

fn value(array: &ArrayRef, row: usize, style: Style, target: Target, out: &mut String) {
    let postgres = style == Style::Postgres;
    match array.data_type() {
        DataType::Boolean => {
            let digits = !postgres || target == Target::Bit;
            out.push(match (array.as_boolean().value(row), digits) {
                (true, true) => '1',
                (false, true) => '0',
                (true, false) => 't',
                (false, false) => 'f',
            });
        }
        DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
        // The shortest digits that read back as the same number; "NaN" and "inf" are PostgreSQL's too.
        DataType::Float32 if postgres => {
            let _ = write!(out, "{}", array.as_primitive::<Float32Type>().value(row));
        }
        DataType::Float64 if postgres => {
            let _ = write!(out, "{}", array.as_primitive::<Float64Type>().value(row));
        }
        DataType::Date32 if postgres => date(array.as_primitive::<Date32Type>().value(row).into(), "", out),
        DataType::Timestamp(_, zone) if postgres => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let mut clock = String::from(" ");
            calendar::write_time(micros, &mut clock);
            if zone.is_some() {
                clock.push_str("+00");
            }
            date(micros.div_euclid(crate::codec::types::DAY), &clock, out);
        }
        DataType::Interval(_) if postgres => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let micros = value.nanoseconds / 1000;
            let sign = if micros < 0 { "-" } else { "" };
            let (seconds, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
            let _ = write!(out, "{} mons {} days {sign}{seconds}.{rest:06} secs", value.months, value.days);
        }
        DataType::Binary => {
            if postgres {
                out.push_str("\\x");
            }
            display::hex(array.as_binary::<i32>().value(row), out);
        }
        DataType::List(_) if postgres => {
            let items = array.as_list::<i32>().value(row);
            let mut cell = String::new();
            out.push('{');
            for item in 0..items.len() {
                if item > 0 {
                    out.push(if target == Target::Box { ';' } else { ',' });
                }
                if items.is_null(item) {
                    out.push_str("NULL");
                    continue;
                }
                cell.clear();
                value_of_item(&items, item, target, &mut cell, out);
            }
            out.push('}');
        }
        _ => display::plain(array, row, out),
    }
}

/// An array's item, in quotes unless it is an array itself.
fn value_of_item(items: &ArrayRef, item: usize, target: Target, cell: &mut String, out: &mut String) {
    value(items, item, Style::Postgres, target, cell);
    if matches!(items.data_type(), DataType::List(_)) {
        return out.push_str(cell);
    }
    display::escaped(cell, out);
}

/// A date as PostgreSQL reads it: the year 0 is 1 BC.
fn date(day: i64, clock: &str, out: &mut String) {
    let (year, month, date) = calendar::civil(day);
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    let _ = write!(out, "{year:04}-{month:02}-{date:02}{clock}{era}");
}
