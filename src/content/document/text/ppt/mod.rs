//! Text of PowerPoint presentations of 1997 to 2003 ([MS-PPT]): slides in their order with titles, notes
//! and comments, what masters say on their own.

mod record;
mod style;

use std::collections::{HashMap, HashSet};

use self::{
    record::{Record, at_place, outline_texts, persists, places, record, records},
    style::{Styles, TextStyle},
};
use super::{
    art,
    runs::{At, Lines, Look, Paragraph, windows1252},
};
use crate::{
    content::{
        document::ole::{
            compound::{Compound, u32_at},
            package::utf16,
        },
        opener::Inside,
        span::Spot,
    },
    facts::NotOpened,
};

/// Hands on the text of a presentation.
pub(super) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<(), NotOpened> {
    let user = compound.find(&["Current User"]);
    let user = user.map(|user| compound.read(user, 64)).unwrap_or_default();
    let size = compound.stream(index).left();
    let _held = inside.spending().hold(size)?;
    let bytes = compound.read(index, size);
    if u32_at(&user, 12) == Some(ENCRYPTED) {
        return Err(NotOpened::Encrypted);
    }
    let edit = u32_at(&user, 16).unwrap_or(u32::MAX);
    let (places, document) = places(&bytes, edit);
    let document = document
        .and_then(|document| at_place(&bytes, &places, document))
        .filter(|record| record.id == DOCUMENT)
        .or_else(|| records(&bytes).find(|record| record.id == DOCUMENT));
    let mut reader = Presentation {
        bytes: &bytes,
        places,
        styles: Styles::default(),
        lines: Lines::default(),
        page: None,
        known: HashSet::new(),
        left: bytes.len().saturating_mul(2),
    };
    let Some(document) = document else {
        // Only what stands there, in no order.
        reader.all(inside)?;
        return Err(NotOpened::Damaged);
    };
    reader.document(inside, document)?;
    match bytes.len() as u64 == size && reader.left > 0 {
        true => Ok(()),
        false => Err(NotOpened::Damaged),
    }
}

struct Presentation<'b> {
    bytes: &'b [u8],
    places: HashMap<u32, u32>,
    styles: Styles,
    lines: Lines,
    page: Option<u32>,
    /// Objects that were read: none is read twice.
    known: HashSet<u32>,
    /// Bytes that may still be looked at: objects may lie inside each other.
    left: usize,
}

/// A text that is being put together from its atoms.
#[derive(Default)]
struct Waiting {
    kind: u32,
    text: Option<String>,
    style: TextStyle,
    spot: Option<Spot>,
}

