//! Days and microseconds as ISO 8601 text and back, in the proleptic Gregorian calendar.

use super::display::padded;
use super::types::DAY;
use crate::plan::Micros;

/// Year, month, day of a day since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
pub fn civil(day: i64) -> (i64, u32, u32) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month as u32, (doy - (153 * mp + 2) / 5 + 1) as u32)
}

/// The day since 1970-01-01 of a date; None where there is no such date.
pub fn day(year: i64, month: u32, date: u32) -> Option<i64> {
    if !(-200_000..=200_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&date) {
        return None;
    }
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = i64::from((month + 9) % 12);
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + (153 * mp + 2) / 5 + i64::from(date) - 1;
    let found = era * 146_097 + doe - 719_468;
    (civil(found) == (year, month, date)).then_some(found)
}

pub fn write_date(day: i64, out: &mut String) {
    let (year, month, date) = civil(day);
    if year < 0 {
        out.push('-');
    }
    padded(year.unsigned_abs().into(), 4, out);
    out.push('-');
    padded(month.into(), 2, out);
    out.push('-');
    padded(date.into(), 2, out);
}

/// HH:MM:SS, with six more digits where the second is not whole.
pub fn write_time(micros: Micros, out: &mut String) {
    let seconds = micros.rem_euclid(DAY) / 1_000_000;
    padded((seconds / 3600) as u128, 2, out);
    out.push(':');
    padded((seconds / 60 % 60) as u128, 2, out);
    out.push(':');
    padded((seconds % 60) as u128, 2, out);
    let fraction = micros.rem_euclid(1_000_000);
    if fraction != 0 {
        out.push('.');
        padded(fraction as u128, 6, out);
    }
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`, UTC.
pub fn write_timestamp(micros: Micros, out: &mut String) {
    write_date(micros.div_euclid(DAY), out);
    out.push(' ');
    write_time(micros, out);
}

/// Days since 1970 of `YYYY-MM-DD`.
pub fn parse_date(text: &str) -> Option<i64> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut parts = rest.splitn(3, '-');
    let year: i64 = parts.next()?.parse().ok()?;
    let (month, date) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    day(if negative { -year } else { year }, month, date)
}

/// Microseconds since midnight of `HH:MM[:SS[.f]]`.
pub fn parse_time(text: &str) -> Option<Micros> {
    let mut parts = text.splitn(3, ':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let seconds = parts.next().unwrap_or("0");
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let second: i64 = second.parse().ok()?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000 + parse_fraction(fraction)?)
}

fn parse_fraction(digits: &str) -> Option<Micros> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<6}").get(..6)?.parse().ok()
}

/// Microseconds since 1970 of an ISO date, or date and time, with `Z`, `+HH[:MM]` or nothing (UTC) behind it.
pub fn parse_timestamp(text: &str) -> Option<Micros> {
    let text = text.trim();
    let Some(split) = text.find(['T', ' ']) else { return parse_date(text)?.checked_mul(DAY) };
    let (date, clock) = (&text[..split], &text[split + 1..]);
    let (clock, shift) = match clock.find(['Z', 'z', '+', '-']) {
        None => (clock, 0),
        Some(zone) => (&clock[..zone], parse_zone(&clock[zone..])?),
    };
    parse_date(date)?.checked_mul(DAY)?.checked_add(parse_time(clock.trim())? - shift)
}

fn parse_zone(text: &str) -> Option<Micros> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = (if text.starts_with('-') { -1 } else { 1 }, text.get(1..)?);
    let digits = rest.replace(':', "");
    let (hours, minutes): (i64, i64) = (
        digits.get(..2)?.parse().ok()?,
        digits.get(2..).filter(|m| !m.is_empty()).map_or(Ok(0), str::parse).ok()?,
    );
    Some(sign * (hours * 60 + minutes) * 60_000_000)
}

/// Months and microseconds of an interval: `[n unit]... [HH:MM:SS]`, or whole microseconds.
pub fn parse_interval(text: &str) -> Option<(i32, Micros)> {
    if let Ok(micros) = text.trim().parse() {
        return Some((0, micros));
    }
    let (mut months, mut micros) = (0_i64, 0_i64);
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word.contains(':') {
            micros = micros.checked_add(parse_time(word)?)?;
            continue;
        }
        let count: i64 = word.parse().ok()?;
        let unit = match words.next()?.trim_end_matches('s') {
            "year" => (12, 0),
            "month" | "mon" => (1, 0),
            "week" => (0, 7 * DAY),
            "day" => (0, DAY),
            "hour" => (0, DAY / 24),
            "minute" | "min" => (0, 60_000_000),
            "second" | "sec" => (0, 1_000_000),
            _ => return None,
        };
        months = months.checked_add(count.checked_mul(unit.0)?)?;
        micros = micros.checked_add(count.checked_mul(unit.1)?)?;
    }
    Some((months.try_into().ok()?, micros))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        for number in (-800_000..800_000).step_by(317) {
            let (year, month, date) = civil(number);
            assert_eq!(day(year, month, date), Some(number));
        }
        assert_eq!(parse_date("2024-02-29"), Some(19_782));
        assert_eq!(parse_date("2023-02-29"), None);
        assert_eq!(parse_date("soon"), None);
    }

    #[test]
    fn timestamps_parse_and_print() {
        for text in ["1969-12-31 23:59:59.999999", "2024-05-06 07:08:09", "0001-01-01 00:00:00"] {
            let mut out = String::new();
            write_timestamp(parse_timestamp(text).unwrap(), &mut out);
            assert_eq!(out, text);
        }
        assert_eq!(parse_timestamp("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(parse_timestamp("1970-01-01T00:00Z"), Some(0));
        assert_eq!(parse_timestamp("1970-01-01T25:00Z"), None);
        assert_eq!(parse_interval("1 year 2 days 01:00:00"), Some((12, 2 * DAY + DAY / 24)));
        assert_eq!(parse_interval("3 moons"), None);
    }
}
