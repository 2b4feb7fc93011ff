//! Opening things: what kind a file is, and (from a later issue on) what is inside it.

mod binary;
pub mod kinds;
mod script;
mod text;
mod zip;

#[cfg(test)]
mod tests;
