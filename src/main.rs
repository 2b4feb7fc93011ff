//! `gacthu`: the program. Everything but the exit code is in the library.

use std::process::ExitCode;

// glibc's allocator keeps one arena a thread and returns memory of large messages late: with 64
// messages of 50 MiB the difference was felt. mimalloc is as fast and gives it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gacthu::cli::run()
}
