//! Shortcuts to addresses: `.url` and `.website` of Windows, `.webloc` of macOS.
//!
//! One that leads to a page is no more than a link in a letter (`url-shortcut`). One whose target is
//! anything else starts what it names when it is opened: a program or a share (`file:`, `\\host\…`,
//! a path), a command of an installed program (`ms-msdt:`, `search-ms:`, `javascript:`). That is
//! what a `.lnk` does, so it is `url-launcher`, of the class *executable*. So is one whose icon or
//! working folder lies on another computer: opening the folder that it lies in sends the user's
//! password hash there (CVE-2024-43451), or takes the program from there (CVE-2025-33053).

use memchr::memmem;

use super::Sample;

/// Whether a shortcut of Windows starts something; its text in lower case.
pub(super) fn launches(text: &[u8]) -> bool {
    text.split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter_map(|line| {
            let at = memchr::memchr(b'=', line)?;
            Some((
                line.get(..at)?.trim_ascii(),
                line.get(at + 1..)?.trim_ascii(),
            ))
        })
        .any(|(key, value)| match key {
            b"url" => !is_web(value),
            b"iconfile" | b"workingdirectory" => is_remote(value),
            _ => false,
        })
}

/// What a property list of macOS with an address is, if it is a shortcut; its text in lower case.
pub(super) fn webloc(sample: &Sample<'_>, text: &[u8]) -> Option<&'static str> {
    if !named(sample) {
        return None;
    }
    let key = memmem::find(text, b"<key>url</key>")?;
    let rest = text.get(key..)?;
    let value = rest.get(memmem::find(rest, b"<string>")? + 8..)?;
    Some(match is_web(value.trim_ascii_start()) {
        true => "url-shortcut",
        false => "url-launcher",
    })
}

/// A `.webloc` in the binary form of property lists.
pub(super) fn is_binary_webloc(sample: &Sample<'_>) -> bool {
    is_binary(sample) && !is_binary_launcher(sample)
}

/// The same, with a file as its target.
pub(super) fn is_binary_launcher(sample: &Sample<'_>) -> bool {
    is_binary(sample) && memmem::find(sample.head, b"http").is_none()
}

fn is_binary(sample: &Sample<'_>) -> bool {
    sample.head.starts_with(b"bplist") && named(sample)
}

fn named(sample: &Sample<'_>) -> bool {
    ["webloc", "inetloc", "fileloc"]
        .iter()
        .any(|extension| sample.named(extension))
}

/// Whether an address only opens a page or begins a letter or a call.
fn is_web(target: &[u8]) -> bool {
    let target = target.strip_prefix(b"\"").unwrap_or(target);
    target.is_empty()
        || [
            &b"http://"[..],
            b"https://",
            b"ftp://",
            b"ftps://",
            b"mailto:",
            b"tel:",
            b"about:blank",
            b"www.",
        ]
        .iter()
        .any(|scheme| target.starts_with(scheme))
}

/// Whether a path leads to another computer: UNC, WebDAV, `file://host/`.
fn is_remote(path: &[u8]) -> bool {
    let path = path.strip_prefix(b"\"").unwrap_or(path);
    let path = path.strip_prefix(b"file:").unwrap_or(path);
    match path {
        // `file:///c:/…` is a path of this computer.
        [b'/', b'/', b'/', ..] => false,
        [b'/' | b'\\', b'/' | b'\\', ..] => true,
        _ => false,
    }
}
