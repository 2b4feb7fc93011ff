//! Readers of what documents say, each piece with its place.

pub(in crate::content) mod odf;
pub(in crate::content) mod ooxml;
mod package;
mod paragraph;
mod tags;
#[cfg(test)]
mod tests;
