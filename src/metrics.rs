//! Every metric: name, help and labels in one place.
//!
//! Labels are bounded: rules, policies, directions, verdicts, stages. Nothing that a message can
//! choose ever becomes a label.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder, core::Collector,
};

use crate::journal;

/// All metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    last_message: AtomicU64,
    since_last_message: IntGauge,
    /// Messages judged to the end, or refused at RCPT.
    pub messages: IntCounterVec,
    /// Verdicts per recipient.
    pub recipients: IntCounterVec,
    /// Rules that fired, once a message and direction.
    pub rules: IntCounterVec,
    /// Exceptions that took a rule away.
    pub exceptions: IntCounterVec,
    /// Messages that a sensitive rule marked, be it in observe.
    pub sensitive: IntCounter,
    /// Rules that observe because nobody has acknowledged them.
    pub unacknowledged: IntGaugeVec,
    /// Messages with something that was not scanned.
    pub not_scanned: IntCounterVec,
    /// Seconds by stage.
    pub stages: HistogramVec,
    /// Seconds from MAIL to the answer, waiting for Postfix counted too.
    pub message_seconds: Histogram,
    /// Bytes of a message.
    pub message_bytes: Histogram,
    /// Letters that a machine sent on.
    pub forwards: IntCounterVec,
    /// Draft letters about forwards that were stopped.
    pub notices: IntCounterVec,
    /// Final answers that Postfix did not take, because the connection was gone.
    pub unanswered: IntCounter,
    /// Decision events that could not be written.
    pub event_errors: IntCounter,
    /// Decisions that could not be appended to the decision log.
    pub journal_dropped: IntCounter,
    /// What the journal's writer counts.
    pub journal: journal::Counts,
    /// Seconds that the oldest record has waited for the store.
    pub journal_lag: Gauge,
    /// Bytes of the decision log that the store has not taken.
    pub journal_backlog: IntGauge,
    /// Connections open now.
    pub connections: IntGauge,
    /// Connections by what became of them.
    pub connections_total: IntCounterVec,
    /// Bytes in the spool now.
    pub spool_bytes: IntGauge,
    /// Large messages that wait in line for their turn now.
    pub heavy_waiting: IntGauge,
    /// Messages that wait to be opened further now.
    pub opening_waiting: IntGauge,
    /// Loads of the policy by result.
    pub reloads: IntCounterVec,
    /// When the running policy was loaded.
    pub policy_loaded: IntGauge,
    /// The running policies: always 1, the hash is a label.
    pub policy_info: IntGaugeVec,
}

