//! `replay TARGET FILE…`: gives each file to a target once, without the fuzzer: for coverage of the
//! seeds (`scripts/fuzz --cover`). Prints what takes more than a second.

use std::{env, fs, process::ExitCode, time::Instant};

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let Some((_, target)) = gacthu_fuzz::TARGETS
        .iter()
        .find(|(known, _)| *known == name)
    else {
        eprintln!("replay: no target {name:?}");
        return ExitCode::from(2);
    };
    for path in words {
        match fs::read(&path) {
            Ok(bytes) => {
                let begun = Instant::now();
                target(&bytes);
                let time = begun.elapsed();
                if time.as_secs() > 0 {
                    println!("{path}: {} ms", time.as_millis());
                }
            }
            Err(error) => {
                eprintln!("replay: {path}: {error}");
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}
