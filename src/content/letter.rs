//! The text of a message: what its plain texts, its HTML and its URLs say.

use std::collections::HashSet;

use super::{
    Budget, Needs, page,
    url::{self, Url},
};
use crate::{
    facts::NotOpened,
    message::{Message, Part, PartKind, Why},
};

/// The text of a message, as far as it was asked for and the budget went.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// Plain texts and attached text files, in the order of the message.
    pub texts: Vec<String>,
    /// HTML texts as their readers see them, the words of attributes behind.
    pub pages: Vec<String>,
    /// URLs in both, and in the attributes of HTML; each once.
    pub urls: Vec<Url>,
    /// Why plain text may have more than is here.
    pub texts_cut: Option<NotOpened>,
    /// Why HTML may have more than is here.
    pub pages_cut: Option<NotOpened>,
    /// Why there may be more URLs than are here.
    pub urls_cut: Option<NotOpened>,
}

/// URLs of one message that are kept.
const MAX_URLS: usize = 10_000;

/// URLs of one message that are looked at, the same one again counted too: each costs up to
/// [`url::MAX_URL`] bytes of reading, and they may overlap.
const MAX_SEEN: u64 = 50_000;

/// Names of files that are text whatever their type says.
const TEXT_NAMES: &[&str] = &[
    "txt", "csv", "tsv", "log", "md", "ics", "vcf", "json", "xml", "ini",
];
const PAGE_NAMES: &[&str] = &["html", "htm", "xhtml", "shtml"];

/// Reads the texts of a message. What cannot be read is said in `*_cut`.
///
/// `budget.text_bytes` is what all of them together may have, decoded from their transfer encoding.
pub fn letter(message: &Message, needs: &Needs, budget: &mut Budget) -> Letter {
    let mut letter = Letter::default();
    if !needs.texts && !needs.pages && !needs.urls {
        return letter;
    }
    let mut urls = Urls::default();
    let limit = budget.text_bytes;
    let mut seen = 0_u64;
    for part in &message.parts {
        let page = match form(part) {
            Some(Form::Text) if needs.texts || needs.urls => false,
            Some(Form::Page) if needs.pages || needs.urls => true,
            _ => continue,
        };
        let size = part.blob.as_ref().map_or(0, |blob| blob.size);
        seen = seen.saturating_add(size);
        let mut cut = None;
        let text = match part.text(budget.text_bytes) {
            Ok(read) => {
                budget.text_bytes = budget.text_bytes.saturating_sub(read.bytes);
                let mut text = read.text;
                if read.cut {
                    cut = Some(NotOpened::Budget {
                        which: "text_bytes",
                        limit,
                        seen,
                    });
                    to_whole_words(&mut text);
                }
                text
            }
            Err(why) => {
                cut = Some(super::why(&why));
                String::new()
            }
        };
        let (text, links) = if page {
            let mut page = page::read(&text);
            urls.cut |= page.links_cut;
            (std::mem::take(&mut page.text), page.links)
        } else {
            (text, Vec::new())
        };
        if needs.urls {
            links.iter().for_each(|link| urls.add(link));
            url::find(&text, |url| {
                urls.add(url);
                !urls.full
            });
            letter.urls_cut = letter.urls_cut.or_else(|| cut.clone());
        }
        let (list, asked, list_cut) = match page {
            true => (&mut letter.pages, needs.pages, &mut letter.pages_cut),
            false => (&mut letter.texts, needs.texts, &mut letter.texts_cut),
        };
        if asked {
            list.push(text);
            if list_cut.is_none() {
                *list_cut = cut;
            }
        }
    }
    if urls.cut && letter.urls_cut.is_none() {
        letter.urls_cut = Some(NotOpened::Budget {
            which: "urls",
            limit: MAX_URLS as u64,
            seen: urls.seen,
        });
    }
    letter.urls = urls.list;
    // Where parts were not looked into, there may be text in them.
    if let Some(hidden) = hidden(message) {
        for cut in [
            &mut letter.texts_cut,
            &mut letter.pages_cut,
            &mut letter.urls_cut,
        ] {
            cut.get_or_insert_with(|| hidden.clone());
        }
    }
    letter
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Page,
}

pub(super) fn form(part: &Part) -> Option<Form> {
    if part.kind != PartKind::Leaf {
        return None;
    }
    let named = |extensions: &[&str]| {
        part.names.all.iter().any(|name| {
            let extension = name
                .rsplit_once('.')
                .map_or("", |(_, extension)| extension.trim());
            extensions
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
        })
    };
    match part.media_type.as_str() {
        "text/html" | "application/xhtml+xml" => Some(Form::Page),
        _ if named(PAGE_NAMES) => Some(Form::Page),
        text if text.starts_with("text/") => Some(Form::Text),
        _ if named(TEXT_NAMES) => Some(Form::Text),
        _ => None,
    }
}

/// What an HTML text says, as its readers see it.
pub fn page_text(html: &str) -> String {
    page::read(html).text
}

/// A place that was not scanned and in which a text may stand. Of texts that were read the loss of a
/// search for pictures means nothing.
fn hidden(message: &Message) -> Option<NotOpened> {
    let matters = |why: &Why| match why {
        Why::Limit(limit) => !matches!(
            limit.which,
            "header_bytes" | "part_header_bytes" | "html_bytes" | "spool_total"
        ),
        // What could not be stored was met when it was read, if it was a text.
        Why::Damaged => false,
        Why::Unsupported => true,
    };
    let mut places = message.not_scanned.iter();
    places
        .find(|place| matters(&place.why))
        .map(|place| super::why(&place.why))
}

/// Half a word at the cut is none.
fn to_whole_words(text: &mut String) {
    const WORD: usize = 4096;
    let tail = text.char_indices().rev().take(WORD);
    let end = tail
        .filter(|(_, c)| c.is_whitespace())
        .map(|(at, _)| at)
        .next();
    text.truncate(end.unwrap_or(text.len()));
}

#[derive(Default)]
struct Urls {
    list: Vec<Url>,
    known: HashSet<String>,
    seen: u64,
    /// Something was left out.
    cut: bool,
    /// No more are taken.
    full: bool,
}

impl Urls {
    fn add(&mut self, written: &str) {
        self.seen += 1;
        if self.seen > MAX_SEEN {
            self.cut = true;
            self.full = true;
            return;
        }
        let mut end = written.len().min(url::MAX_URL);
        while !written.is_char_boundary(end) {
            end -= 1;
        }
        if end < written.len() {
            self.cut = true;
        }
        let Some(url) = url::normal(written.get(..end).unwrap_or_default()) else {
            return;
        };
        if self.known.contains(&url.text) {
            return;
        }
        if self.list.len() >= MAX_URLS {
            self.cut = true;
            self.full = true;
            return;
        }
        self.known.insert(url.text.clone());
        self.list.push(url);
    }
}
