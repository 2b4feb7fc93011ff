//! The parts of a message as nodes: what mail programs show as text, what they show as attached.

use std::collections::{HashMap, HashSet};

use super::{
    Needs, Node, add_kinds, bytes_say, document::signature, letter_spans, opener::Opener, why,
};
use crate::{
    facts::{Class, Fact, FileRole, Kind, NotOpened, Place, Reason, Trait},
    message::{Disposition, Message, Part, PartKind, Problem, Unscanned},
};

/// Adds the parts of a message and opens them: of the message itself, or of one that lies inside a
/// container (`holder`), with `depth` containers around its parts.
pub(super) fn add(opener: &mut Opener<'_>, message: &Message, holder: Option<usize>, depth: u32) {
    let unscanned: HashMap<&str, &Unscanned> = message
        .not_scanned
        .iter()
        .map(|place| (place.part.as_str(), place))
        .collect();
    let first = opener.tree.nodes.len();
    let outer = holder.and_then(|holder| opener.tree.nodes.get(holder));
    let prefix = outer.map(|node| (node.number.clone(), node.part));
    // Where each attached message stands in the tree, and the message that each part stands in:
    // parents come first in the list of parts, so one pass knows both.
    let mut node_of_message: HashMap<usize, usize> = HashMap::new();
    let mut enclosing: Vec<Option<usize>> = Vec::with_capacity(message.parts.len());
    // Whether a part, or a multipart around it, can be read in another way.
    let mut ambiguous: Vec<bool> = Vec::with_capacity(message.parts.len());
    let inner = holder.is_some();
    // Nodes and the parts that they are.
    let mut made: Vec<(usize, usize)> = Vec::new();
    for part in &message.parts {
        let parent = part.parent.and_then(|parent| {
            let node = node_of_message.get(&parent).copied();
            node.or_else(|| enclosing.get(parent).copied().flatten())
        });
        let parent = parent.or(holder);
        enclosing.push(parent);
        // The body of an attached message knows that message's header.
        if opener.needs.documents
            && let Some(outer) = part.parent
            && let Some(&node) = node_of_message.get(&outer)
            && message
                .parts
                .get(outer)
                .is_some_and(|part| part.kind == PartKind::Message)
            && let Some(subject) = part.headers.subject()
        {
            letter_spans::subject(opener, node, &subject);
        }
        let around = part.parent.is_some_and(|parent| {
            let multipart = message.parts.get(parent).map(|part| part.kind);
            multipart == Some(PartKind::Multipart) && ambiguous.get(parent) == Some(&true)
        });
        let inner = inner || part.parent.is_some();
        // In a text a stray equals sign is a letter; a file is another one without it.
        let junk = part.problems.contains(&Problem::QuotedPrintableJunk)
            && !part.media_type.starts_with("text/");
        let odd = junk || part.problems.iter().any(|problem| hides(*problem, inner));
        ambiguous.push(odd || around);
        if part.kind == PartKind::Multipart {
            continue;
        }
        let index = opener.tree.nodes.len();
        if part.kind == PartKind::Message {
            node_of_message.insert(part.id, index);
        }
        let unscanned = unscanned
            .get(part.number.as_str())
            .map(|place| why(&place.why));
        let needs = opener.needs;
        // The scanner tells where it met the sign of an encoded file.
        let holds_files =
            part.media_type == "text/plain" && unscanned == Some(NotOpened::Unsupported);
        let mut node = node(message, part, parent, unscanned, &needs);
        if odd || around {
            node.traits.extend(Trait::by_id("ambiguous-mime"));
        }
        if let Some((number, part)) = &prefix {
            node.number = format!("{number}/{}", node.number);
            node.part = *part;
        }
        opener.tree.nodes.push(node);
        if index == first
            && opener.needs.documents
            && let Some(subject) = message.headers.subject()
        {
            letter_spans::subject(opener, holder.unwrap_or(first), &subject);
        }
        letter_spans::names(opener, index);
        if letter_spans::part(opener, index, part) {
            opener.told = Some(index);
        }
        made.push((index, part.id));
        // A letter's text may quote a message or an archive; a file that is one is opened.
        if needs.kinds && part.kind != PartKind::Message && !is_body(part) {
            for blob in part.blob.iter().chain(&part.others) {
                opener.open(index, blob, depth);
            }
        } else if needs.kinds && holds_files && is_body(part) {
            for blob in part.blob.iter().chain(&part.others) {
                opener.open_text(index, blob, depth);
            }
        }
    }
    if opener.needs.signatures {
        signed(opener, message, &made);
    }
    // An attached message is as large as what it holds. From the end: children stand behind parents.
    // Messages that were found in containers have counted theirs.
    let own: HashSet<usize> = node_of_message.into_values().chain(holder).collect();
    for index in (first..opener.tree.nodes.len()).rev() {
        let Some(node) = opener.tree.nodes.get(index) else {
            continue;
        };
        let (size, parent) = (node.size, node.parent);
        let parent = parent.filter(|parent| own.contains(parent));
        if let Some(parent) = parent.and_then(|parent| opener.tree.nodes.get_mut(parent))
            && parent.message
        {
            parent.size = parent.size.saturating_add(size);
        }
    }
}

