//! OpenDocument (ODF 1.3, part 2: packages): a ZIP archive with a manifest.
//!
//! As in OOXML, parts that are XML through and through are no files of the message.

use super::{
    part::{Leads, Part, extension, leads},
    signature,
    xml::{Handler, Scanner, Tag},
};
use crate::{
    content::{
        archive::zip::{self, Archive, Review, Treat},
        opener::Inside,
        source::Source,
    },
    facts::{Class, Kind, NotOpened},
};

/// Opens a document.
pub(in crate::content) fn odf(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut parts = Parts::default();
    if let Ok(archive) = Archive::of(source, inside.spending()) {
        let manifest = archive.read(MANIFEST, MANIFEST_SIZE, inside.spending())?;
        let manifest = manifest.unwrap_or_default();
        Scanner::default().feed(&manifest, &mut parts.manifest);
    }
    if let Some(cipher) = parts.manifest.cipher {
        inside.encrypted(cipher);
    }
    let read = zip::document(inside, source, &mut parts);
    for id in parts.manifest.traits.iter().chain(&parts.traits) {
        inside.sign(id);
    }
    if inside.wants_signatures()
        && let Ok(archive) = Archive::of(source, inside.spending())
    {
        let found = signature::xml::odf(&archive, inside.spending())?;
        inside.signed(&found, None);
    }
    if parts.manifest.cipher.is_some() {
        return Err(NotOpened::Encrypted);
    }
    read
}

/// What the manifest says.
#[derive(Default)]
struct Manifest {
    /// The path of the entry that is being read.
    path: Option<String>,
    /// Paths of encrypted members, with their ciphers.
    encrypted: Vec<(String, &'static str)>,
    /// Whether a member is encrypted, and how as far as it is said.
    cipher: Option<Option<&'static str>>,
    traits: Vec<&'static str>,
}

impl Handler for Manifest {
    fn tag(&mut self, tag: &Tag<'_>) {
        if tag.closes {
            return;
        }
        match tag.name() {
            b"file-entry" => {
                let path = tag.attribute("full-path").unwrap_or_default();
                let kind = tag.attribute("media-type").unwrap_or_default();
                let object = path.trim_start_matches("./").starts_with("Object ");
                if kind.contains("oleobject") {
                    self.traits.push("embedded-object");
                } else if object && !path.trim_end_matches('/').contains('/') {
                    let own = kind.starts_with("application/vnd.oasis.opendocument");
                    self.traits.push(if own || kind.is_empty() {
                        "embedded-object"
                    } else {
                        "embedded-file"
                    });
                }
                self.path = Some(path);
            }
            b"encryption-data" => {
                self.cipher.get_or_insert(None);
            }
            b"algorithm" => {
                let name = tag.attribute("algorithm-name").unwrap_or_default();
                let name = name.to_ascii_lowercase();
                let cipher = CIPHERS.iter().find(|(sign, _)| name.contains(sign));
                let cipher = cipher.map(|(_, cipher)| *cipher);
                if let Some(path) = self.path.take() {
                    self.encrypted.push((path, cipher.unwrap_or("unknown")));
                }
                let known = self.cipher.get_or_insert(None);
                *known = known.or(cipher);
            }
            _ => {}
        }
    }

    fn text(&mut self, _: &[u8]) {}
}

/// The parts, as they come.
#[derive(Default)]
struct Parts {
    manifest: Manifest,
    traits: Vec<&'static str>,
    part: Part,
    path: String,
    extension: String,
}

impl Review for Parts {
    fn member(&mut self, path: &str) -> Treat {
        self.part = Part::default();
        self.path = path.to_owned();
        self.extension = extension(path);
        let name = path.rsplit('/').next().unwrap_or_default();
        // Every document with a Basic library has empty lists of modules.
        let list = matches!(
            name,
            "script-lb.xml" | "script-lc.xml" | "dialog-lb.xml" | "dialog-lc.xml"
        );
        if path.starts_with("Scripts/") || path.starts_with("Basic/") && !list {
            self.traits.push("macros-basic");
        }
        // The content of an object that is no OpenDocument file itself.
        if path.starts_with("Object ") && !path.contains('/') && self.traits.is_empty() {
            self.traits.push("embedded-object");
        }
        let encrypted = self
            .manifest
            .encrypted
            .iter()
            .find(|(known, _)| known == path);
        if let Some((_, cipher)) = encrypted {
            return Treat::Encrypted(cipher);
        }
        let shown = PICTURES.iter().any(|folder| path.starts_with(folder));
        let looked = ["xml", "rdf", "bin", "ttf", "otf"].contains(&&*self.extension)
            || matches!(path, "mimetype" | "layout-cache")
            || shown;
        if looked { Treat::Look } else { Treat::HandOn }
    }

    fn content(&mut self, bytes: &[u8]) {
        let mut links = Links {
            traits: &mut self.traits,
        };
        self.part.feed(bytes, Some(&mut links));
    }

    fn is_harmless(&mut self, kinds: &[&'static Kind], size: u64) -> bool {
        let text = |kind: &&Kind| kind.class == Class::Text || kind.id == "xml";
        match &*self.extension {
            _ if size == 0 => true,
            "xml" | "rdf" => self.part.is_xml() && kinds.iter().all(text),
            _ if self.path == "mimetype" => kinds.iter().all(text),
            _ if PICTURES.iter().any(|folder| self.path.starts_with(folder)) => {
                kinds.iter().all(|kind| kind.class == Class::Image)
            }
            _ => kinds.iter().all(|kind| kind.id == "font"),
        }
    }
}

/// Links of the content to what is loaded from elsewhere.
struct Links<'l> {
    traits: &'l mut Vec<&'static str>,
}

impl Links<'_> {
    fn add(&mut self, id: &'static str) {
        if !self.traits.contains(&id) {
            self.traits.push(id);
        }
    }
}

impl Handler for Links<'_> {
    fn tag(&mut self, tag: &Tag<'_>) {
        if tag.closes {
            return;
        }
        let leads = |name: &str| leads(&tag.attribute(name).unwrap_or_default());
        match tag.name() {
            b"dde-source" | b"dde-connection-decl" | b"dde-link" => self.add("external-link"),
            b"object" | b"object-ole" | b"plugin" | b"floating-frame" | b"section-source"
            | b"table-source" | b"cell-range-source" | b"applet" | b"template"
                if leads("href") != Leads::Here =>
            {
                self.add("external-link");
            }
            b"image" | b"fill-image" | b"background-image" | b"font-face-uri"
                if leads("href") == Leads::Share =>
            {
                self.add("external-link");
            }
            b"event-listener" => {
                let target = tag.attribute("href").unwrap_or_default();
                if target
                    .to_ascii_lowercase()
                    .starts_with("vnd.sun.star.script:")
                {
                    self.add("macros-basic");
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, _: &[u8]) {}
}

/// Folders of pictures that stand for the document, or for what it holds.
const PICTURES: &[&str] = &["ObjectReplacements/", "Thumbnails/"];
const MANIFEST: &str = "META-INF/manifest.xml";
const MANIFEST_SIZE: usize = 4 << 20;
/// Signs in names of algorithms, and the ciphers' names in facts.
const CIPHERS: &[(&str, &str)] = &[
    ("aes128", "aes-128"),
    ("aes192", "aes-192"),
    ("aes256", "aes-256"),
    ("blowfish", "blowfish"),
];
