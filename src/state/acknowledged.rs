//! The file of acknowledged rules: `POLICY RULE ORIGIN`, one a line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{replace, set_aside};
use crate::policy::{Acknowledged, Generation, NewRule};

/// First line of the file.
const HEAD: &str = "gacthu-acknowledged 1";

/// Where a site's acknowledged rules are kept.
#[derive(Clone, Debug)]
pub struct AcknowledgedFile {
    path: PathBuf,
}

impl AcknowledgedFile {
    /// In this state folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join("acknowledged"),
        }
    }

    /// What is acknowledged; nothing where there is no such file yet. A damaged one is set aside:
    /// the rules that run now then count as known again.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(&self) -> io::Result<Acknowledged> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Acknowledged::default());
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
            Err(error) => return Err(error),
        };
        Ok(read(&text).unwrap_or_else(|| {
            set_aside(&self.path, "it holds something else");
            Acknowledged::default()
        }))
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&self, acknowledged: &Acknowledged) -> io::Result<()> {
        let mut text = format!("{HEAD}\n");
        for (policy, rules) in acknowledged.policies() {
            text.push_str(&format!("{policy}\n"));
            for (rule, origin) in rules {
                text.push_str(&format!("{policy} {rule} {origin}\n"));
            }
        }
        replace(&self.path, text.as_bytes())
    }

    /// Holds back what is new in a generation, and writes down what needs no acknowledgement.
    /// Called for every load, before the generation runs.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub fn apply(&self, generation: &mut Generation) -> io::Result<()> {
        let mut acknowledged = self.read()?;
        generation.hold_back(&acknowledged);
        if acknowledged.settle(generation) {
            self.write(&acknowledged)?;
        }
        Ok(())
    }
}

fn read(text: &str) -> Option<Acknowledged> {
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) || !text.ends_with('\n') {
        return None;
    }
    let mut acknowledged = Acknowledged::default();
    for line in lines {
        let mut fields = line.splitn(3, ' ');
        let policy = fields.next().filter(|policy| !policy.is_empty())?;
        match fields.next() {
            None => acknowledged.add_policy(policy),
            Some(rule) => acknowledged.add(NewRule {
                policy: policy.to_owned(),
                rule: rule.to_owned(),
                origin: fields.next()?.to_owned(),
            }),
        }
    }
    Some(acknowledged)
}
