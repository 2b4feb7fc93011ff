//! `attachment: {…}`: tree → [`FileTest`].

use super::{
    file::{FileTest, KindTest, NotOpenedTest, Signed, TraitTest, Why},
    meant::several,
    reader::Reader,
    report::{nearest, suggest},
    value::{Compare, Glob},
    yaml::{Node, Value, is_change},
};
use crate::{
    facts::{By, Class, FileRole, Group, KINDS, Place, TRAITS, authority},
    questions::Field,
};

const CLASSES: &[(&str, KindTest)] = &[
    ("executable", KindTest::Executable),
    ("script", KindTest::Class(Class::Script)),
    ("archive", KindTest::Class(Class::Archive)),
    ("disk_image", KindTest::Class(Class::DiskImage)),
    ("document", KindTest::Class(Class::Document)),
    ("image", KindTest::Class(Class::Image)),
    ("media", KindTest::Class(Class::Media)),
    ("message", KindTest::Class(Class::Message)),
    ("text", KindTest::Class(Class::Text)),
    ("other", KindTest::Class(Class::Other)),
];

/// What `signed:` takes.
const SIGNED: &[(&str, Signed)] = &[
    ("true", Signed::Any(true)),
    ("false", Signed::Any(false)),
    ("valid", Signed::Valid),
    ("part", Signed::Part),
    ("broken", Signed::Broken),
    ("unchecked", Signed::Unchecked),
];

const ATTACHMENT: &[&str] = &[
    "kind",
    "by",
    "name",
    "extension",
    "type",
    "size",
    "at",
    "role",
    "inline",
    "encrypted",
    "not_opened",
    "macros",
    "embedded",
    "active",
    "contradiction",
    "polyglot",
    "hidden",
    "path",
    "volume",
    "self_extracting",
    "ambiguous",
    "signed",
    "signer_ca",
];

/// Whether this is a word that `kind:` takes.
pub(super) fn is_kind(text: &str) -> bool {
    CLASSES.iter().any(|(word, _)| *word == text) || KINDS.iter().any(|kind| kind.id == text)
}

impl Reader {
    pub(super) fn file_test(&mut self, node: &Node) -> Option<FileTest> {
        let entries = self.map(
            node,
            "`attachment`",
            ATTACHMENT,
            &["text", "sha256", "depth"],
        )?;
        let before = self.problems.errors();
        let mut test = FileTest::default();
        for entry in entries {
            let (key, node) = (entry.key.as_str(), &entry.node);
            match key {
                "kind" => test.kinds = self.kinds(node),
                "by" => {
                    test.by = self.word(node, key, &[("content", By::Content), ("name", By::Name)])
                }
                "name" => self.names_of_file(node, &mut test),
                "type" => test.types = self.globs(node, key),
                "extension" => test.extensions = self.extensions(node),
                "size" => test.size = self.compare(node, key, Compare::size),
                "at" => {
                    let words = [
                        ("top", Place::Top),
                        ("message", Place::Message),
                        ("archive", Place::Archive),
                        ("document", Place::Document),
                    ];
                    test.places = self.words(node, key, &words);
                }
                "role" => {
                    let words = [
                        ("attachment", FileRole::Attachment),
                        ("inline", FileRole::Inline),
                        ("text", FileRole::Text),
                    ];
                    test.roles.extend(self.words(node, key, &words));
                }
                "inline" => {
                    let inline = self.boolean(node, key);
                    test.roles.extend(inline.map(|inline| match inline {
                        true => FileRole::Inline,
                        false => FileRole::Attachment,
                    }));
                }
                "encrypted" => test.encrypted = self.boolean(node, key),
                "signed" => test.signed.states = self.words(node, key, SIGNED),
                "signer_ca" => test.signed.authorities = self.authorities(node),
                "not_opened" => test.not_opened = self.not_opened(node),
                key => {
                    let group = Group::ALL.into_iter().find(|group| group.as_str() == key);
                    test.traits
                        .extend(group.and_then(|group| self.trait_test(node, group)));
                }
            }
        }
        if test.by.is_some()
            && !test.kinds.is_empty()
            && !test.kinds.contains(&KindTest::Executable)
            && test.by == Some(By::Name)
        {
            self.error(
                node.at,
                "`by: name` goes with `kind: executable` only",
                "other kinds are found in the bytes; for names use `name:` or `extension:`",
            );
        }
        if node.child("role").is_some() && node.child("inline").is_some() {
            self.error(
                node.at,
                "`role` and `inline` say the same thing",
                "keep one of them",
            );
        }
        (self.problems.errors() == before).then_some(test)
    }

