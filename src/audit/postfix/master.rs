//! `master.cf` (master(5)): services with their own `-o name=value`.

use std::{path::Path, sync::Arc};

use super::config::{braced, logical_lines};
use crate::audit::finding::At;

/// One service.
#[derive(Debug)]
pub(super) struct Service {
    /// `smtp`, `submission`, `127.0.0.1:10025` …
    pub(super) name: String,
    /// `inet`, `unix`, `pass`, `fifo`.
    pub(super) kind: String,
    /// `smtpd`, `pickup`, `pipe` …
    pub(super) command: String,
    /// Its arguments, without `-o`.
    pub(super) arguments: Vec<String>,
    /// `-o name=value`, as written.
    pub(super) overrides: Vec<(String, String)>,
    pub(super) at: At,
}

impl Service {
    /// Whether only this machine can reach it: `127.0.0.1:10025`, `[::1]:10025`, `localhost:10025`.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.name.rsplit_once(':').map_or("", |(host, _)| host);
        self.kind == "inet"
            && (host.starts_with("127.") || matches!(host, "localhost" | "[::1]" | "::1"))
    }
}

/// All services, in their order.
pub(super) fn services(file: &Path, text: &str) -> Vec<Service> {
    let file: Arc<Path> = Arc::from(file);
    let mut services = Vec::new();
    for (line, text) in logical_lines(text) {
        let mut words = arguments(&text).into_iter();
        let (Some(name), Some(kind)) = (words.next(), words.next()) else {
            continue;
        };
        // private, unpriv, chroot, wakeup, maxproc
        let Some(command) = words.nth(5) else {
            continue;
        };
        let mut service = Service {
            name,
            kind,
            command,
            arguments: Vec::new(),
            overrides: Vec::new(),
            at: At::new(&file, line),
        };
        while let Some(word) = words.next() {
            let setting = match word.strip_prefix("-o") {
                Some("") => words.next(),
                Some(attached) => Some(attached.to_owned()),
                None => None,
            };
            let Some(setting) = setting else {
                service.arguments.push(word);
                continue;
            };
            if let Some((name, value)) = setting.split_once('=') {
                service
                    .overrides
                    .push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        services.push(service);
    }
    services
}

/// Words parted by white space; `{ … }` is one word, without its braces.
fn arguments(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match braced(rest) {
            Some(found) => found,
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read() {
        let text = "smtp inet n - y - - smtpd\n  -o smtpd_milters=\n# c\n  -o { x = a b } -oy=1 -v\n\n127.0.0.1:10025 inet n - n - - smtpd\nbroken line\n";
        let services = services(Path::new("/etc/postfix/master.cf"), text);
        assert_eq!(services.len(), 2);
        let pairs: Vec<_> = services[0]
            .overrides
            .iter()
            .map(|(a, b)| (&**a, &**b))
            .collect();
        assert_eq!(pairs, [("smtpd_milters", ""), ("x", "a b"), ("y", "1")]);
        assert_eq!(services[0].arguments, ["-v"]);
        assert_eq!((services[0].at.line, services[1].at.line), (1, 6));
        assert!(!services[0].is_loopback() && services[1].is_loopback());
    }
}
