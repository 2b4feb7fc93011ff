//! Tests of the policy room, through its public doors.

mod always;
mod conditions;
mod files;
mod forwarding;
mod marks;
mod meaning;
mod mistakes;
mod pages;
mod properties;
mod routes;
mod shipped;
mod signals;
mod signed;
mod speed;
mod support;
mod traits;
