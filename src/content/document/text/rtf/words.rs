//! What the control words of RTF mean for its text.

use super::{Destination, Document};
use crate::{
    content::{document::text::runs::Look, opener::Inside, span::Spot},
    facts::NotOpened,
};

impl Document {
    /// A control symbol.
    pub(super) fn symbol(
        &mut self,
        inside: &mut Inside<'_, '_>,
        symbol: u8,
    ) -> Result<(), NotOpened> {
        match symbol {
            b'*' => self.starred = true,
            _ if self.substitute() => {}
            b'\\' | b'{' | b'}' => self.byte(symbol),
            b'~' => self.character('\u{a0}'),
            b'_' => self.character('-'),
            b'-' => self.character('\u{ad}'),
            b'\t' => self.character('\t'),
            b'\r' | b'\n' if self.now.destination == Destination::Text => self.paragraph(inside)?,
            _ => {}
        }
        Ok(())
    }

    /// A control word.
    pub(super) fn word(
        &mut self,
        inside: &mut Inside<'_, '_>,
        word: &[u8],
        number: Option<i64>,
    ) -> Result<(), NotOpened> {
        let starred = std::mem::take(&mut self.starred);
        if word == b"u" {
            // A substitute is never a `\u`: the count was too large.
            self.skip = 0;
            self.unit(number.unwrap_or(0));
            return Ok(());
        }
        if self.substitute() {
            return Ok(());
        }
        self.flush();
        if let Some(destination) = self.destination(word, starred) {
            self.now.destination = destination;
            return Ok(());
        }
        match self.now.destination {
            Destination::Skip => return Ok(()),
            Destination::Fonts => {
                self.font_word(word, number);
                return Ok(());
            }
            Destination::Colours => {
                let parts: [&[u8]; 3] = [b"red", b"green", b"blue"];
                if let Some(part) = parts.iter().position(|part| *part == word) {
                    self.colours.part(part, number);
                }
                return Ok(());
            }
            _ => {}
        }
        if let Some(c) = letter(word) {
            self.character(c);
            return Ok(());
        }
        match word {
            b"par" | b"sect" | b"page" | b"column" | b"pagebb" => self.paragraph(inside),
            b"line" | b"softline" => {
                self.character('\n');
                Ok(())
            }
            b"cell" | b"nestcell" => self.cell(inside),
            b"row" | b"nestrow" => self.row(inside),
            _ => {
                self.property(word, number);
                Ok(())
            }
        }
    }

    /// Where the group's text goes from here on, if the word says that.
    fn destination(&mut self, word: &[u8], starred: bool) -> Option<Destination> {
        let now = self.now.destination;
        if word == b"ud" {
            return Some(self.now.around);
        }
        // Properties of a picture have text, its bytes have none.
        if matches!(word, b"picprop" | b"sp") && now != Destination::Text {
            return Some(Destination::Between);
        }
        match word {
            b"sn" if now == Destination::Between => return Some(Destination::ShapeName),
            b"sv" if now == Destination::Between => return Some(Destination::ShapeValue),
            _ => {}
        }
        if now == Destination::Skip {
            return None;
        }
        let story = match word {
            b"footnote" => Some(Spot::Note),
            b"annotation" => Some(Spot::Comment),
            b"shptxt" | b"dptxbxtext" => Some(Spot::TextBox),
            b"header" | b"headerl" | b"headerr" | b"headerf" => Some(Spot::Header),
            b"footer" | b"footerl" | b"footerr" | b"footerf" => Some(Spot::Footer),
            _ => None,
        };
        if let Some(spot) = story {
            self.story(spot);
            return Some(Destination::Text);
        }
        Some(match word {
            b"shppict" | b"bkmkstart" if starred => match word {
                b"shppict" => now,
                _ => Destination::Skip,
            },
            b"fonttbl" => Destination::Fonts,
            b"colortbl" => Destination::Colours,
            b"info" | b"userprops" | b"shpinst" | b"do" | b"picprop" | b"sp" | b"background"
            | b"shp" => Destination::Between,
            b"nesttableprops" => now,
            b"title" | b"subject" | b"keywords" | b"category" | b"doccomm" | b"staticval"
                if now == Destination::Between =>
            {
                Destination::Property
            }
            b"upr" => {
                self.now.around = now;
                Destination::Skip
            }
            _ if starred || SKIPPED.contains(&word) => Destination::Skip,
            _ => return None,
        })
    }

