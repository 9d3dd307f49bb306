//! Cells as text: the plain form that SQL engines read back, and JSON.

use super::calendar;
use super::types::DAY;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use std::fmt::Write;

/// Decimal digits, zero-padded to `width`.
pub fn padded(mut value: u128, width: usize, out: &mut String) {
    let mut digits = [b'0'; 39];
    let mut at = digits.len();
    // 64-bit division is several times cheaper, and nearly every number fits.
    while value > u128::from(u64::MAX) {
        at -= 1;
        digits[at] += (value % 10) as u8;
        value /= 10;
    }
    let mut rest = value as u64;
    while rest > 0 || at == digits.len() {
        at -= 1;
        digits[at] += (rest % 10) as u8;
        rest /= 10;
    }
    // What stands before the number is zeros already.
    at = at.min(digits.len().saturating_sub(width));
    out.extend((digits.len()..width).map(|_| '0'));
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

pub fn integer(value: i128, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    padded(value.unsigned_abs(), 1, out);
}

/// The shortest decimal digits that read back as the same number, without an exponent; not a number is 0.
pub fn real(value: f64, out: &mut String) {
    // Writing into a String cannot fail.
    let _ = write!(out, "{}", if value.is_finite() { value } else { 0.0 });
}

pub fn decimal(value: i128, scale: u32, out: &mut String) {
    if scale == 0 {
        return integer(value, out);
    }
    if value < 0 {
        out.push('-');
    }
    let unit = super::types::power(scale).unsigned_abs();
    padded(value.unsigned_abs() / unit, 1, out);
    out.push('.');
    padded(value.unsigned_abs() % unit, scale as usize, out);
}

pub fn hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
}

/// The cell as text; nothing where it is NULL.
pub fn plain(array: &ArrayRef, index: usize, out: &mut String) {
    if array.is_null(index) {
        return;
    }
    match array.data_type() {
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(index)),
        DataType::Boolean => out.push_str(if array.as_boolean().value(index) { "true" } else { "false" }),
        DataType::Int8 => integer(array.as_primitive::<Int8Type>().value(index).into(), out),
        DataType::Int16 => integer(array.as_primitive::<Int16Type>().value(index).into(), out),
        DataType::Int32 => integer(array.as_primitive::<Int32Type>().value(index).into(), out),
        DataType::Int64 => integer(array.as_primitive::<Int64Type>().value(index).into(), out),
        DataType::UInt8 => integer(array.as_primitive::<UInt8Type>().value(index).into(), out),
        DataType::UInt16 => integer(array.as_primitive::<UInt16Type>().value(index).into(), out),
        DataType::UInt32 => integer(array.as_primitive::<UInt32Type>().value(index).into(), out),
        DataType::UInt64 => integer(array.as_primitive::<UInt64Type>().value(index).into(), out),
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(index);
            let _ = write!(out, "{}", if value.is_finite() { value } else { 0.0 });
        }
        DataType::Float64 => real(array.as_primitive::<Float64Type>().value(index), out),
        DataType::Decimal128(_, scale) => {
            decimal(array.as_primitive::<Decimal128Type>().value(index), scale.unsigned_abs().into(), out);
        }
        DataType::Date32 => calendar::write_date(array.as_primitive::<Date32Type>().value(index).into(), out),
        DataType::Time64(_) => {
            calendar::write_time(array.as_primitive::<Time64MicrosecondType>().value(index), out)
        }
        DataType::Timestamp(..) => {
            calendar::write_timestamp(array.as_primitive::<TimestampMicrosecondType>().value(index), out);
        }
        DataType::Interval(_) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(index);
            let _ = write!(out, "{} days ", i64::from(value.days) + value.nanoseconds / (DAY * 1000));
            calendar::write_time(value.nanoseconds / 1000, out);
        }
        DataType::Binary => hex(array.as_binary::<i32>().value(index), out),
        DataType::List(_) => json(array, index, false, out),
        _ => {}
    }
}

/// The cell as a JSON value; with `raw` text is JSON already and goes in as it is.
pub fn json(array: &ArrayRef, index: usize, raw: bool, out: &mut String) {
    if array.is_null(index) {
        return out.push_str("null");
    }
    match array.data_type() {
        DataType::Utf8 if raw => out.push_str(array.as_string::<i32>().value(index)),
        DataType::Utf8 => quoted(array.as_string::<i32>().value(index), out),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(index);
            out.push('[');
            for item in 0..items.len() {
                if item > 0 {
                    out.push_str(", ");
                }
                json(&items, item, raw, out);
            }
            out.push(']');
        }
        kind if kind == &DataType::Boolean || super::types::is_number(kind) => plain(array, index, out),
        _ => {
            out.push('"');
            plain(array, index, out);
            out.push('"');
        }
    }
}

/// A JSON string.
pub fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if u32::from(letter) < 32 => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// A string between double quotes, a backslash before quotes and backslashes: how PostgreSQL reads members of arrays,
/// composite values and hstore.
pub fn escaped(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
}

/// The cell as PostgreSQL reads it: like `plain`, arrays in braces.
pub fn braces(array: &ArrayRef, index: usize, out: &mut String) {
    if !matches!(array.data_type(), DataType::List(_)) || array.is_null(index) {
        return plain(array, index, out);
    }
    let items = array.as_list::<i32>().value(index);
    out.push('{');
    for item in 0..items.len() {
        out.push_str(if item > 0 { "," } else { "" });
        let mut text = String::new();
        braces(&items, item, &mut text);
        match items.data_type() {
            _ if items.is_null(item) => out.push_str("NULL"),
            DataType::List(_) => out.push_str(&text),
            _ => escaped(&text, out),
        }
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_are_written_in_full() {
        assert_eq!(text(|out| integer(i128::MIN, out)), i128::MIN.to_string());
        assert_eq!(text(|out| integer(0, out)), "0");
        assert_eq!(text(|out| padded(42, 5, out)), "00042");
        assert_eq!(text(|out| padded(7, 50, out)), format!("{:050}", 7));
        assert_eq!(text(|out| decimal(-5, 2, out)), "-0.05");
        assert_eq!(text(|out| decimal(12_345, 2, out)), "123.45");
        assert_eq!(text(|out| real(1e21, out)), "1000000000000000000000");
        assert_eq!(text(|out| real(f64::NAN, out)), "0");
    }

    #[test]
    fn json_strings_are_escaped() {
        assert_eq!(text(|out| quoted("a\"\\\u{1}é\n", out)), "\"a\\\"\\\\\\u0001é\\n\"");
    }
}
