//! YAML that people write: a tree in which every value knows its place, the tools that read it, and
//! the report of everything that is wrong with it.
//!
//! What policies and the service's settings share. This room knows neither rules nor settings.

pub(crate) mod list;
pub(crate) mod meant;
pub(crate) mod reader;
pub(crate) mod report;
pub(crate) mod tree;
pub(crate) mod value;

pub use tree::Stamp;

pub use report::{Place, Problem, Report, Severity};