impl<'b> Presentation<'b> {
    fn document(
        &mut self,
        inside: &mut Inside<'_, '_>,
        document: Record<'b>,
    ) -> Result<(), NotOpened> {
        let mut slides = Vec::new();
        let mut masters = Vec::new();
        let mut notes = Vec::new();
        let mut heads = Vec::new();
        for record in records(document.data) {
            match (record.id, record.instance) {
                (ENVIRONMENT, _) => self.styles.environment(record.data),
                (SLIDE_LIST, 0) => slides = persists(record.data),
                (SLIDE_LIST, 1) => masters = persists(record.data),
                (SLIDE_LIST, 2) => notes = persists(record.data),
                (HEADERS_FOOTERS, _) => heads.push(record),
                _ => {}
            }
        }
        for (number, _, _) in &masters {
            if let Some(master) = at_place(self.bytes, &self.places, *number) {
                self.styles.master(records(master.data));
            }
        }
        let mut pages = HashMap::new();
        for (at, (number, slide, outline)) in slides.iter().enumerate() {
            let page = u32::try_from(at + 1).ok();
            pages.insert(*slide, page);
            self.begin(page);
            let mut outline: Vec<Record<'b>> = outline.clone();
            if let Some(slide) = self.object(*number) {
                self.drawing(inside, slide.data, &mut outline, false)?;
            }
            // What no shape shows stands in the outline all the same.
            self.atoms(inside, outline.into_iter(), None)?;
        }
        for (number, _, outline) in &notes {
            let Some(page) = self.object(*number) else {
                continue;
            };
            // NotesAtom: the slide that it belongs to.
            let slide = records(page.data).find(|record| record.id == NOTES_ATOM);
            let slide = slide.and_then(|record| u32_at(record.data, 0));
            let number = slide.and_then(|slide| pages.get(&slide).copied().flatten());
            self.begin(number);
            self.drawing(inside, page.data, &mut outline.clone(), true)?;
        }
        self.begin(None);
        for head in heads {
            self.head(inside, head)?;
        }
        for (number, _, _) in &masters {
            if let Some(master) = self.object(*number) {
                self.master(inside, master.data)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, page: Option<u32>) {
        self.page = page;
        self.lines = Lines::default();
    }

    fn object(&mut self, number: u32) -> Option<Record<'b>> {
        let record = at_place(self.bytes, &self.places, number)?;
        self.known.insert(number).then_some(record)
    }

    /// The texts of a slide or of its notes: of all shapes, with the outline's where a shape shows it.
    fn drawing(
        &mut self,
        inside: &mut Inside<'_, '_>,
        data: &'b [u8],
        outline: &mut Vec<Record<'b>>,
        notes: bool,
    ) -> Result<(), NotOpened> {
        self.spend(inside, data.len())?;
        let spot = notes.then_some(Spot::Note);
        let mut shown: HashSet<u32> = HashSet::new();
        let texts = outline_texts(outline);
        let mut todo = vec![data];
        while let Some(rest) = todo.pop() {
            let Some((record, length)) = record(rest) else {
                continue;
            };
            todo.push(rest.get(8 + length..).unwrap_or_default());
            match record.id {
                TEXT_BOX => {
                    let reference = records(record.data).find(|record| record.id == OUTLINE_REF);
                    let number = reference.and_then(|record| u32_at(record.data, 0));
                    match number.and_then(|number| Some((number, texts.get(number as usize)?))) {
                        Some((number, text)) if shown.insert(number) => {
                            let more =
                                records(record.data).filter(|record| record.id != OUTLINE_REF);
                            self.atoms(inside, text.iter().copied().chain(more), spot)?;
                        }
                        Some(_) => {}
                        None => self.atoms(inside, records(record.data), spot)?,
                    }
                }
                HEADERS_FOOTERS => self.head(inside, record)?,
                COMMENT => self.comment(inside, record)?,
                // Comments stand in records that no older program reads.
                TAG_DATA if todo.len() < DEEPEST => todo.push(record.data),
                SHAPE if todo.len() < DEEPEST => {
                    for (spot, text) in art::texts(record.data) {
                        self.line(inside, &text, spot)?;
                    }
                    todo.push(record.data);
                }
                _ if record.container && todo.len() < DEEPEST => todo.push(record.data),
                _ => {}
            }
        }
        let mut number = 0;
        // Shown already: only the rest stays.
        let mut current = false;
        outline.retain(|record| {
            if record.id == TEXT_HEADER {
                current = shown.contains(&number);
                number += 1;
            }
            !current
        });
        Ok(())
    }

    /// What a master says on its own: texts outside of the places for those of slides.
    fn master(&mut self, inside: &mut Inside<'_, '_>, data: &'b [u8]) -> Result<(), NotOpened> {
        self.spend(inside, data.len())?;
        let mut todo = vec![data];
        while let Some(rest) = todo.pop() {
            let Some((found, length)) = record(rest) else {
                continue;
            };
            todo.push(rest.get(8 + length..).unwrap_or_default());
            match found.id {
                SHAPE => {
                    let own = |id| records(found.data).find(|record| record.id == id);
                    let place = own(CLIENT_DATA)
                        .and_then(|data| records(data.data).find(|record| record.id == PLACEHOLDER))
                        .and_then(|place| place.data.get(4).copied());
                    let spot = match place {
                        None => None,
                        // MasterDate, MasterSlideNumber; MasterFooter; MasterHeader.
                        Some(9) => Some(Spot::Footer),
                        Some(10) => Some(Spot::Header),
                        Some(_) => continue,
                    };
                    if let Some(text) = own(TEXT_BOX) {
                        let spot = spot.or(Some(Spot::TextBox));
                        self.atoms(inside, records(text.data), spot)?;
                    }
                    for (spot, text) in art::texts(found.data) {
                        self.line(inside, &text, spot)?;
                    }
                }
                HEADERS_FOOTERS => self.head(inside, found)?,
                _ if found.container && todo.len() < DEEPEST => todo.push(found.data),
                _ => {}
            }
        }
        Ok(())
    }

    /// Header and footer that slides show.
    fn head(&mut self, inside: &mut Inside<'_, '_>, head: Record<'b>) -> Result<(), NotOpened> {
        for record in records(head.data).filter(|record| record.id == STRING) {
            let spot = if record.instance == 1 {
                Spot::Header
            } else {
                Spot::Footer
            };
            self.line(inside, &utf16(record.data), spot)?;
        }
        Ok(())
    }

    /// A comment: its author, its text, the author's initials.
    fn comment(
        &mut self,
        inside: &mut Inside<'_, '_>,
        comment: Record<'b>,
    ) -> Result<(), NotOpened> {
        let text = records(comment.data).find(|record| record.id == STRING && record.instance == 1);
        match text {
            Some(text) => self.line(inside, &utf16(text.data), Spot::Comment),
            None => Ok(()),
        }
    }

    /// Texts as their atoms say: of what kind, the letters, how they look.
    fn atoms<'r>(
        &mut self,
        inside: &mut Inside<'_, '_>,
        atoms: impl Iterator<Item = Record<'r>>,
        spot: Option<Spot>,
    ) -> Result<(), NotOpened> {
        // Without a header: any other text.
        let mut waiting = Waiting {
            kind: 4,
            spot,
            ..Waiting::default()
        };
        for record in atoms {
            match record.id {
                TEXT_HEADER => {
                    self.put(inside, &mut waiting)?;
                    waiting.kind = u32_at(record.data, 0).unwrap_or(4);
                }
                TEXT_CHARS | TEXT_BYTES => {
                    self.put(inside, &mut waiting)?;
                    let text = match record.id {
                        TEXT_CHARS => wide(record.data),
                        _ => record.data.iter().map(|byte| windows1252(*byte)).collect(),
                    };
                    waiting.text = Some(text);
                }
                STYLE_TEXT => {
                    if let Some(text) = &waiting.text {
                        let units = text.encode_utf16().count();
                        waiting.style = TextStyle::parse(record.data, units);
                    }
                }
                _ => {}
            }
        }
        self.put(inside, &mut waiting)
    }