/// What a `multipart/signed` signs is signed, whatever lies in it: the signature stands beside it.
fn signed(opener: &mut Opener<'_>, message: &Message, made: &[(usize, usize)]) {
    for part in &message.parts {
        let around = part.parent.and_then(|parent| message.parts.get(parent));
        let Some((around, blob)) = around
            .filter(|around| around.media_type == "multipart/signed")
            .zip(part.blob.as_ref())
        else {
            continue;
        };
        if !part.media_type.contains("pkcs7-signature") {
            continue;
        }
        let found = signature::smime::detached(blob, around.signed.as_ref());
        for (index, id) in made {
            let Some(node) = opener.tree.nodes.get_mut(*index) else {
                continue;
            };
            if *id == part.id {
                node.signatures = found.clone();
                continue;
            }
            let mut at = message.parts.get(*id);
            while let Some(inner) = at.filter(|inner| inner.id != around.id) {
                at = inner.parent.and_then(|parent| message.parts.get(parent));
            }
            if at.is_some() {
                node.signatures.extend_from_slice(&found);
            }
        }
    }
}

fn node(
    message: &Message,
    part: &Part,
    parent: Option<usize>,
    unscanned: Option<NotOpened>,
    needs: &Needs,
) -> Node {
    let is_message = part.kind == PartKind::Message;
    let body = is_body(part);
    let (mut kinds, mut encrypted) = (Vec::new(), Fact::Unknown(Reason::NotAsked));
    let has = |problem| part.problems.contains(&problem);
    // A piece of a message that only its reader's program puts together (RFC 2046 section 5.2.2).
    let partial = has(Problem::PartialMessage).then_some(NotOpened::Unsupported);
    let not_opened = unscanned.filter(|_| !body).or(partial);
    // The content lies elsewhere (RFC 2046 section 5.2.3).
    let external = has(Problem::ExternalBody).then(|| Trait::by_id("external-link"));
    if needs.kinds && is_message {
        kinds.extend(Kind::by_id("eml"));
        encrypted = Fact::Known(false);
        if let Some(blob) = &part.blob {
            // Of a message that may also be taken for a file: a program by that name is a program.
            add_kinds(&mut kinds, bytes_say(&part.names.all, blob, false).0);
        }
    } else if needs.kinds
        && let Some(blob) = &part.blob
    {
        (kinds, encrypted) = bytes_say(&part.names.all, blob, body);
        for other in &part.others {
            add_kinds(&mut kinds, bytes_say(&part.names.all, other, body).0);
        }
    }
    Node {
        part: part.id,
        number: part.number.clone(),
        parent,
        place: if parent.is_some() {
            Place::Message
        } else {
            Place::Top
        },
        role: role(message, part, &kinds),
        message: is_message,
        name: part.names.shown.clone(),
        names: part.names.all.clone(),
        declared_type: part.media_type.clone(),
        kinds,
        size: part
            .blob
            .as_ref()
            .filter(|_| !is_message)
            .map_or(0, |blob| blob.size),
        sha256: part.blob.as_ref().map_or([0; 32], |blob| blob.sha256),
        encrypted,
        cipher: None,
        traits: external.flatten().into_iter().collect(),
        not_opened,
        signatures: Vec::new(),
    }
}

/// Whether a mail program may find another file there than was found: by this part's header, or by
/// the lines between the parts of this multipart. What every program reads alike, however wrong, is no
/// such thing. The message's own header (`inner` is false) comes mended from the mail server.
fn hides(problem: Problem, inner: bool) -> bool {
    match problem {
        Problem::BlankInHeader | Problem::JunkInHeader => inner,
        Problem::BoundaryAmbiguous
        | Problem::BoundaryPrefix
        | Problem::DuplicateContentType
        | Problem::DuplicateTransferEncoding
        | Problem::EncodedMessageJunk
        | Problem::EncodedMultipart
        | Problem::MissingBoundary
        | Problem::NulByte
        | Problem::PartAfterEnd
        | Problem::PartialMessage
        | Problem::TransferEncodingOdd => true,
        _ => false,
    }
}

/// Whether mail programs show it as the text of the letter.
///
/// An unknown disposition counts as attachment (RFC 2183 section 2.8).
fn is_body(part: &Part) -> bool {
    part.kind == PartKind::Leaf
        && matches!(part.media_type.as_str(), "text/plain" | "text/html")
        && part.names.all.is_empty()
        && matches!(part.disposition, Disposition::None | Disposition::Inline)
}

fn role(message: &Message, part: &Part, kinds: &[&'static Kind]) -> FileRole {
    if is_body(part) {
        return FileRole::Text;
    }
    // A picture by its bytes where they are known (some programs declare octet-stream), by its type
    // where they are not.
    let picture = match kinds {
        [] => part.media_type.starts_with("image/"),
        kinds => kinds.iter().any(|kind| kind.class == Class::Image),
    };
    if picture && part.kind == PartKind::Leaf && message.is_shown_by_html(part) {
        return FileRole::Inline;
    }
    FileRole::Attachment
}
