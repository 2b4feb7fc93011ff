//! XML signatures (W3C XML Signature 1.1) on the packages of Office (ECMA-376 part 2 clause 10) and
//! LibreOffice (ODF 1.3 part 2 clause 5).

use std::collections::HashSet;

use super::{
    canonical::{Method, Piece, Pieces, canonical, escape},
    certificate::Certificate,
    cms::describe,
    verify::{Hash, Scheme},
};
use crate::{
    content::{archive::zip::Archive, base64, budget::Spending},
    facts::{Covers, NotOpened, Signature, SignatureFormat, Status},
};

/// The signatures of an Office document.
///
/// # Errors
/// When the budget ends.
pub(in crate::content::document) fn ooxml(
    archive: &Archive,
    spending: &mut Spending,
) -> Result<Vec<Signature>, NotOpened> {
    let files = archive.members().filter(|path| {
        let path = path.to_ascii_lowercase();
        path.starts_with("_xmlsignatures/") && path.ends_with(".xml")
    });
    let files: Vec<String> = files.take(MANY_SIGNATURES).collect();
    let mut found = Vec::new();
    for file in files {
        read(archive, spending, &file, SignatureFormat::Ooxml, &mut found)?;
    }
    Ok(found)
}

/// The signatures of an OpenDocument file.
///
/// # Errors
/// When the budget ends.
pub(in crate::content::document) fn odf(
    archive: &Archive,
    spending: &mut Spending,
) -> Result<Vec<Signature>, NotOpened> {
    let mut found = Vec::new();
    read(
        archive,
        spending,
        ODF_FILE,
        SignatureFormat::Odf,
        &mut found,
    )?;
    Ok(found)
}

fn read(
    archive: &Archive,
    spending: &mut Spending,
    file: &str,
    format: SignatureFormat,
    found: &mut Vec<Signature>,
) -> Result<(), NotOpened> {
    let Some(xml) = archive.read(file, MAX_SIGNATURE_FILE, spending)? else {
        return Ok(());
    };
    let Some(elements) = elements(&xml) else {
        return Ok(());
    };
    let signatures = elements.iter().filter(|it| it.name == "Signature");
    for signature in signatures.take(MANY_SIGNATURES) {
        let mut one = One {
            xml: &xml,
            elements: &elements,
            archive,
            spending: &mut *spending,
            seen: HashSet::new(),
            over: None,
        };
        let checked = one.check(signature, format);
        if let Some(why) = one.over {
            return Err(why);
        }
        found.push(checked);
    }
    Ok(())
}

/// An element of a file of signatures.
#[derive(Debug)]
struct Element {
    /// From 1, in the order in which they begin.
    number: usize,
    /// The number of the element around it; 0: none.
    parent: usize,
    /// Without its prefix.
    name: String,
    attributes: Vec<(String, String)>,
    /// All text directly in it.
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        let mut found = self.attributes.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    fn base64(&self) -> Option<Vec<u8>> {
        base64::strict(self.text.as_bytes())
    }
}

/// All elements of a file; none where it is not read here.
fn elements(xml: &[u8]) -> Option<Vec<Element>> {
    let mut pieces = Pieces::new(xml)?;
    let mut list: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some(piece) = pieces.next().ok()? {
        match piece {
            Piece::Start {
                name,
                attributes,
                empty,
            } => {
                if list.len() >= MANY_ELEMENTS {
                    return None;
                }
                let number = list.len() + 1;
                list.push(Element {
                    number,
                    parent: open.last().copied().unwrap_or(0),
                    name: name.rsplit(':').next().unwrap_or(name).to_owned(),
                    attributes: attributes
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                    text: String::new(),
                });
                if !empty {
                    open.push(number);
                }
            }
            Piece::End(_) => {
                open.pop()?;
            }
            Piece::Text(text) => {
                let element = open.last().and_then(|number| list.get_mut(number - 1));
                if let Some(element) = element {
                    element.text.push_str(&text);
                }
            }
            Piece::Instruction(_) => {}
        }
    }
    open.is_empty().then_some(list)
}

/// One signature under check.
struct One<'a> {
    xml: &'a [u8],
    elements: &'a [Element],
    archive: &'a Archive,
    spending: &'a mut Spending,
    /// Members of the package that are signed, in lower case.
    seen: HashSet<String>,
    /// Set when the budget ended.
    over: Option<NotOpened>,
}