/// The stages whose time is measured, as the label `stage` names them.
pub mod stage {
    /// Judging the envelope at RCPT.
    pub const ENVELOPE: &str = "envelope";
    /// Reading headers and body as they come: parsing, decoding, hashing, spooling.
    pub const SCAN: &str = "scan";
    /// Telling kinds and opening what can be opened.
    pub const CONTENT: &str = "content";
    /// Finding facts.
    pub const INSPECT: &str = "inspect";
    /// Asking the policy.
    pub const JUDGE: &str = "judge";
    /// Waiting in line with other large messages.
    pub const WAIT: &str = "wait";
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Makes the metrics and their registry.
    pub fn new() -> Self {
        let registry = Registry::new();
        let metrics = Self {
            last_message: AtomicU64::new(0),
            since_last_message: gauge(
                &registry,
                "gacthu_last_message_age_seconds",
                "Seconds since the last message was judged; -1 before the first.",
            ),
            messages: counters(
                &registry,
                "gacthu_messages_total",
                "Messages by verdict (as if every rule were enforced), by what was applied (split: one recipient asked to come again alone, for another policy rules it) and by direction (mixed: recipients in several).",
                &["verdict", "applied", "direction"],
            ),
            recipients: counters(
                &registry,
                "gacthu_recipients_total",
                "Recipients by verdict, by what was applied, by direction and policy.",
                &["verdict", "applied", "direction", "policy"],
            ),
            rules: counters(
                &registry,
                "gacthu_rule_hits_total",
                "Messages in which a rule fired, by rule, policy, direction, action and mode.",
                &["rule", "policy", "direction", "action", "mode"],
            ),
            exceptions: counters(
                &registry,
                "gacthu_exception_hits_total",
                "Recipients for which an exception took a rule away.",
                &["exception", "rule"],
            ),
            sensitive: counter(
                &registry,
                "gacthu_sensitive_messages_total",
                "Messages that a sensitive rule marked, be it in observe: none of them is stored.",
            ),
            unacknowledged: gauges(
                &registry,
                "gacthu_rules_unacknowledged",
                "Rules that came with an upgrade and observe until they are acknowledged.",
                &["policy"],
            ),
            not_scanned: counters(
                &registry,
                "gacthu_not_scanned_total",
                "Messages in which something was not scanned, by reason.",
                &["reason"],
            ),
            stages: histograms(
                &registry,
                "gacthu_stage_seconds",
                "Time that a message spent in a stage of its judging.",
                &["stage"],
                &[
                    1e-6, 5e-6, 25e-6, 1e-4, 5e-4, 2.5e-3, 1e-2, 5e-2, 0.25, 1.0, 5.0, 25.0,
                ],
            ),
            message_seconds: histogram(
                &registry,
                "gacthu_message_seconds",
                "Time from MAIL to the answer at end of message, waiting for Postfix included.",
                &[
                    1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0,
                ],
            ),
            message_bytes: histogram(
                &registry,
                "gacthu_message_bytes",
                "Size of a message in bytes, line ends as CRLF.",
                &[
                    1024.0,
                    4096.0,
                    16384.0,
                    65536.0,
                    262144.0,
                    1048576.0,
                    4194304.0,
                    10485760.0,
                    31457280.0,
                    52428800.0,
                    73400320.0,
                    104857600.0,
                ],
            ),
            forwards: counters(
                &registry,
                "gacthu_forwards_total",
                "Messages that a machine sent on, by way (out of one of our mailboxes, in to one), by the public provider that forwards (none: not told, or going out), by verdict and by what was applied.",
                &["way", "provider", "verdict", "applied"],
            ),
            notices: counters(
                &registry,
                "gacthu_forward_notices_total",
                "Draft letters about forwards that were stopped, by result: written, told (the mailbox got one today), limit (as many as a day may have), dropped (too many at once), failed.",
                &["result"],
            ),
            unanswered: counter(
                &registry,
                "gacthu_answers_lost_total",
                "Final answers that Postfix did not take because the connection was gone.",
            ),
            event_errors: counter(
                &registry,
                "gacthu_event_write_errors_total",
                "Decision events that could not be written to the event log, or a log that could not be opened anew.",
            ),
            journal_dropped: counter(
                &registry,
                "gacthu_journal_dropped_total",
                "Decisions that could not be appended to the decision log, because it was at its limit or its disk took nothing.",
            ),
            journal: journal::Counts {
                moved: counter(
                    &registry,
                    "gacthu_journal_records_total",
                    "Records of the decision log that the journal's store took.",
                ),
                failures: counter(
                    &registry,
                    "gacthu_journal_store_failures_total",
                    "Times that the journal's store did not take records; they wait in the decision log.",
                ),
                set_aside: counter(
                    &registry,
                    "gacthu_journal_set_aside_total",
                    "Records that the journal's store will never take; they stand in refused.jsonl.",
                ),
                damaged: counter(
                    &registry,
                    "gacthu_journal_damaged_bytes_total",
                    "Bytes of the decision log that were damaged on the disk.",
                ),
            },
            journal_lag: float_gauge(
                &registry,
                "gacthu_journal_lag_seconds",
                "For how long the oldest record has waited for a store that is away or slow.",
            ),
            journal_backlog: gauge(
                &registry,
                "gacthu_journal_backlog_bytes",
                "Bytes of the decision log that the store has not taken.",
            ),
            connections: gauge(
                &registry,
                "gacthu_connections",
                "Milter connections open now.",
            ),
            connections_total: counters(
                &registry,
                "gacthu_connections_total",
                "Milter connections by result: accepted, refused (limit), protocol_error, timeout.",
                &["result"],
            ),
            spool_bytes: gauge(
                &registry,
                "gacthu_spool_bytes",
                "Bytes of message content in the spool now.",
            ),
            heavy_waiting: gauge(
                &registry,
                "gacthu_heavy_waiting",
                "Large messages that wait for their turn now.",
            ),
            opening_waiting: gauge(
                &registry,
                "gacthu_opening_waiting",
                "Messages whose attachments turned out to be much work and wait for their turn now.",
            ),
            reloads: counters(
                &registry,
                "gacthu_policy_loads_total",
                "Loads of the policy, by result: loaded, refused.",
                &["result"],
            ),
            policy_loaded: gauge(
                &registry,
                "gacthu_policy_loaded_timestamp_seconds",
                "When the running policy was loaded, in Unix time.",
            ),
            policy_info: gauges(
                &registry,
                "gacthu_policy_info",
                "The running policies; always 1.",
                &["policy", "mode", "hash"],
            ),
            registry,
        };
        gauges(
            &metrics.registry,
            "gacthu_build_info",
            "The running program; always 1.",
            &["version"],
        )
        .with_label_values(&[env!("CARGO_PKG_VERSION")])
        .set(1);
        // A series that is absent cannot be told from one that was never scraped: start at zero.
        for result in ["accepted", "refused", "protocol_error", "timeout"] {
            metrics.connections_total.with_label_values(&[result]);
        }
        for result in ["loaded", "refused"] {
            metrics.reloads.with_label_values(&[result]);
        }
        metrics
    }

