//! Rows from a plan. `cell(table, column, row) = f(plan, table, column, row)`: nothing here keeps state between rows.
//!
//! Rooms: `plan` (data), `rng` and `permute` (numbers), `links` and `axis` (which row belongs to which, and when),
//! `scm` (what causes what), `codec` and `cells` (what is written), `stream` (Arrow batches, threads), `bulk`
//! (batches as a server's bulk load takes them), `truth` (what stands behind the cells), `context` (rows around a seed, for training). `python` alone knows of PyO3.

pub mod axis;
pub mod bulk;
pub mod cells;
pub mod codec;
pub mod context;
pub mod database;
pub mod error;
pub mod links;
pub mod permute;
pub mod plan;
#[cfg(feature = "python")]
mod python;
pub mod rng;
pub mod scm;
pub mod stream;
pub mod truth;
pub mod world;
