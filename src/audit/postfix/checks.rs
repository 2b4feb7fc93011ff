//! Filters inside Postfix that send mail on: `REDIRECT`, `BCC` and `FILTER` in header_checks(5) and in
//! access(5) tables.

use super::{
    Instance, MAX_TABLES, addresses_of,
    config::words,
    table::{self, Row, Syntax},
    transports,
};
use crate::audit::{Collect, finding::Kind};

/// Tables of patterns for content.
const CHECKS: &[&str] = &[
    "body_checks",
    "header_checks",
    "milter_header_checks",
    "mime_header_checks",
    "nested_header_checks",
];

/// Lists of restrictions, among whose words are access tables.
const RESTRICTIONS: &[&str] = &[
    "smtpd_client_restrictions",
    "smtpd_data_restrictions",
    "smtpd_end_of_data_restrictions",
    "smtpd_etrn_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_recipient_restrictions",
    "smtpd_relay_restrictions",
    "smtpd_sender_restrictions",
];

/// Types of tables; a word with another type is a restriction (`reject_rbl_client=…`, `inet:host:port`).
const TYPES: &[&str] = &[
    "btree",
    "cdb",
    "cidr",
    "dbm",
    "hash",
    "inline",
    "ldap",
    "lmdb",
    "memcache",
    "mysql",
    "pcre",
    "pgsql",
    "pipemap",
    "proxy",
    "randmap",
    "regexp",
    "sdbm",
    "socketmap",
    "sqlite",
    "static",
    "tcp",
    "texthash",
    "unionmap",
];

pub(super) fn read(instance: &Instance<'_>, collect: &mut Collect) {
    let mut tables = instance.tables(CHECKS);
    let classes = instance.config.value("smtpd_restriction_classes");
    let classes = words(&classes);
    for name in RESTRICTIONS.iter().copied().chain(classes) {
        for (value, at) in instance.values(name) {
            for word in words(&value) {
                let is_table = word
                    .split_once(':')
                    .is_some_and(|(kind, _)| TYPES.contains(&kind));
                if is_table
                    && tables.len() < MAX_TABLES
                    && tables.iter().all(|(known, _)| known != word)
                {
                    tables.push((word.to_owned(), at.clone()));
                }
            }
        }
    }
    for (spec, at) in tables {
        // An access table in a database holds clients, not forwards, nine times of ten; it is named all the same.
        table::rows(&spec, &at, Syntax::Map, collect, &mut row);
    }
}

fn row(collect: &mut Collect, row: &Row<'_>) {
    let value = row.value.trim();
    let (action, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
    let rest = rest.trim();
    match action.to_ascii_uppercase().as_str() {
        "REDIRECT" => addresses_of(
            Kind::Check,
            row,
            rest,
            "REDIRECT: this mailbox gets it instead of the recipients",
            collect,
        ),
        "BCC" => addresses_of(
            Kind::Check,
            row,
            rest,
            "BCC: this mailbox gets a copy",
            collect,
        ),
        "FILTER" => transports::filter(row, rest, collect),
        _ => {}
    }
}
