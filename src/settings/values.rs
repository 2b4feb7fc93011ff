//! The small values of the settings: numbers, times, sizes, paths, each within its bounds.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use crate::yaml::{
    reader::Reader,
    tree::Node,
    value::{Size, duration, human_duration, human_size},
};

/// A unix socket's path may have this many bytes (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

impl Reader {
    pub(super) fn count(
        &mut self,
        node: &Node,
        what: &str,
        bounds: RangeInclusive<usize>,
    ) -> Option<usize> {
        let text = self.text(node, what)?;
        let Ok(number) = text.parse::<usize>() else {
            self.error(
                node.at,
                format!("`{text}` is not a whole number"),
                format!("write for example `{what}: {}`", bounds.start().max(&100)),
            );
            return None;
        };
        self.within(node, what, number, bounds, |number| number.to_string())
    }

    pub(super) fn time(
        &mut self,
        node: &Node,
        what: &str,
        bounds: RangeInclusive<u64>,
    ) -> Option<Duration> {
        let text = self.text(node, what)?;
        match duration(text) {
            Err(wrong) => {
                self.wrong(node.at, wrong);
                None
            }
            Ok(time) => {
                let bounds =
                    Duration::from_secs(*bounds.start())..=Duration::from_secs(*bounds.end());
                self.within(node, what, time, bounds, |time| human_duration(*time))
            }
        }
    }

    pub(super) fn size(
        &mut self,
        node: &Node,
        what: &str,
        bounds: RangeInclusive<u64>,
    ) -> Option<u64> {
        let text = self.text(node, what)?.trim();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.error(
                node.at,
                format!("the size `{text}` has no unit"),
                format!(
                    "write `{text} B` for bytes, or KiB, MiB, GiB (of 1024), KB, MB, GB (of 1000)"
                ),
            );
            return None;
        }
        match Size::parse(text, text) {
            Err(wrong) => {
                self.wrong(node.at, wrong);
                None
            }
            Ok(size) => self.within(node, what, size.bytes, bounds, |size| human_size(*size)),
        }
    }

    fn within<T: PartialOrd>(
        &mut self,
        node: &Node,
        what: &str,
        value: T,
        bounds: RangeInclusive<T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        if bounds.contains(&value) {
            return Some(value);
        }
        let (least, most) = (show(bounds.start()), show(bounds.end()));
        let far = if value < *bounds.start() {
            "small"
        } else {
            "large"
        };
        self.error(
            node.at,
            format!(
                "`{what}: {}` is too {far}",
                node.text().unwrap_or_default().trim()
            ),
            format!("write a value from {least} to {most}"),
        );
        None
    }

    /// A path, counted from the folder of the file in which it stands.
    pub(super) fn path(&mut self, node: &Node, what: &str) -> Option<PathBuf> {
        let text = self.text(node, what)?;
        if text.starts_with("~/") {
            self.error(
                node.at,
                format!("`{text}`: `~` is not understood"),
                "write the whole path",
            );
            return None;
        }
        Some(self.beside(node.at, text))
    }

    /// The path of a socket: absolute, and short enough for the system.
    pub(super) fn socket_path(&mut self, node: &Node, what: &str) -> Option<PathBuf> {
        let text = self.text(node, what)?;
        if !text.starts_with('/') {
            let (_, path) = text.split_once(':').unwrap_or(("", text));
            let help = match path.starts_with('/') {
                true => format!("write it without what stands before: `{path}`"),
                false => "write the whole path, from `/` on".to_owned(),
            };
            self.error(
                node.at,
                format!("`{text}` is no absolute path of a socket"),
                help,
            );
            return None;
        }
        if text.len() > MAX_SOCKET_PATH {
            self.error(
                node.at,
                format!("the path of the socket has {} bytes", text.len()),
                format!("the system allows {MAX_SOCKET_PATH}: use a shorter folder"),
            );
            return None;
        }
        Some(PathBuf::from(text))
    }
}
