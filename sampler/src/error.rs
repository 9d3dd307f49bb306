//! Errors are values; `python.rs` maps them in one place.

use std::any::Any;
use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum Error {
    /// The plan is not one: JSON that doesn't parse, a name that doesn't resolve, a number out of range.
    #[error("{place}: {message}")]
    Plan { place: String, message: String },
    /// The plan asks for what can't be (a capacity exceeded).
    #[error("{place}: {message}")]
    Impossible { place: String, message: String },
    /// Something failed while rows were made.
    #[error("{place}: {message}")]
    Run { place: String, message: String },
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn plan(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Plan { place: place.into(), message: message.into() }
    }
    pub fn impossible(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Impossible { place: place.into(), message: message.into() }
    }
    /// A panic that was caught: a fault of ours.
    pub fn fault(place: impl Into<String>, panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text =
            text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Self::run(place, format!("a fault in the sampler (please report it with the plan): {text}"))
    }
    pub fn run(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Run { place: place.into(), message: message.into() }
    }
}
