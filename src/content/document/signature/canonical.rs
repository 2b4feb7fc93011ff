//! Canonical XML (W3C, Canonical XML 1.0 and Exclusive XML Canonicalization 1.0, without comments), for
//! what Office and LibreOffice sign: UTF-8, no DOCTYPE. Anything else is `None`, never a guess.

/// How a document or a piece of it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Inclusive,
    Exclusive,
}

impl Method {
    /// By its identifier.
    pub(super) fn by_uri(uri: &str) -> Option<Self> {
        match uri {
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
            | "http://www.w3.org/2006/12/xml-c14n11" => Some(Self::Inclusive),
            "http://www.w3.org/2001/10/xml-exc-c14n"
            | "http://www.w3.org/2001/10/xml-exc-c14n#" => Some(Self::Exclusive),
            _ => None,
        }
    }
}

/// A piece of XML as it comes.
#[derive(Debug)]
pub(super) enum Piece<'x> {
    Start {
        name: &'x str,
        attributes: Vec<(&'x str, String)>,
        empty: bool,
    },
    End(&'x str),
    Text(String),
    Instruction(&'x str),
}

/// Takes XML apart. None of its items may be skipped: `None` inside means that it is not read here.
pub(super) struct Pieces<'x> {
    rest: &'x str,
}

impl<'x> Pieces<'x> {
    pub(super) fn new(bytes: &'x [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        let declared = rest
            .strip_prefix("<?xml")
            .and_then(|it| it.split_once("?>"));
        if let Some((declaration, _)) = declared
            && let Some((_, encoding)) = declaration.split_once("encoding")
        {
            let encoding = encoding.to_ascii_lowercase();
            if !encoding.contains("utf-8") && !encoding.contains("us-ascii") {
                return None;
            }
        }
        Some(Self { rest })
    }

    /// The next piece; `Ok(None)` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'x>>, ()> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let Some(markup) = self.rest.strip_prefix('<') else {
                let end = memchr::memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Ok(Some(Piece::Text(resolved(text, false).ok_or(())?)));
            };
            if let Some(comment) = markup.strip_prefix("!--") {
                self.rest = comment.split_once("-->").ok_or(())?.1;
                continue;
            }
            if let Some(data) = markup.strip_prefix("![CDATA[") {
                let (text, rest) = data.split_once("]]>").ok_or(())?;
                self.rest = rest;
                return Ok(Some(Piece::Text(line_ends(text))));
            }
            if markup.starts_with('!') {
                return Err(());
            }
            if let Some(instruction) = markup.strip_prefix('?') {
                let (instruction, rest) = instruction.split_once("?>").ok_or(())?;
                self.rest = rest;
                if instruction.split(SPACES).next() == Some("xml") {
                    continue;
                }
                return Ok(Some(Piece::Instruction(instruction)));
            }
            if let Some(end) = markup.strip_prefix('/') {
                let (name, rest) = end.split_once('>').ok_or(())?;
                self.rest = rest;
                return Ok(Some(Piece::End(name.trim_end_matches(SPACES))));
            }
            return self.start(markup).map(Some).ok_or(());
        }
    }

    fn start(&mut self, markup: &'x str) -> Option<Piece<'x>> {
        let end = markup.find(|c: char| SPACES.contains(&c) || c == '>' || c == '/')?;
        let (name, mut rest) = markup.split_at(end);
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start_matches(SPACES);
            if let Some(behind) = rest.strip_prefix("/>") {
                self.rest = behind;
                return Some(Piece::Start {
                    name,
                    attributes,
                    empty: true,
                });
            }
            if let Some(behind) = rest.strip_prefix('>') {
                self.rest = behind;
                return Some(Piece::Start {
                    name,
                    attributes,
                    empty: false,
                });
            }
            let (attribute, value) = rest.split_once('=')?;
            let attribute = attribute.trim_end_matches(SPACES);
            let good = |c: char| !c.is_whitespace() && !"<>\"'/".contains(c);
            if attribute.is_empty() || !attribute.chars().all(good) || attributes.len() >= MANY {
                return None;
            }
            let value = value.trim_start_matches(SPACES);
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, behind) = value.get(1..)?.split_once(quote)?;
            if value.contains('<') {
                return None;
            }
            attributes.push((attribute, resolved(value, true)?));
            rest = behind;
        }
    }
}