impl<'a> One<'a> {
    fn children(&self, of: &Element) -> impl Iterator<Item = &'a Element> {
        let number = of.number;
        self.elements.iter().filter(move |it| it.parent == number)
    }

    /// The only child of this name.
    fn child(&self, of: &Element, name: &str) -> Option<&'a Element> {
        let mut found = self.children(of).filter(|it| it.name == name);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    fn is_within(&self, element: &Element, outer: &Element) -> bool {
        let mut at = element.number;
        while at > outer.number {
            at = self.elements.get(at - 1).map_or(0, |it| it.parent);
        }
        at == outer.number
    }

    fn within(&self, outer: &'a Element, name: &str) -> Option<&'a Element> {
        let mut found = self.elements.iter().filter(|it| it.name == name);
        found.find(|it| self.is_within(it, outer))
    }

    fn check(&mut self, signature: &'a Element, format: SignatureFormat) -> Signature {
        let data = self.within(signature, "X509Certificate");
        let bytes = data.and_then(Element::base64);
        let certificate = bytes.as_deref().and_then(Certificate::read);
        let mut described = describe(certificate.as_ref(), format);
        described.time = ["SigningTime", "date", "Value"]
            .iter()
            .find_map(|name| self.within(signature, name))
            .map(|it| it.text.trim().chars().take(40).collect());
        let status = certificate.and_then(|it| self.status(signature, &it));
        described.status = status.unwrap_or(Status::Unknown);
        if self.covers_all(format) {
            described.covers = Covers::Whole;
        }
        described
    }

    fn status(&mut self, signature: &'a Element, certificate: &Certificate<'_>) -> Option<Status> {
        let info = self.child(signature, "SignedInfo")?;
        let value = self.child(signature, "SignatureValue")?.base64()?;
        let method = self.child(info, "CanonicalizationMethod")?;
        if self.children(method).next().is_some() {
            return None;
        }
        let method = Method::by_uri(method.attribute("Algorithm")?)?;
        let scheme = scheme(
            self.child(info, "SignatureMethod")?
                .attribute("Algorithm")?,
        )?;
        let signed = canonical(self.xml, info.number, method)?;
        let status = scheme.verify(certificate.key, &signed, &value);
        let references = self.references(info);
        match (status, references) {
            (Status::Broken, _) | (_, Some(Status::Broken)) => Some(Status::Broken),
            (Status::Valid, Some(Status::Valid)) => Some(Status::Valid),
            _ => None,
        }
    }

    /// All references in this element: broken if one is, none if one is not read here.
    fn references(&mut self, of: &'a Element) -> Option<Status> {
        let list: Vec<&Element> = self
            .children(of)
            .filter(|it| it.name == "Reference")
            .collect();
        if list.is_empty() {
            return None;
        }
        let mut unknown = false;
        for reference in list {
            match self.reference(reference) {
                Some(true) => {}
                Some(false) => return Some(Status::Broken),
                None => unknown = true,
            }
        }
        (!unknown).then_some(Status::Valid)
    }

    fn reference(&mut self, reference: &'a Element) -> Option<bool> {
        let uri = reference.attribute("URI")?;
        let hash = self.child(reference, "DigestMethod")?;
        let hash = hash_of(hash.attribute("Algorithm")?)?;
        let stated = self.child(reference, "DigestValue")?.base64()?;
        let transforms: Vec<&Element> = match self.child(reference, "Transforms") {
            Some(list) => self.children(list).collect(),
            None => Vec::new(),
        };
        if let Some(id) = uri.strip_prefix('#') {
            return self.inner(id, &transforms, hash, &stated);
        }
        let path = uri.split('?').next().unwrap_or(uri);
        let path = unescaped(path.trim_start_matches('/'))?;
        self.seen.insert(path.to_ascii_lowercase());
        let bytes = match self.archive.read(&path, MAX_PART, self.spending) {
            Ok(bytes) => bytes,
            Err(why) => {
                self.over = Some(why);
                return None;
            }
        };
        // What is signed and not there any more is a change too.
        let Some(mut bytes) = bytes else {
            let there = self
                .archive
                .members()
                .any(|it| it.eq_ignore_ascii_case(&path));
            return (!there).then_some(false);
        };
        let _held = self.spending.hold(bytes.len() as u64 * 2).ok()?;
        let mut relations = false;
        for transform in transforms {
            let algorithm = transform.attribute("Algorithm")?;
            if algorithm == RELATIONS {
                bytes = self.relations(transform, &bytes)?;
                relations = true;
            } else {
                let method = Method::by_uri(algorithm)?;
                if self.children(transform).next().is_some() {
                    return None;
                }
                // The relations are in that form already.
                if !relations {
                    bytes = canonical(&bytes, 0, method)?;
                }
            }
        }
        Some(hash.of(&bytes) == stated)
    }

    /// An element of the same file, by its Id.
    fn inner(
        &mut self,
        id: &str,
        transforms: &[&'a Element],
        hash: Hash,
        stated: &[u8],
    ) -> Option<bool> {
        let mut named = self.elements.iter().filter(|it| {
            ["Id", "ID", "id"]
                .iter()
                .any(|name| it.attribute(name) == Some(id))
        });
        let target = named.next()?;
        if named.next().is_some() {
            return None;
        }
        let method = match transforms {
            [] => Method::Inclusive,
            [one] if self.children(one).next().is_none() => {
                Method::by_uri(one.attribute("Algorithm")?)?
            }
            _ => return None,
        };
        if hash.of(&canonical(self.xml, target.number, method)?) != stated {
            return Some(false);
        }
        // What a manifest names is signed with it.
        let manifests: Vec<&Element> = self
            .elements
            .iter()
            .filter(|it| it.name == "Manifest" && self.is_within(it, target))
            .collect();
        for manifest in manifests {
            match self.references(manifest)? {
                Status::Valid => {}
                _ => return Some(false),
            }
        }
        Some(true)
    }

    /// The relationships transform (ECMA-376 part 2 clause 10.5.8), in canonical form.
    fn relations(&self, transform: &Element, bytes: &[u8]) -> Option<Vec<u8>> {
        let (mut ids, mut kinds) = (HashSet::new(), HashSet::new());
        for chosen in self.children(transform) {
            match chosen.name.as_str() {
                "RelationshipReference" => ids.insert(chosen.attribute("SourceId")?),
                "RelationshipsGroupReference" => kinds.insert(chosen.attribute("SourceType")?),
                _ => return None,
            };
        }
        let list = elements(bytes)?;
        let mut kept: Vec<&Element> = list
            .iter()
            .filter(|it| it.name == "Relationship" && it.parent == 1)
            .filter(|it| {
                it.attribute("Id").is_some_and(|id| ids.contains(id))
                    || it
                        .attribute("Type")
                        .is_some_and(|kind| kinds.contains(kind))
            })
            .collect();
        kept.sort_by_key(|it| it.attribute("Id"));
        let mut out = format!("<Relationships xmlns=\"{RELATIONSHIPS}\">").into_bytes();
        for relation in kept {
            out.extend_from_slice(b"<Relationship");
            for name in ["Id", "Target", "TargetMode", "Type"] {
                let inside = (name == "TargetMode").then_some("Internal");
                let value = relation.attribute(name).or(inside)?;
                out.extend_from_slice(format!(" {name}=\"").as_bytes());
                escape(&mut out, value, true);
                out.push(b'"');
            }
            out.extend_from_slice(b"></Relationship>");
        }
        out.extend_from_slice(b"</Relationships>");
        Some(out)
    }

    /// Whether everything in the package is signed but what its format leaves out.
    fn covers_all(&self, format: SignatureFormat) -> bool {
        let free = |path: &str| match format {
            SignatureFormat::Ooxml => {
                path == "[content_types].xml"
                    || path.starts_with("_xmlsignatures/")
                    || path.starts_with("docprops/")
                    // Relationships of the signature's own.
                    || path == "_rels/.rels"
            }
            _ => {
                path == "meta-inf/documentsignatures.xml" || path == "meta-inf/macrosignatures.xml"
            }
        };
        !self.seen.is_empty()
            && self.archive.members().all(|path| {
                let path = path.to_ascii_lowercase();
                path.ends_with('/') || free(&path) || self.seen.contains(&path)
            })
    }
}

fn hash_of(uri: &str) -> Option<Hash> {
    let known = [
        "http://www.w3.org/2000/09/xmldsig#",
        "http://www.w3.org/2001/04/xmlenc#",
        "http://www.w3.org/2001/04/xmldsig-more#",
    ];
    let name = known.iter().find_map(|start| uri.strip_prefix(start))?;
    Hash::by_name(name)
}

fn scheme(uri: &str) -> Option<Scheme> {
    let name = match uri.strip_prefix("http://www.w3.org/2000/09/xmldsig#") {
        Some(name) => name,
        None => uri.strip_prefix("http://www.w3.org/2001/04/xmldsig-more#")?,
    };
    let (kind, hash) = name.split_once('-')?;
    let hash = Hash::by_name(hash)?;
    match kind {
        "rsa" => Some(Scheme::Pkcs1(hash)),
        "ecdsa" => Some(Scheme::EcdsaPair(hash)),
        _ => None,
    }
}

fn unescaped(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit()?, digit()?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

const ODF_FILE: &str = "META-INF/documentsignatures.xml";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
/// Bytes of a file of signatures, and of a signed part.
const MAX_SIGNATURE_FILE: usize = 2 << 20;
const MAX_PART: usize = 64 << 20;
/// Signatures of one file that are looked at: each reads all of it.
const MANY_SIGNATURES: usize = 8;
const MANY_ELEMENTS: usize = 20_000;
