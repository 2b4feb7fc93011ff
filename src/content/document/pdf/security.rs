//! Which objects of a PDF are encrypted, and how: reads `/Encrypt`.

use super::{
    crypt::{Handler, Method},
    file::File,
    object::{self, Dict, Value},
};

/// What the trailers of a file say of its encryption.
pub(super) enum Security {
    Plain,
    /// The standard handler: revisions of the file may say different things.
    Standard(Vec<Handler>),
    /// Another one: certificates, an add-on.
    Other,
}

/// Reads the trailers and the cross-reference streams.
pub(super) fn find(file: &File, streams: &[Dict<'_>]) -> Security {
    let bytes = file.bytes();
    let mut handlers = Vec::new();
    let mut other = false;
    let mut trailer = |dict: &Dict<'_>| {
        for encrypt in dict.all("Encrypt") {
            for (_, value) in file.meant(encrypt) {
                let Value::Dict(encrypt) = value else {
                    continue;
                };
                if handlers.len() >= MAX_HANDLERS {
                    return;
                }
                let standard = file.is_named(&encrypt, "Filter", &["Standard"]);
                match handler(file, &encrypt, &id(file, dict)).filter(|_| standard) {
                    Some(handler) => handlers.push(handler),
                    None => other = true,
                }
            }
        }
    };
    for at in memchr::memmem::rfind_iter(bytes, b"trailer").take(MAX_TRAILERS) {
        let (value, _) = object::read(bytes, at + b"trailer".len(), &mut |_| ());
        if let Some(dict) = value.dict() {
            trailer(dict);
        }
    }
    streams.iter().for_each(trailer);
    match (handlers.is_empty(), other) {
        (false, _) => Security::Standard(handlers),
        (true, true) => Security::Other,
        (true, false) => Security::Plain,
    }
}

/// The first piece of `/ID`.
fn id(file: &File, trailer: &Dict<'_>) -> Vec<u8> {
    let list = trailer
        .get("ID")
        .map(|id| file.meant(id))
        .unwrap_or_default();
    let list = list.into_iter().find_map(|(_, value)| match value {
        Value::Array(list) => list.into_iter().next(),
        _ => None,
    });
    text(file, list.as_ref())
}

fn text(file: &File, value: Option<&Value<'_>>) -> Vec<u8> {
    let found = value.map(|value| file.meant(value)).unwrap_or_default();
    let text = found.into_iter().find_map(|(_, value)| match value {
        Value::Text(text) => Some(text.bytes(MAX_VALUE)),
        _ => None,
    });
    text.unwrap_or_default()
}

fn handler(file: &File, dict: &Dict<'_>, id: &[u8]) -> Option<Handler> {
    let int = |key: &str| file.int(dict.get(key));
    let version = int("V").unwrap_or(0);
    let revision = int("R")?;
    if !(2..=6).contains(&revision) {
        return None;
    }
    let bits = int("Length").unwrap_or(40);
    // Some writers count bytes.
    let bytes = if bits < 40 { bits } else { bits / 8 };
    let mut handler = Handler {
        revision,
        key_length: match version {
            1 => 5,
            4.. => 16,
            _ => usize::try_from(bytes).unwrap_or(5).clamp(5, 16),
        },
        owner: text(file, dict.get("O")),
        user: text(file, dict.get("U")),
        owner_key: text(file, dict.get("OE")),
        user_key: text(file, dict.get("UE")),
        permissions: permissions(int("P")?),
        id: id.to_vec(),
        encrypt_metadata: !matches!(dict.get("EncryptMetadata"), Some(Value::False)),
        ..Handler::default()
    };
    if version < 4 {
        handler.streams = Method::Rc4;
        handler.strings = Method::Rc4;
        handler.files = Method::Rc4;
        return Some(handler);
    }
    for (_, value) in dict
        .get("CF")
        .map(|value| file.meant(value))
        .unwrap_or_default()
    {
        let Value::Dict(filters) = value else {
            continue;
        };
        for (name, filter) in filters.entries() {
            for (_, filter) in file.meant(filter) {
                let Value::Dict(filter) = filter else {
                    continue;
                };
                let is = |name: &str| file.is_named(&filter, "CFM", &[name]);
                let method = match () {
                    () if is("V2") => Method::Rc4,
                    () if is("AESV2") => Method::Aes128,
                    () if is("AESV3") => Method::Aes256,
                    () if is("None") => Method::Identity,
                    () => Method::Unknown,
                };
                handler.named.push((name.to_vec(), method));
            }
        }
    }
    let method = |key: &str| {
        let name = dict.get(key).and_then(Value::name)?;
        Some(handler.method(name))
    };
    let streams = method("StmF").unwrap_or_default();
    let strings = method("StrF").unwrap_or_default();
    let files = method("EFF").unwrap_or(streams);
    (handler.streams, handler.strings, handler.files) = (streams, strings, files);
    Some(handler)
}

/// Some writers give the 32 bits without their sign.
fn permissions(value: i64) -> i32 {
    let low = value & 0xffff_ffff;
    u32::try_from(low).unwrap_or_default().cast_signed()
}

/// Trailers that are read, from the end of the file.
const MAX_TRAILERS: usize = 64;
/// Different encryptions that are tried.
const MAX_HANDLERS: usize = 4;
/// Bytes of a value: 127 are the most that a revision has.
const MAX_VALUE: usize = 512;
