//! Office Open XML (ECMA-376): a ZIP archive of parts, relationships and content types.
//!
//! Every part is unpacked and looked at. What is XML through and through, and what only the office
//! program can use (fonts, printer settings), is no file of the message; everything else is: pictures,
//! embedded files and objects, macros, and whatever is not what its place says.

use super::{
    part::{Leads, Part, extension, leads},
    signature,
    xml::{Handler, Tag, decoded},
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
pub(in crate::content) fn ooxml(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut parts = Parts::default();
    let read = zip::document(inside, source, &mut parts);
    let Findings { traits, main } = parts.findings;
    for id in &traits {
        inside.sign(id);
    }
    if let (Some(main), true) = (main, inside.is_kind("ooxml")) {
        inside.mend_kind("ooxml", main);
    }
    if traits.contains(&"macros-vba") || traits.contains(&"macros-xlm") {
        for (plain, macros) in [("docx", "docm"), ("xlsx", "xlsm"), ("pptx", "pptm")] {
            inside.mend_kind(plain, macros);
        }
    }
    if inside.wants_signatures()
        && let Ok(archive) = Archive::of(source, inside.spending())
    {
        let found = signature::xml::ooxml(&archive, inside.spending())?;
        inside.signed(&found, None);
    }
    read
}

/// The parts, as they come.
#[derive(Default)]
struct Parts {
    findings: Findings,
    part: Part,
    words: Words,
    extension: String,
    /// Whether it is the picture that folders show of the document.
    thumbnail: bool,
}

#[derive(Default)]
struct Findings {
    traits: Vec<&'static str>,
    /// The kind that the content types name.
    main: Option<&'static str>,
}

/// What is read in one part.
#[derive(Default)]
struct Words {
    /// Whether it is not worth reading on: a sheet, a theme.
    over: bool,
    in_code: bool,
    /// Fields that are open, and the codes of the outermost one with those in it; a mark stands
    /// where a field begins or ends.
    fields: u32,
    codes: Vec<u8>,
}

impl Review for Parts {
    fn member(&mut self, path: &str) -> Treat {
        let path = path.replace('\\', "/").to_ascii_lowercase();
        self.part = Part::default();
        self.words = Words::default();
        self.extension = extension(&path);
        let bin = self.extension == "bin";
        if path.ends_with("vbaproject.bin") {
            self.findings.add("macros-vba");
            return Treat::HandOn;
        }
        if path.contains("macrosheets/") && !path.ends_with(".rels") {
            self.findings.add("macros-xlm");
        }
        if path.contains("/embeddings/") && !path.ends_with(".rels") {
            let what = if bin {
                "embedded-object"
            } else {
                "embedded-file"
            };
            self.findings.add(what);
            return Treat::HandOn;
        }
        if path.contains("/activex/") && bin {
            self.findings.add("embedded-object");
            return Treat::HandOn;
        }
        self.thumbnail = path.starts_with("docprops/thumbnail.");
        let looked =
            self.thumbnail || XML.contains(&&*self.extension) || OPAQUE.contains(&&*self.extension);
        if looked { Treat::Look } else { Treat::HandOn }
    }

    fn content(&mut self, bytes: &[u8]) {
        let mut reading = Reading {
            findings: &mut self.findings,
            words: &mut self.words,
        };
        let handler: Option<&mut dyn Handler> = match reading.words.over {
            true => None,
            false => Some(&mut reading),
        };
        self.part.feed(bytes, handler);
    }

    fn is_harmless(&mut self, kinds: &[&'static Kind], size: u64) -> bool {
        self.words.check(&mut self.findings);
        if size == 0 {
            return true;
        }
        if self.thumbnail {
            return kinds.iter().all(|kind| kind.class == Class::Image);
        }
        if XML.contains(&&*self.extension) {
            let xml = |kind: &&Kind| kind.class == Class::Text || kind.id == "xml";
            return self.part.is_xml() && kinds.iter().all(xml);
        }
        kinds.iter().all(|kind| kind.id == "font")
    }
}

impl Findings {
    fn add(&mut self, id: &'static str) {
        if !self.traits.contains(&id) {
            self.traits.push(id);
        }
    }
}

struct Reading<'r> {
    findings: &'r mut Findings,
    words: &'r mut Words,
}

impl Handler for Reading<'_> {
    fn tag(&mut self, tag: &Tag<'_>) {
        match tag.name() {
            b"Relationship" if !tag.closes => self.relationship(tag),
            b"Override" if !tag.closes => self.content_type(tag),
            b"instrText" | b"delInstrText" => self.words.in_code = !tag.closes && !tag.empty,
            b"fldChar" if !tag.closes => match tag.attribute("fldCharType").as_deref() {
                Some("begin") => self.words.begin(self.findings),
                Some("end") => self.words.end(self.findings),
                _ => {}
            },
            b"fldSimple" if !tag.closes => {
                if let Some(code) = tag.attribute("instr") {
                    self.words.begin(self.findings);
                    self.words.code(code.as_bytes(), self.findings);
                    self.words.end(self.findings);
                }
            }
            b"p" if tag.closes && self.words.fields == 0 => self.words.check(self.findings),
            b"ddeLink" => self.findings.add("external-link"),
            b"hlinkClick" | b"hlinkHover" | b"hlinkMouseOver" => {
                let action = tag.attribute("action").unwrap_or_default();
                if action
                    .to_ascii_lowercase()
                    .starts_with("ppaction://program")
                {
                    self.findings.add("launch-action");
                }
            }
            // Large, and nothing of interest in them.
            b"worksheet" | b"sst" | b"theme" | b"styleSheet" => self.words.over = true,
            _ => {}
        }
    }

    fn text(&mut self, text: &[u8]) {
        if self.words.in_code {
            self.words.code(text, self.findings);
        }
    }
}

