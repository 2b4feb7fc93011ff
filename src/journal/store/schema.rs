//! The tables, the same text for SQLite and PostgreSQL, and how an old database becomes a new one.

/// The version that [`STEPS`] lead to.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// What stands behind the tables that PostgreSQL keeps by month.
pub(super) const BY_MONTH: &str = "{by_month}";

/// The tables that are cut by month.
pub(super) const MONTHLY: [&str; 3] = ["message", "recipient", "fired"];

/// One step a version. What was published is never changed: a new step is added.
pub(super) const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE message (
        time BIGINT NOT NULL, node TEXT NOT NULL, sequence BIGINT NOT NULL,
        reference TEXT NOT NULL, stage TEXT NOT NULL, queue_id TEXT, role TEXT, direction TEXT,
        verdict TEXT, applied TEXT, answer TEXT, answered BIGINT NOT NULL, sensitive BIGINT NOT NULL,
        size BIGINT, recipients BIGINT, microseconds BIGINT, policy_hash TEXT,
        client TEXT, sender TEXT, technical TEXT NOT NULL, addresses TEXT, content TEXT,
        PRIMARY KEY (time, node, sequence)) {by_month}",
    "CREATE TABLE recipient (
        time BIGINT NOT NULL, node TEXT NOT NULL, sequence BIGINT NOT NULL, position BIGINT NOT NULL,
        address TEXT, origin TEXT, destination TEXT, direction TEXT, policy TEXT,
        verdict TEXT, applied TEXT,
        PRIMARY KEY (time, node, sequence, position)) {by_month}",
    "CREATE TABLE fired (
        time BIGINT NOT NULL, node TEXT NOT NULL, sequence BIGINT NOT NULL, position BIGINT NOT NULL,
        rule TEXT NOT NULL, basis TEXT, action TEXT, mode TEXT, policy TEXT,
        PRIMARY KEY (time, node, sequence, position, rule)) {by_month}",
    "CREATE TABLE forgotten (month TEXT NOT NULL, class TEXT NOT NULL, time BIGINT NOT NULL,
        PRIMARY KEY (month, class))",
    "CREATE INDEX message_reference ON message (reference)",
    "CREATE INDEX message_queue_id ON message (queue_id)",
    "CREATE INDEX message_sender ON message (sender, time, node, sequence)",
    "CREATE INDEX recipient_address ON recipient (address, time, node, sequence)",
    "CREATE INDEX fired_rule ON fired (rule, time, node, sequence)",
]];
