//! Which part of a package is what.

use std::collections::{HashMap, HashSet};

use super::super::{
    package::{Out, Package, Relation},
    tags::{Event, Tags},
};
use crate::facts::NotOpened;

/// What a part is for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Word,
    WordStyles,
    WordHeader,
    WordFooter,
    WordNotes,
    WordComments,
    Presentation,
    Slide,
    SlideMaster,
    Workbook,
    Sheet,
    SheetStyles,
    SharedStrings,
    Diagram,
    Chart,
    CoreProperties,
    AppProperties,
    CustomProperties,
}

/// The parts that have text.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Paths in the order of the numbers in them.
    parts: Vec<(Role, String)>,
}

impl Parts {
    pub(super) fn of(package: &Package, out: &mut Out<'_, '_, '_>) -> Result<Self, NotOpened> {
        let mut types: HashMap<String, Option<Role>> = HashMap::new();
        if let Some(part) = package.xml("[Content_Types].xml", out)? {
            let mut tags = Tags::new(&part.bytes);
            while let Some((event, _)) = tags.next() {
                out.tick()?;
                let Event::Open(tag) = event else { continue };
                if tag.name == b"Override" && types.len() < TYPES {
                    let path = tag.value(b"PartName").unwrap_or_default();
                    let path = path.trim_start_matches('/').to_ascii_lowercase();
                    let role = by_type(&tag.value(b"ContentType").unwrap_or_default());
                    types.insert(path, role);
                }
            }
        }
        let mut found = Self::default();
        for path in &package.paths {
            let low = path.to_ascii_lowercase();
            let role = match types.get(&low) {
                // The glossary holds pieces to be inserted later.
                _ if low.contains("glossary/") => None,
                Some(Some(role)) => Some(*role),
                Some(None) | None => by_name(&low),
            };
            if let Some(role) = role {
                found.parts.push((role, path.clone()));
            }
        }
        found.parts.sort_by_cached_key(|(_, path)| number(path));
        // A package may call its document what it likes.
        let main = [Role::Word, Role::Presentation, Role::Workbook];
        if !found.parts.iter().any(|(role, _)| main.contains(role)) {
            let relations = package.relations("", out)?;
            let main = relations
                .iter()
                .find(|relation| relation.kind == "officedocument");
            if let Some(path) = main.and_then(|main| package.path(&main.target)) {
                found.parts.push((Role::Word, path.to_owned()));
            }
        }
        Ok(found)
    }

    pub(super) fn of_role(&self, role: Role) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().filter(move |(is, _)| *is == role);
        parts.map(|(_, path)| path.as_str())
    }

    /// Whether there is no document in it.
    pub(super) fn is_empty(&self) -> bool {
        let has = |role| self.of_role(role).next().is_some();
        !has(Role::Word)
            && !has(Role::Presentation)
            && !has(Role::Workbook)
            && !has(Role::Slide)
            && !has(Role::Sheet)
    }
}

/// Where the relationships of a part lead, by their ids.
pub(super) struct Targets<'r> {
    targets: HashMap<&'r [u8], &'r str>,
}

impl<'r> Targets<'r> {
    pub(super) fn new(relations: &'r [Relation]) -> Self {
        let pairs = relations.iter();
        Self {
            targets: pairs
                .map(|relation| (relation.id.as_bytes(), relation.target.as_str()))
                .collect(),
        }
    }

    pub(super) fn get(&self, id: &[u8]) -> Option<&'r str> {
        self.targets.get(id).copied()
    }
}

/// Adds the parts that a list does not name.
pub(super) fn add_rest<'p>(order: &mut Vec<String>, all: impl Iterator<Item = &'p str>) {
    let known: HashSet<String> = order.iter().map(|path| path.to_ascii_lowercase()).collect();
    let rest = all.filter(|path| !known.contains(&path.to_ascii_lowercase()));
    order.extend(rest.map(str::to_owned));
}

/// The role that a content type says (ECMA-376 part 1, 15.2; [MS-OFFMACRO2], [MS-XLSB]).
fn by_type(content_type: &str) -> Option<Role> {
    let name = content_type.to_ascii_lowercase();
    let (family, name) = match name.rsplit_once('/') {
        Some((_, name)) => (name, name.strip_suffix("+xml").unwrap_or(name)),
        None => return None,
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let is = |sign: &str| family.contains(sign);
    Some(match last {
        "main" if is("wordprocessing") || is("ms-word") => Role::Word,
        "main" if is("presentation") || is("ms-powerpoint") => Role::Presentation,
        "main" if is("sheet") || is("ms-excel") => Role::Workbook,
        "styles" if is("wordprocessing") => Role::WordStyles,
        "styles" if is("sheet") || is("ms-excel") => Role::SheetStyles,
        "header" if is("wordprocessing") => Role::WordHeader,
        "footer" if is("wordprocessing") => Role::WordFooter,
        "footnotes" | "endnotes" if is("wordprocessing") => Role::WordNotes,
        "comments" if is("wordprocessing") => Role::WordComments,
        "slide" => Role::Slide,
        "slidemaster" | "slidelayout" => Role::SlideMaster,
        "worksheet" | "chartsheet" | "dialogsheet" | "macrosheet" | "intlmacrosheet" => Role::Sheet,
        "sharedstrings" => Role::SharedStrings,
        "diagramdata" => Role::Diagram,
        "chart" | "chartex" => Role::Chart,
        "core-properties" => Role::CoreProperties,
        "extended-properties" => Role::AppProperties,
        "custom-properties" => Role::CustomProperties,
        _ => return None,
    })
}

/// The role that the name suggests which all programs give such a part.
fn by_name(path: &str) -> Option<Role> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let xml = extension == "xml";
    let bin = extension == "bin";
    Some(match (folder, stem) {
        ("word", "document") if xml => Role::Word,
        ("word", "styles") if xml => Role::WordStyles,
        ("word", "header") if xml => Role::WordHeader,
        ("word", "footer") if xml => Role::WordFooter,
        ("word", "footnotes" | "endnotes") if xml => Role::WordNotes,
        ("word", "comments") if xml => Role::WordComments,
        ("ppt", "presentation") if xml => Role::Presentation,
        ("ppt/slides", "slide") if xml => Role::Slide,
        ("ppt/slidemasters" | "ppt/slidelayouts", _) if xml => Role::SlideMaster,
        ("xl", "workbook") if xml || bin => Role::Workbook,
        ("xl", "styles") if xml || bin => Role::SheetStyles,
        ("xl", "sharedstrings") if xml || bin => Role::SharedStrings,
        ("xl/worksheets" | "xl/chartsheets" | "xl/macrosheets" | "xl/dialogsheets", _)
            if xml || bin && stem == "sheet" =>
        {
            Role::Sheet
        }
        ("word/diagrams" | "ppt/diagrams" | "xl/diagrams", "data") if xml => Role::Diagram,
        ("word/charts" | "ppt/charts" | "xl/charts", "chart" | "chartex") if xml => Role::Chart,
        ("docprops", "core") if xml => Role::CoreProperties,
        ("docprops", "app") if xml => Role::AppProperties,
        ("docprops", "custom") if xml => Role::CustomProperties,
        _ => return None,
    })
}

/// A path, to be sorted by the number at the end of its name: `slide2` before `slide10`.
pub(super) fn number(path: &str) -> (String, u64) {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let name = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = stem.get(name.len()..).unwrap_or_default();
    (
        name.to_ascii_lowercase(),
        digits.parse().unwrap_or(u64::MAX),
    )
}

/// Overrides that are read.
const TYPES: usize = 20_000;