/// Line ends become LF; in an attribute's value, spaces.
fn line_ends(text: &str) -> String {
    match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n"),
        false => text.to_owned(),
    }
}

/// Entities become characters.
fn resolved(text: &str, attribute: bool) -> Option<String> {
    let mut text = line_ends(text);
    if attribute && text.contains(['\t', '\n']) {
        text = text.replace(['\t', '\n'], " ");
    }
    if !text.contains('&') {
        return Some(text);
    }
    let mut found = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once('&') {
        found.push_str(before);
        let end = behind.bytes().take(12).position(|byte| byte == b';')?;
        let (entity, behind) = (behind.get(..end)?, behind.get(end + 1..)?);
        found.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = entity.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        rest = behind;
    }
    found.push_str(rest);
    Some(found)
}

/// A prefix that is bound to a name space, and how deep.
type Bound = (String, String, usize);

/// Writes the element with this number (0 is the document itself, with what stands around it; elements
/// count from 1 in the order in which they begin) in canonical form.
pub(super) fn canonical(xml: &[u8], element: usize, method: Method) -> Option<Vec<u8>> {
    let mut pieces = Pieces::new(xml)?;
    let mut out = Vec::with_capacity(xml.len());
    let mut bound: Vec<Bound> = Vec::new();
    let mut rendered: Vec<Bound> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut count = 0_usize;
    // The depth at which what is written began; none: not begun.
    let mut from = (element == 0).then_some(0_usize);
    let mut root_over = false;
    while let Some(piece) = pieces.next().ok()? {
        match piece {
            Piece::Start {
                name,
                attributes,
                empty,
            } => {
                count += 1;
                if open.len() >= DEEP || (open.is_empty() && root_over) {
                    return None;
                }
                let depth = open.len() + 1;
                for (attribute, value) in &attributes {
                    let prefix = match attribute.strip_prefix("xmlns") {
                        Some("") => "",
                        Some(rest) => match rest.strip_prefix(':') {
                            Some(prefix) => prefix,
                            None => continue,
                        },
                        None => continue,
                    };
                    bound.push((prefix.to_owned(), value.clone(), depth));
                    if bound.len() > MANY {
                        return None;
                    }
                }
                // What inherits xml:lang from outside of the piece is not done here.
                let own = count == element;
                if from.is_none() && !own && attributes.iter().any(|(it, _)| it.starts_with("xml:"))
                {
                    return None;
                }
                if own {
                    from = Some(depth);
                }
                if from.is_some() {
                    let at = (depth, own);
                    start(
                        &mut out,
                        (name, &attributes),
                        at,
                        method,
                        &bound,
                        &mut rendered,
                    )?;
                }
                open.push(name);
                if empty && close(&mut out, &mut open, &mut bound, &mut rendered, &mut from)? {
                    return Some(out);
                }
                root_over |= open.is_empty();
            }
            Piece::End(name) => {
                if open.last() != Some(&name) {
                    return None;
                }
                if close(&mut out, &mut open, &mut bound, &mut rendered, &mut from)? {
                    return Some(out);
                }
                root_over |= open.is_empty();
            }
            Piece::Text(text) => {
                if open.is_empty() && !text.trim_matches(SPACES).is_empty() {
                    return None;
                }
                if from.is_some() && !open.is_empty() {
                    escape(&mut out, &text, false);
                }
            }
            Piece::Instruction(instruction) if from.is_some() => {
                if open.is_empty() && root_over {
                    out.push(b'\n');
                }
                let (target, data) = instruction.split_once(SPACES).unwrap_or((instruction, ""));
                out.extend_from_slice(format!("<?{target}").as_bytes());
                let data = line_ends(data.trim_start_matches(SPACES));
                if !data.is_empty() {
                    out.push(b' ');
                    out.extend_from_slice(data.as_bytes());
                }
                out.extend_from_slice(b"?>");
                if open.is_empty() && !root_over {
                    out.push(b'\n');
                }
            }
            Piece::Instruction(_) => {}
        }
    }
    (element == 0 && root_over && open.is_empty()).then_some(out)
}

