//! `notices`: draft letters about forwards that were stopped.

use std::sync::Arc;

use crate::{
    notices::{Settings, Template},
    yaml::{
        reader::Reader,
        tree::{At, Node},
    },
};

/// Bytes of a text.
const LONGEST: u64 = 64 << 10;

impl Reader {
    pub(super) fn notices(&mut self, node: &Node) -> Option<Settings> {
        let known = ["directory", "template", "at_most"];
        self.map(node, "`notices`", &known, &["folder", "path"])?;
        let Some(directory) = node.child("directory") else {
            self.error(
                node.at,
                "`notices` does not say where the drafts are written",
                "write `notices: { directory: /var/lib/gacthu/notices }`",
            );
            return None;
        };
        let directory = self.path(directory, "directory");
        let at_most = match node.child("at_most") {
            Some(node) => self.count(node, "at_most", 1..=10_000),
            None => Some(Settings::AT_MOST),
        };
        let template = match node.child("template") {
            Some(node) => self.template(node),
            None => Template::shipped().ok(),
        };
        Some(Settings {
            directory: directory?,
            at_most: at_most?,
            template: Arc::new(template?),
        })
    }

    /// The text, with every mistake at its place in its own file.
    fn template(&mut self, node: &Node) -> Option<Template> {
        let path = self.path(node, "template")?;
        let file = self.file(&path, LONGEST, Some(node.at))?;
        let text = Arc::clone(&self.sources.files.get(file as usize)?.text);
        match Template::parse(&text) {
            Ok(template) => Some(template),
            Err(mistakes) => {
                for mistake in mistakes {
                    let at = At {
                        file,
                        line: mistake.line,
                        column: mistake.column,
                        ..At::file(file)
                    };
                    self.error(at, mistake.message, mistake.help);
                }
                None
            }
        }
    }
}
