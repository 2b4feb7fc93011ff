//! `gacthu`: the program.

fn main() {}
