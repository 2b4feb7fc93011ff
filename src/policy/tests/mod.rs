//! Tests of the policy room, through its public doors.

mod conditions;
mod files;
mod meaning;
mod mistakes;
mod pages;
mod properties;
mod shipped;
mod speed;
mod support;
