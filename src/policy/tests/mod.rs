//! Tests of the policy room, through its public doors.

mod shipped;
mod support;