impl Reading<'_> {
    /// ECMA-376 part 2, 9.3: what a part needs, inside or outside of the package.
    fn relationship(&mut self, tag: &Tag<'_>) {
        let kind = tag.attribute("Type").unwrap_or_default();
        let kind = kind
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let mode = tag.attribute("TargetMode").unwrap_or_default();
        if !mode.eq_ignore_ascii_case("external") {
            match &*kind {
                "vbaproject" => self.findings.add("macros-vba"),
                "xlmacrosheet" | "xlintlmacrosheet" => self.findings.add("macros-xlm"),
                "oleobject" | "control" | "activexcontrolbinary" => {
                    self.findings.add("embedded-object");
                }
                "package" | "afchunk" => self.findings.add("embedded-file"),
                _ => {}
            }
            return;
        }
        let leads = leads(&tag.attribute("Target").unwrap_or_default());
        let loaded = match &*kind {
            "hyperlink" => false,
            "oleobject" | "package" => true,
            // Local templates and workbooks are everyday.
            "attachedtemplate" | "frame" | "subdocument" | "afchunk" | "control" | "vbaproject"
            | "externallink" | "externallinkpath" | "xlexternallinkpath" | "mailmergesource" => {
                leads != Leads::Here
            }
            // Pictures of web pages are everyday too; those on a share make Windows log in there.
            _ => leads == Leads::Share,
        };
        if loaded {
            self.findings.add("external-link");
        }
    }

    /// ECMA-376 part 2, 10.1.2: what a part is, whatever it is called.
    fn content_type(&mut self, tag: &Tag<'_>) {
        let kind = tag
            .attribute("ContentType")
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.ends_with("vbaproject") {
            self.findings.add("macros-vba");
        }
        if kind.contains("macrosheet") {
            self.findings.add("macros-xlm");
        }
        if kind.contains(".main+xml") || kind.ends_with("binary.main") {
            let named = |signs: &[&str]| signs.iter().any(|sign| kind.contains(sign));
            if named(&["wordprocessingml", "ms-word"]) {
                self.findings.main = Some("docx");
            } else if kind.contains("sheet.binary") {
                self.findings.main = Some("xlsb");
            } else if named(&["spreadsheetml", "ms-excel"]) {
                self.findings.main = Some("xlsx");
            } else if named(&["presentationml", "ms-powerpoint"]) {
                self.findings.main = Some("pptx");
            }
        }
    }
}

impl Words {
    fn begin(&mut self, findings: &mut Findings) {
        self.fields = self.fields.saturating_add(1);
        self.code(&[FIELD], findings);
    }

    fn code(&mut self, text: &[u8], findings: &mut Findings) {
        // Fields that hold very much: what came so far is looked at, and the last one goes on.
        if self.codes.len().saturating_add(text.len()) > CODES {
            self.look(findings);
            let last = memchr::memrchr(FIELD, &self.codes).unwrap_or(0);
            self.codes.drain(..last);
            self.codes.truncate(LAST_CODE);
        }
        let room = CODES.saturating_sub(self.codes.len()).min(text.len());
        self.codes
            .extend_from_slice(text.get(..room).unwrap_or_default());
    }

    fn end(&mut self, findings: &mut Findings) {
        self.fields = self.fields.saturating_sub(1);
        if self.fields == 0 {
            self.check(findings);
        } else {
            self.code(&[FIELD], findings);
        }
    }

    /// Looks at the fields so far and forgets them.
    fn check(&mut self, findings: &mut Findings) {
        self.look(findings);
        self.codes.clear();
    }

    /// Whether a field starts a program (DDE, DDEAUTO), or loads a text from a server. Its code may
    /// be put together from many runs, and from the numbers of QUOTE fields.
    fn look(&self, findings: &mut Findings) {
        if self.codes.is_empty() {
            return;
        }
        let codes = decoded(&self.codes);
        for code in codes.split(char::from(FIELD)) {
            let mut words = code.split_whitespace();
            let Some(first) = words.next() else { continue };
            let is = |name: &str| first.eq_ignore_ascii_case(name);
            if is("DDE") || is("DDEAUTO") {
                findings.add("external-link");
            } else if is("INCLUDETEXT") || is("INCLUDE") {
                let target = words.next().unwrap_or_default().trim_matches('"');
                if leads(&target.replace("\\\\", "\\")) != Leads::Here || target.starts_with("\\\\")
                {
                    findings.add("external-link");
                }
            } else if is("QUOTE") {
                let letter = |word: &str| word.parse().ok().and_then(char::from_u32);
                let text: String = words.filter_map(letter).collect();
                if text.to_ascii_uppercase().contains("DDE") {
                    findings.add("external-link");
                }
            }
        }
    }
}

/// Extensions of parts that are XML.
const XML: &[&str] = &["xml", "rels", "vml", "psmdcp", "xsd"];
/// Extensions of parts that only the office program can use: records, fonts, settings of printers.
const OPAQUE: &[&str] = &["bin", "odttf", "fntdata", "ttf", "otf"];
/// Stands where a field begins or ends.
const FIELD: u8 = 1;
/// Bytes of field codes that are kept, and of the last one where they are more.
const CODES: usize = 64 << 10;
const LAST_CODE: usize = 1 << 10;
