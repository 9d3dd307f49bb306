//! Errors are values; `python.rs` maps them in one place.

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
    pub fn run(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Run { place: place.into(), message: message.into() }
    }
}
