//! Reads lines from standard input, says what legacy Vietnamese each one holds; for `scripts/eval legacy`.
//!
//! A line is `t HEX` (UTF-8 text) or `b HEX` (bytes); out comes one JSON object a line:
//! `{"encoding": …, "text": …}`, both null where nothing is found. `speed FILE` as arguments instead: how fast
//! that file is judged and converted.

use std::{
    io::{BufRead, BufWriter, Write},
    sync::LazyLock,
    time::{Duration, Instant},
};

use gacthu::vietnamese::{bytes_to_unicode, detect_bytes, to_unicode};
use serde_json::json;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, file] = arguments.as_slice()
        && verb == "speed"
    {
        return speed(file);
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (kind, hex) = line.split_once(' ').unwrap_or(("t", ""));
        let bytes = unhex(hex);
        let converted = match kind {
            "b" => bytes_to_unicode(&bytes),
            _ => to_unicode(&String::from_utf8_lossy(&bytes)),
        };
        let answer = converted.map_or_else(
            || json!({"encoding": null, "text": null}),
            |converted| json!({"encoding": converted.found.encoding.name(), "text": converted.text, "score": converted.found.score}),
        );
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn speed(file: &str) -> std::io::Result<()> {
    let bytes = std::fs::read(file)?;
    let begin = spent();
    let found = detect_bytes(&bytes);
    let judged = spent().saturating_sub(begin);
    let begin = spent();
    let converted = bytes_to_unicode(&bytes);
    let all = spent().saturating_sub(begin);
    let rate = |time: Duration| bytes.len() as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    println!(
        "{}",
        json!({"bytes": bytes.len(), "encoding": found.map(|f| f.encoding.name()), "detect_mb_s": rate(judged),
               "convert_mb_s": rate(all), "out": converted.map(|c| c.text.len())})
    );
    Ok(())
}

/// The processor time of this thread: what else the machine does is not in it. Linux only; elsewhere the clock's.
fn spent() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let start = *START;
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = said.split(' ').next().and_then(|word| word.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn unhex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
