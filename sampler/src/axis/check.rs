//! What an axis must be.

use crate::error::{Error, Result};
use crate::plan::{Axis, Plan};

/// The numbers of a table's axis are in range and make a span.
pub(super) fn axis(plan: &Plan, index: usize) -> Result<()> {
    let table = &plan.tables[index];
    let wrong = |message: String| Err(Error::plan(format!("{} (axis)", table.name), message));
    let far = 1_i64 << 61;
    match &table.axis {
        Axis::Static {} => Ok(()),
        Axis::Own { start, end, trend, yearly, weekly, hourly, resolution, .. } => {
            if start > end || *start < -far || *end > far {
                return wrong(format!("it runs from {start} to {end}; the start must come first"));
            }
            if !(1..far).contains(resolution) {
                return wrong(format!("resolution is {resolution}; it must be at least 1 microsecond"));
            }
            let rates = |rates: &[f64], count: usize| {
                rates.len() == count && rates.iter().all(|rate| (0.0..=1e9).contains(rate))
            };
            if !trend.is_finite()
                || trend.abs() > 100.0
                || !(-1e9..=1e9).contains(yearly)
                || !rates(weekly, 7)
                || !rates(hourly, 24)
            {
                return wrong(
                    "trend must be within 100 of 0, and the 7 weekly and 24 hourly rates in 0 to 1e9".into(),
                );
            }
            Ok(())
        }
        Axis::Inherited { link, end, delay, resolution, .. } => {
            if *link >= table.links.len() {
                return wrong(format!("link {link} isn't one of the table's"));
            }
            if *delay < 0 || *delay > far || !(1..far).contains(resolution) || !(-far..=far).contains(end) {
                return wrong(format!(
                    "delay {delay} must be at least 0 and resolution {resolution} at least 1"
                ));
            }
            Ok(())
        }
    }
}