    /// Notes that a message was judged now.
    pub fn message_judged(&self) {
        self.last_message.store(unix_now(), Ordering::Relaxed);
    }

    /// Adds the time that a message spent in `stage` (one of [`stage`]).
    pub fn stage(&self, stage: &str, time: Duration) {
        self.stages
            .with_label_values(&[stage])
            .observe(time.as_secs_f64());
    }

    /// All metrics in Prometheus's text format.
    pub fn render(&self) -> String {
        let last = self.last_message.load(Ordering::Relaxed);
        self.since_last_message.set(if last == 0 {
            -1
        } else {
            unix_now().saturating_sub(last) as i64
        });
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            tracing::error!(%error, "Metrics could not be written.");
        }
        String::from_utf8(out).unwrap_or_default()
    }
}

fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

// The `expect`s below hold for any input: names and labels are the literals above, and the test
// `every_metric_is_well_formed` makes them all.

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry
        .register(Box::new(collector.clone()))
        .expect("metric names are literals and each stands once");
    collector
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register(
        registry,
        IntCounter::new(name, help).expect("the name is a well-formed literal"),
    )
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(
        registry,
        IntCounterVec::new(Opts::new(name, help), labels)
            .expect("name and labels are well-formed literals"),
    )
}

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register(
        registry,
        IntGauge::new(name, help).expect("the name is a well-formed literal"),
    )
}

fn float_gauge(registry: &Registry, name: &str, help: &str) -> Gauge {
    register(
        registry,
        Gauge::new(name, help).expect("the name is a well-formed literal"),
    )
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    register(
        registry,
        IntGaugeVec::new(Opts::new(name, help), labels)
            .expect("name and labels are well-formed literals"),
    )
}

fn histogram(registry: &Registry, name: &str, help: &str, buckets: &[f64]) -> Histogram {
    register(
        registry,
        Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))
            .expect("name and buckets are well-formed literals"),
    )
}

fn histograms(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
    buckets: &[f64],
) -> HistogramVec {
    register(
        registry,
        HistogramVec::new(
            HistogramOpts::new(name, help).buckets(buckets.to_vec()),
            labels,
        )
        .expect("name, labels and buckets are well-formed literals"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_well_formed() {
        let metrics = Metrics::new();
        metrics
            .messages
            .with_label_values(&["reject", "accept", "inbound"])
            .inc();
        metrics.stage(stage::SCAN, Duration::from_micros(40));
        let text = metrics.render();
        assert!(text.contains(
            "gacthu_messages_total{applied=\"accept\",direction=\"inbound\",verdict=\"reject\"} 1"
        ));
        assert!(text.contains("gacthu_stage_seconds_bucket{stage=\"scan\",le=\"0.0001\"} 1"));
        assert!(text.contains("gacthu_last_message_age_seconds -1"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.starts_with("gacthu_"), "{line}");
        }
    }

    #[test]
    fn the_age_of_the_last_message_starts_at_zero() {
        let metrics = Metrics::new();
        metrics.message_judged();
        assert!(
            metrics
                .render()
                .contains("gacthu_last_message_age_seconds 0")
        );
    }
}