    fn put(&mut self, inside: &mut Inside<'_, '_>, waiting: &mut Waiting) -> Result<(), NotOpened> {
        let style = std::mem::take(&mut waiting.style);
        let Some(text) = waiting.text.take() else {
            return Ok(());
        };
        let spot = waiting.spot.unwrap_or(match waiting.kind {
            0 | 6 => Spot::Title,
            2 => Spot::Note,
            1 | 5 | 7 | 8 => Spot::Body,
            _ => Spot::TextBox,
        });
        let base = self.styles.base(waiting.kind);
        let mut paragraph = Paragraph::default();
        let mut runs = style.runs.iter().peekable();
        let mut centred = style.centred.iter().peekable();
        let mut run = None;
        let mut look = self.styles.look(&base, None);
        let mut is_centred = base.centred.unwrap_or(false);
        let mut unit = 0_usize;
        for c in text.chars() {
            while run.is_none_or(|(end, _)| end <= unit)
                && let Some(next) = runs.next()
            {
                run = Some(*next);
                look = self.styles.look(&base, Some(&next.1));
            }
            while let Some((_, align)) = centred.next_if(|(start, _)| *start <= unit) {
                is_centred = align.or(base.centred).unwrap_or(false);
            }
            unit += c.len_utf16();
            match c {
                '\r' => self.paragraph(inside, &mut paragraph, spot, is_centred)?,
                '\u{b}' => paragraph.push('\n', look),
                c if c < ' ' && c != '\t' => {}
                c => paragraph.push(c, look),
            }
            if paragraph.is_full() {
                self.paragraph(inside, &mut paragraph, spot, is_centred)?;
            }
        }
        self.paragraph(inside, &mut paragraph, spot, is_centred)
    }

    fn line(
        &mut self,
        inside: &mut Inside<'_, '_>,
        text: &str,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        let mut paragraph = Paragraph::default();
        for line in text.split(['\r', '\n']) {
            paragraph.push_str(line, Look::default());
            self.paragraph(inside, &mut paragraph, spot, false)?;
        }
        Ok(())
    }

    fn paragraph(
        &mut self,
        inside: &mut Inside<'_, '_>,
        paragraph: &mut Paragraph,
        spot: Spot,
        centred: bool,
    ) -> Result<(), NotOpened> {
        let line = match paragraph.has_text() {
            true => self.lines.next(spot),
            false => 0,
        };
        let at = At {
            spot,
            page: self.page,
            line,
            centred,
            ..At::default()
        };
        paragraph.hand_on(inside, at)
    }

    fn spend(&mut self, inside: &mut Inside<'_, '_>, bytes: usize) -> Result<(), NotOpened> {
        self.left = self.left.checked_sub(bytes).ok_or(NotOpened::Damaged)?;
        inside.spending().check()
    }

    /// All texts of a file whose document is not found.
    fn all(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        let bytes = self.bytes;
        for record in records(bytes).filter(|record| record.container) {
            self.drawing(inside, record.data, &mut Vec::new(), false)?;
        }
        Ok(())
    }
}

/// UTF-16, all of it.
fn wide(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|two| Some(u16::from_le_bytes(two.try_into().ok()?)));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The sign of an encrypted presentation in its Current User stream.
const ENCRYPTED: u32 = 0xf3d1_c4df;
const DOCUMENT: u16 = 0x03e8;
const NOTES_ATOM: u16 = 0x03f1;
const ENVIRONMENT: u16 = 0x03f2;
const SLIDE_PERSIST: u16 = 0x03f3;
const PLACEHOLDER: u16 = 0x0bc3;
const OUTLINE_REF: u16 = 0x0f9e;
const TEXT_HEADER: u16 = 0x0f9f;
const TEXT_CHARS: u16 = 0x0fa0;
const STYLE_TEXT: u16 = 0x0fa1;
const TEXT_BYTES: u16 = 0x0fa8;
const STRING: u16 = 0x0fba;
const HEADERS_FOOTERS: u16 = 0x0fd9;
const SLIDE_LIST: u16 = 0x0ff0;
const USER_EDIT: u16 = 0x0ff5;
const PERSIST_DIRECTORY: u16 = 0x1772;
const COMMENT: u16 = 0x2ee0;
const TAG_DATA: u16 = 0x138b;
const SHAPE: u16 = 0xf004;
const TEXT_BOX: u16 = 0xf00d;
const CLIENT_DATA: u16 = 0xf011;
/// Edits that are looked through.
const MOST_EDITS: u32 = 1000;
/// Containers inside each other.
const DEEPEST: usize = 100;