    /// Globs, matchers, or a list of both.
    fn names_of_file(&mut self, node: &Node, test: &mut FileTest) {
        let is_matcher = |node: &Node| matches!(node.value, Value::Map(_)) && !is_change(node);
        let items = match &node.value {
            Value::List(items) if items.iter().any(is_matcher) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for item in items {
            if is_matcher(item) {
                test.patterns
                    .extend(self.matcher(item, "name", Field::Name));
            } else {
                test.names.extend(self.globs(item, "name"));
            }
        }
    }

    fn kinds(&mut self, node: &Node) -> Vec<KindTest> {
        let mut kinds = Vec::new();
        for (text, at) in self.texts(node, "kind") {
            let class = CLASSES.iter().find(|(word, _)| *word == text);
            let kind = KINDS.iter().find(|kind| kind.id == text);
            if let Some(&(_, class)) = class {
                kinds.push(class);
            } else if let Some(kind) = kind {
                kinds.push(KindTest::Id(kind.id));
            } else {
                let known = CLASSES.iter().map(|(word, _)| *word);
                let known = known.chain(KINDS.iter().map(|kind| kind.id));
                let classes = CLASSES.iter().map(|(word, _)| *word);
                let extension = text.trim_start_matches('.');
                let help = match nearest(text, known) {
                    _ if text.contains(',') => several(text).unwrap_or_default(),
                    Some(near) => format!("did you mean `{near}`?"),
                    // The kinds are many: the classes lead on.
                    None if (2..=5).contains(&extension.len()) => format!(
                        "for the end of a name write `extension: {extension}`; classes of kinds: {}",
                        classes.collect::<Vec<_>>().join(", ")
                    ),
                    None => suggest(text, classes),
                };
                self.error(at, format!("there is no kind of file `{text}`"), help);
            }
        }
        kinds
    }

    fn globs(&mut self, node: &Node, what: &str) -> Vec<Glob> {
        let mut globs = Vec::new();
        for (text, at) in self.texts(node, what) {
            if let Some(plain) = text.strip_prefix(['“', '”', '‘', '’']) {
                self.error(
                    at,
                    format!("the pattern `{text}` begins with a typographic quote"),
                    format!(
                        "write plain quotes: `\"{}\"`",
                        plain.trim_end_matches(['“', '”', '‘', '’'])
                    ),
                );
                continue;
            }
            match Glob::new(text) {
                Ok(glob) => globs.push(glob),
                Err(wrong) => self.wrong(at, wrong),
            }
        }
        globs
    }

    fn extensions(&mut self, node: &Node) -> Vec<String> {
        let mut extensions = Vec::new();
        for (text, at) in self.texts(node, "extension") {
            let plain = text.strip_prefix('.').unwrap_or(text);
            if plain.is_empty() || plain.contains(['*', '?', '/', ' ', '.']) {
                let brackets = several(text);
                self.error(
                    at,
                    format!("`{text}` is not a file name's extension"),
                    brackets.as_deref().unwrap_or("write it without dots and stars, like `exe`; for patterns use `name: \"*.exe\"`"),
                );
            } else {
                extensions.push(plain.to_lowercase());
            }
        }
        extensions
    }

    /// `macros: true`, `macros: false`, or which: `macros: [macros-xlm]`.
    fn trait_test(&mut self, node: &Node, group: Group) -> Option<TraitTest> {
        let (mut wanted, mut ids) = (true, Vec::new());
        if is_boolean(node) {
            wanted = self.boolean(node, group.as_str())?;
        } else {
            let of_group = TRAITS.iter().filter(|found| found.group == group);
            let words: Vec<_> = of_group.map(|found| (found.id, found.id)).collect();
            ids = self.words(node, group.as_str(), &words);
        }
        Some(TraitTest { group, wanted, ids })
    }

    /// Ids of `lists/ca.txt`, or `known` for any of them.
    fn authorities(&mut self, node: &Node) -> Vec<&'static str> {
        let mut ids: Vec<&'static str> = authority::ids().collect();
        ids.dedup();
        if node.text() == Some("known") {
            return ids;
        }
        let words: Vec<_> = ids.into_iter().map(|id| (id, id)).collect();
        self.words(node, "signer_ca", &words)
    }

    fn not_opened(&mut self, node: &Node) -> Option<NotOpenedTest> {
        if is_boolean(node) {
            return self.boolean(node, "not_opened").map(NotOpenedTest::Any);
        }
        let words = [
            ("unsupported", Why::Unsupported),
            ("encrypted", Why::Encrypted),
            ("damaged", Why::Damaged),
            ("budget", Why::Budget),
        ];
        Some(NotOpenedTest::Because(self.words(
            node,
            "not_opened",
            &words,
        )))
    }
}

fn is_boolean(node: &Node) -> bool {
    matches!(
        node.text(),
        Some("true" | "false" | "yes" | "no" | "on" | "off" | "True" | "False")
    )
}