    fn font_word(&mut self, word: &[u8], number: Option<i64>) {
        let number = number.unwrap_or(0);
        match word {
            b"f" => self.fonts.begin(font(number)),
            b"fcharset" => self.fonts.charset(number),
            b"cpg" => self.fonts.page(number),
            _ => {}
        }
    }

    /// How letters and paragraphs look, and the code pages.
    fn property(&mut self, word: &[u8], number: Option<i64>) {
        let on = number != Some(0);
        let state = &mut self.now;
        let look = &mut state.look;
        match word {
            b"uc" => {
                let count = number.unwrap_or(1).clamp(0, MOST_SUBSTITUTES);
                state.substitutes = usize::try_from(count).unwrap_or(1);
            }
            b"ansicpg" => self.fonts.set_standard(number.unwrap_or(0)),
            b"mac" => self.fonts.set_standard(10000),
            b"deff" => {
                self.standard_font = font(number.unwrap_or(0));
                state.font = self.standard_font;
            }
            b"f" => state.font = font(number.unwrap_or(0)),
            b"plain" => {
                *look = Look::default();
                state.font = self.standard_font;
                state.colour = 0;
            }
            b"b" => look.bold = on,
            b"caps" | b"scaps" => look.caps = on,
            b"v" => look.hidden = on,
            b"deleted" => look.deleted = on,
            b"fs" => {
                look.half_points = number
                    .and_then(|size| u16::try_from(size).ok())
                    .unwrap_or(0);
            }
            b"cf" => {
                state.colour = number
                    .and_then(|number| usize::try_from(number).ok())
                    .unwrap_or(0);
            }
            b"pard" => {
                state.in_table = false;
                state.centred = false;
                state.borders = 0;
            }
            b"intbl" => state.in_table = on,
            b"itap" => state.in_table = on,
            b"qc" => state.centred = true,
            b"ql" | b"qr" | b"qj" | b"qd" => state.centred = false,
            b"box" => state.describe(15),
            b"brdrt" => state.describe(1),
            b"brdrl" => state.describe(2),
            b"brdrb" => state.describe(4),
            b"brdrr" => state.describe(8),
            // Borders of cells and tables are not the paragraph's.
            _ if word.starts_with(b"clbrdr") || word.starts_with(b"trbrdr") => state.border = 0,
            b"brdrnone" | b"brdrnil" => state.borders &= !state.border,
            _ => {}
        }
    }
}

impl super::State {
    fn describe(&mut self, border: u8) {
        self.border = border;
        self.borders |= border;
    }
}

fn font(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(-1)
}

/// Control words that stand for a character.
fn letter(word: &[u8]) -> Option<char> {
    Some(match word {
        b"tab" => '\t',
        b"emdash" => '\u{2014}',
        b"endash" => '\u{2013}',
        b"emspace" | b"enspace" | b"qmspace" => ' ',
        b"lquote" => '\u{2018}',
        b"rquote" => '\u{2019}',
        b"ldblquote" => '\u{201c}',
        b"rdblquote" => '\u{201d}',
        b"bullet" => '\u{2022}',
        _ => return None,
    })
}

/// Groups that show nothing, though they do not begin with a star.
static SKIPPED: &[&[u8]] = &[
    b"stylesheet",
    b"pict",
    b"nonshppict",
    b"shprslt",
    b"fldinst",
    b"listtext",
    b"pntext",
    b"nonesttables",
    b"filetbl",
    b"revtbl",
    b"listtable",
    b"listoverridetable",
    b"rsidtbl",
    b"ftnsep",
    b"ftnsepc",
    b"ftncn",
    b"aftnsep",
    b"aftnsepc",
    b"aftncn",
    b"xe",
    b"tc",
    b"tcn",
    b"rxe",
    b"txe",
    b"objdata",
    b"objclass",
    b"objname",
    b"atnid",
    b"atnauthor",
    b"author",
    b"operator",
    b"manager",
    b"company",
    b"comment",
    b"creatim",
    b"revtim",
    b"printim",
    b"buptim",
    b"hlinkbase",
    b"propname",
    b"linkval",
    b"template",
    b"generator",
    b"datafield",
    b"formfield",
    b"private",
];
/// Characters behind a `\u` that are left out at most.
const MOST_SUBSTITUTES: i64 = 16;
