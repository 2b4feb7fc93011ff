//! What was found, written out: a table for people, JSON, CSV, and a file for Prometheus.

mod csv;
mod json;
mod metrics;
mod table;

pub use csv::csv;
pub use json::json;
pub use metrics::metrics;
pub use table::table;

/// A text of somebody else's without what a terminal would obey or hide.
fn clean(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let hidden = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            let (shown, escaped) = if hidden { (None, Some(c.escape_unicode())) } else { (Some(c), None) };
            shown.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}
