//! What the tests share: policies from text, facts by hand.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use crate::{
    facts::Facts,
    facts::{
        By, ExecutableSign, Fact, FileFacts, FileRole, Files, Kind, MessageFacts, NotOpened, Place,
    },
    message::Address,
    policy::{Generation, Report, load_as_of},
};

pub(super) const MIB: u64 = 1 << 20;

/// A folder with files; the first is the policy.
pub(super) struct Folder {
    _dir: TempDir,
    /// Where the files are; the folder above holds nothing else.
    pub(super) root: PathBuf,
    pub(super) policy: PathBuf,
}

impl Folder {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("etc");
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self {
            policy: root.join(files[0].0),
            root,
            _dir: dir,
        }
    }

    pub(super) fn load(&self) -> Result<Generation, Report> {
        load_as_of(std::slice::from_ref(&self.policy), today())
    }
}

pub(super) fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 11, 22)
}

/// A policy of one file that must load.
pub(super) fn policy(text: &str) -> Generation {
    let folder = Folder::new(&[("policy.yaml", text)]);
    folder.load().unwrap_or_else(|report| panic!("{report}"))
}

/// A policy with these rules (YAML, indented by two), enforced.
pub(super) fn rules(rules: &str) -> Generation {
    policy(&format!(
        "policy: 1\nname: test\norganisation:\n  regulation: Quyết định 1\n  domains: [ours.vn]\n  contact: help@ours.vn\nmode: enforce\nrules:\n{rules}"
    ))
}

/// [`rules`] beside this file of marks.
pub(super) fn rules_with(rules: &str, marks: &str) -> Generation {
    let text = format!(
        "policy: 1\nname: test\norganisation:\n  regulation: Quyết định 1\n  domains: [ours.vn]\nmode: enforce\nmarks: marks/vn.yaml\nrules:\n{rules}"
    );
    let folder = Folder::new(&[("policy.yaml", &text), ("marks/vn.yaml", marks)]);
    folder.load().unwrap_or_else(|report| panic!("{report}"))
}

/// One rule with this `when` (flow style) that rejects.
pub(super) fn when(condition: &str) -> Generation {
    rules(&format!(
        "  - id: r\n    title: T\n    when: {condition}\n    then: reject\n"
    ))
}

pub(super) fn address(text: &str) -> Address {
    Address::parse_path(text.as_bytes())
}

/// Facts at the end of an inbound message without files.
pub(super) fn facts() -> Facts {
    Facts {
        sender: Fact::Known(address("<a@example.com>")),
        recipients: vec![address("<b@ours.vn>")],
        message: Fact::Known(MessageFacts::default()),
        files: Fact::Known(Files::default()),
        ..Facts::default()
    }
}

/// The same with these files; the sums are made as the contract says.
pub(super) fn with(files: Vec<FileFacts>) -> Facts {
    let top = |role| {
        let files = files.iter();
        files.filter(move |file| file.at == Place::Top && file.role == role)
    };
    let sums = Files {
        count: top(FileRole::Attachment).count() as u64,
        total_size: top(FileRole::Attachment).map(|file| file.size).sum(),
        largest_size: top(FileRole::Attachment)
            .map(|file| file.size)
            .max()
            .unwrap_or(0),
        inline_count: top(FileRole::Inline).count() as u64,
        inline_total_size: top(FileRole::Inline).map(|file| file.size).sum(),
        list: Vec::new(),
    };
    Facts {
        files: Fact::Known(Files {
            list: files,
            ..sums
        }),
        ..facts()
    }
}

/// A plain attachment at the top.
pub(super) fn file(name: &str, size: u64) -> FileFacts {
    FileFacts {
        part: "2".to_owned(),
        parent: None,
        role: FileRole::Attachment,
        at: Place::Top,
        name: Some(name.to_owned()),
        names: vec![name.to_owned()],
        declared_type: "application/octet-stream".to_owned(),
        kinds: Vec::new(),
        size,
        sha256: String::new(),
        executable: Vec::new(),
        encrypted: Fact::Known(false),
        cipher: None,
        traits: Vec::new(),
        not_opened: None,
        signatures: Vec::new(),
        matches: Vec::new(),
    }
}

pub(super) fn program(name: &str, by: By) -> FileFacts {
    FileFacts {
        kinds: match by {
            By::Content => vec![kind("pe")],
            By::Name => Vec::new(),
        },
        executable: vec![ExecutableSign {
            by,
            what: "pe".to_owned(),
        }],
        ..file(name, 1000)
    }
}

pub(super) fn unopened_zip(name: &str) -> FileFacts {
    FileFacts {
        kinds: vec![kind("zip")],
        not_opened: Some(NotOpened::Unsupported),
        encrypted: Fact::Unknown(crate::facts::Reason::NotOpened(NotOpened::Unsupported)),
        ..file(name, 1000)
    }
}

pub(super) fn kind(id: &str) -> &'static Kind {
    Kind::by_id(id).unwrap()
}

/// Seconds of processor time that this thread has used: other work on the machine is not measured.
pub(super) fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = text.split_whitespace().next().unwrap();
    nanoseconds.parse::<f64>().unwrap() / 1e9
}