/// Ends an element; true where it was the last that is written.
fn close(
    out: &mut Vec<u8>,
    open: &mut Vec<&str>,
    bound: &mut Vec<Bound>,
    rendered: &mut Vec<Bound>,
    from: &mut Option<usize>,
) -> Option<bool> {
    let depth = open.len();
    let name = open.pop()?;
    while bound.last().is_some_and(|(_, _, at)| *at >= depth) {
        bound.pop();
    }
    while rendered.last().is_some_and(|(_, _, at)| *at >= depth) {
        rendered.pop();
    }
    if from.is_some() {
        out.extend_from_slice(b"</");
        out.extend_from_slice(name.as_bytes());
        out.push(b'>');
    }
    Some(*from == Some(depth))
}

fn look<'b>(bound: &'b [Bound], prefix: &str) -> Option<&'b str> {
    let mut found = bound.iter().rev();
    found
        .find(|(known, _, _)| known == prefix)
        .map(|(_, uri, _)| uri.as_str())
}

/// A start tag: name spaces first, by prefix; then attributes, by name space and name.
fn start(
    out: &mut Vec<u8>,
    (name, attributes): (&str, &[(&str, String)]),
    (depth, apex): (usize, bool),
    method: Method,
    bound: &[Bound],
    rendered: &mut Vec<Bound>,
) -> Option<()> {
    let prefix_of = |name: &str| {
        name.split_once(':')
            .map_or("", |(prefix, _)| prefix)
            .to_owned()
    };
    let is_binding = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
    let plain = || attributes.iter().filter(|(name, _)| !is_binding(name));
    let mut prefixes: Vec<String> = match method {
        // Within the piece only new bindings can differ from what is written already.
        Method::Inclusive => {
            let new = bound.iter().filter(|(_, _, at)| apex || *at == depth);
            new.map(|(prefix, _, _)| prefix.clone()).collect()
        }
        Method::Exclusive => {
            let used = plain().map(|(name, _)| prefix_of(name));
            used.filter(|prefix| !prefix.is_empty())
                .chain([prefix_of(name)])
                .collect()
        }
    };
    let own = prefix_of(name);
    if !own.is_empty() && look(bound, &own).is_none() {
        return None;
    }
    prefixes.retain(|prefix| prefix != "xml");
    prefixes.sort();
    prefixes.dedup();
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    for prefix in prefixes {
        let uri = match look(bound, &prefix) {
            Some(uri) => uri,
            None if prefix.is_empty() => "",
            None => return None,
        };
        if look(rendered, &prefix).unwrap_or_default() == uri {
            continue;
        }
        out.extend_from_slice(b" xmlns");
        if !prefix.is_empty() {
            out.push(b':');
            out.extend_from_slice(prefix.as_bytes());
        }
        out.extend_from_slice(b"=\"");
        escape(out, uri, true);
        out.push(b'"');
        rendered.push((prefix, uri.to_owned(), depth));
    }
    let mut sorted = Vec::with_capacity(attributes.len());
    for (name, value) in plain() {
        let (uri, local) = match name.split_once(':') {
            Some(("xml", local)) => ("http://www.w3.org/XML/1998/namespace", local),
            Some((prefix, local)) => (look(bound, prefix)?, local),
            None => ("", *name),
        };
        sorted.push((uri, local, *name, value));
    }
    sorted.sort();
    if sorted
        .windows(2)
        .any(|two| matches!(two, [(a, b, ..), (c, d, ..)] if (a, b) == (c, d)))
    {
        return None;
    }
    for (_, _, name, value) in sorted {
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        escape(out, value, true);
        out.push(b'"');
    }
    out.push(b'>');
    Some(())
}

pub(super) fn escape(out: &mut Vec<u8>, text: &str, attribute: bool) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' if !attribute => out.extend_from_slice(b"&gt;"),
            b'\r' => out.extend_from_slice(b"&#xD;"),
            b'"' if attribute => out.extend_from_slice(b"&quot;"),
            b'\t' if attribute => out.extend_from_slice(b"&#x9;"),
            b'\n' if attribute => out.extend_from_slice(b"&#xA;"),
            byte => out.push(byte),
        }
    }
}

pub(super) const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];
/// Elements within elements, attributes of one element, bindings in force.
const DEEP: usize = 256;
const MANY: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(xml: &str) -> Option<String> {
        let out = canonical(xml.as_bytes(), 0, Method::Inclusive)?;
        Some(String::from_utf8(out).unwrap())
    }

    /// Examples of Canonical XML 1.0, sections 3.1 to 3.4, as far as they have no DOCTYPE.
    #[test]
    fn examples_of_the_recommendation() {
        let xml = "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n\
                   <doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n";
        assert_eq!(
            whole(xml).unwrap(),
            "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>"
        );
        let xml = "<doc>\n   <e1   />\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   \
                   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\" xmlns:b=\"http://www.ietf.org\" xmlns:a=\"http://www.w3.org\" xmlns=\"http://example.org\"/>\n   \
                   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\"><e7 xmlns=\"http://www.ietf.org\"><e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\"><e9 xmlns=\"\"/></e8></e7></e6></doc>";
        assert_eq!(
            whole(xml).unwrap(),
            "<doc>\n   <e1></e1>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   \
             <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n   \
             <e6 xmlns:a=\"http://www.w3.org\"><e7 xmlns=\"http://www.ietf.org\"><e8 xmlns=\"\"><e9></e9></e8></e7></e6></doc>"
        );
        let xml = "<doc><text>First line&#x0d;&#10;Second line</text><value>&#x32;</value><compute><![CDATA[value>\"0\" && value<\"10\"]]></compute><compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>x</compute></doc>";
        assert_eq!(
            whole(xml).unwrap(),
            "<doc><text>First line&#xD;\nSecond line</text><value>2</value><compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\"</compute><compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">x</compute></doc>"
        );
    }

    #[test]
    fn a_piece_takes_its_name_spaces_along() {
        let xml = b"<a xmlns='u:a' xmlns:b='u:b' xmlns:c='u:c'><b:x><c:y z='1'/></b:x></a>";
        let text =
            |element, method| String::from_utf8(canonical(xml, element, method).unwrap()).unwrap();
        assert_eq!(
            text(3, Method::Inclusive),
            "<c:y xmlns=\"u:a\" xmlns:b=\"u:b\" xmlns:c=\"u:c\" z=\"1\"></c:y>"
        );
        assert_eq!(
            text(3, Method::Exclusive),
            "<c:y xmlns:c=\"u:c\" z=\"1\"></c:y>"
        );
        assert_eq!(
            text(2, Method::Exclusive),
            "<b:x xmlns:b=\"u:b\"><c:y xmlns:c=\"u:c\" z=\"1\"></c:y></b:x>"
        );
    }

    #[test]
    fn what_is_not_read_here_is_nothing() {
        for xml in [
            "<!DOCTYPE a><a/>",
            "<a>&own;</a>",
            "<a><b></a>",
            "<a",
            "<a></b>",
            "<a b='1' b='1'/>",
            "<x:a/>",
            "<a/><b/>",
            "<?xml version='1.0' encoding='utf-16'?><a/>",
            "",
        ] {
            let found = whole(xml);
            assert_eq!(found, None, "{xml}");
        }
        let deep = "<a>".repeat(5000) + &"</a>".repeat(5000);
        assert_eq!(whole(&deep), None);
    }
}
