//! Scripts by content: source text that a program of the system runs when it is opened.
//!
//! A source text is also something that people write *about*: a letter that quotes a command, a
//! technician's notes, a patch. So a finding by content demands
//!
//! 1. a file, not the text of a letter ([`Sample::body`]);
//! 2. a name that does not end in an extension which only opens in an editor ([`READ_ONLY`]): `a.txt`
//!    with a script in it is a text for everyone who opens it. Without a name, or with a name such as
//!    `thong-bao.doc`, nothing tells what will open it, and the content decides;
//! 3. strong signs: a first line that names its interpreter, an opening that no other file has, or
//!    words of one language that weigh [`ENOUGH`] together.
//!
//! Scripts with a name of their own (`.js`, `.vbs`, `.bat`) need none of this: the name decides.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memmem;

use super::{Found, Sample, text::Folded};

/// Finds the kinds of this text and adds them.
pub(super) fn kinds(sample: &Sample<'_>, text: &Folded<'_>, found: &mut Found) {
    let start = text.start();
    // Whatever its name: Unix runs a file by its first line.
    if let Some(id) = interpreter(start) {
        found.add(id);
        return;
    }
    if is_read_only(sample) {
        return;
    }
    let code = behind_comments(start);
    for (id, opening) in OPENINGS {
        if start.starts_with(opening.as_bytes()) || code.starts_with(opening.as_bytes()) {
            found.add(id);
            return;
        }
    }
    if let Some(id) = section(text)
        .or_else(|| encoded(text))
        .or_else(|| heaviest(text))
        .or_else(|| called(sample))
    {
        found.add(id);
    }
}

/// What a text is by its name alone, where Windows knows no other use for that name.
fn called(sample: &Sample<'_>) -> Option<&'static str> {
    CALLED
        .iter()
        .find(|(extension, _)| sample.named(extension))
        .map(|(_, id)| *id)
}

static CALLED: &[(&str, &str)] = &[
    ("ps1", "script-ps1"),
    ("psm1", "script-ps1"),
    ("vbs", "script-vbs"),
    ("bat", "script-bat"),
    ("cmd", "script-bat"),
];

/// Whether a name says that the file opens in an editor or a table, so that nothing in it is run. Where another
/// name of the same file says that it is run (a ZIP names a member twice), the content decides.
pub(super) fn is_read_only(sample: &Sample<'_>) -> bool {
    let any = |list: &[&str]| list.iter().any(|extension| sample.named(extension));
    let read_me = |name: &&str| READ_ME.iter().any(|known| name.eq_ignore_ascii_case(known));
    (any(READ_ONLY) || sample.names.iter().any(read_me)) && !any(RUN)
}

/// Extensions by which a system runs a file of text.
static RUN: &[&str] = &[
    "bat", "cmd", "hta", "js", "jse", "ksh", "pl", "ps1", "psm1", "py", "pyw", "rb", "sh", "vbe",
    "vbs", "wsf", "wsh",
];

/// A script of Windows in its encoded form: the interpreter looks for the sign anywhere, behind it
/// stand a length of six characters and `==`.
fn encoded(text: &Folded<'_>) -> Option<&'static str> {
    memmem::find_iter(text.all(), b"#@~^")
        .any(|at| text.all().get(at + 10..at + 12) == Some(b"=="))
        .then_some("script-encoded")
}

/// The language whose words weigh [`ENOUGH`] within [`WINDOW`] bytes; each word counts once. Within a
/// window, because in a long text some word or other of every language stands somewhere.
fn heaviest(text: &Folded<'_>) -> Option<&'static str> {
    // Where each word was last seen, from 1 on.
    let mut seen = [0usize; MOST];
    let mut best: Option<(u32, &'static str)> = None;
    for word in FINDER.as_ref()?.find_overlapping_iter(text.all()) {
        let (index, at) = (word.pattern().as_usize(), word.start() + 1);
        let (Some(last), Some((language, ..))) = (seen.get_mut(index), WORDS.get(index)) else {
            continue;
        };
        let from = at.saturating_sub(WINDOW).max(1);
        let known = *last >= from;
        *last = at;
        if known {
            continue;
        }
        let weight: u32 = WORDS
            .iter()
            .zip(&seen)
            .filter(|(word, seen)| word.0 == *language && **seen >= from)
            .map(|(word, _)| word.2)
            .sum();
        if weight >= ENOUGH && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// From the first line that is neither empty nor a comment of some script language.
fn behind_comments(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        let comment = [
            &b"'"[..],
            b"rem ",
            b"rem\t",
            b"::",
            b"//",
            b"# ",
            b"##",
            b";",
        ]
        .iter()
        .any(|sign| text.starts_with(sign));
        match memchr::memchr(b'\n', text) {
            Some(end) if comment => text = text.get(end..).unwrap_or_default(),
            _ => return text,
        }
    }
}

/// `#!` and a path: the kernel runs the file with the program that stands there.
fn interpreter(start: &[u8]) -> Option<&'static str> {
    let line = start
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?
        .trim_ascii();
    if !line.starts_with(b"/") {
        return None;
    }
    let mut words = line
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty());
    let mut program = words.next()?.rsplit(|byte| *byte == b'/').next()?;
    if program == b"env" {
        program = words.find(|word| !word.starts_with(b"-"))?;
    }
    let is = |name: &[u8]| program.starts_with(name);
    Some(match program {
        b"sh" | b"ash" | b"bash" | b"csh" | b"dash" | b"ksh" | b"tcsh" | b"zsh" => "script-sh",
        _ if is(b"python") || is(b"pypy") => "script-python",
        _ if is(b"perl") => "script-perl",
        _ if is(b"pwsh") => "script-ps1",
        _ => "script-other",
    })
}

/// Files in sections (`[name]`, then `key=value`) that Windows or a desktop acts on.
fn section(text: &Folded<'_>) -> Option<&'static str> {
    let lines = || {
        let lines = text
            .all()
            .split(|byte| matches!(byte, b'\n' | b'\r'))
            .map(<[u8]>::trim_ascii);
        lines.filter(|line| !line.is_empty() && !matches!(line[0], b';' | b'#'))
    };
    let key = |wanted: &[u8]| {
        lines().any(|line| {
            let name = line.split(|byte| *byte == b'=').next().unwrap_or_default();
            name.len() < line.len() && name.trim_ascii_end() == wanted
        })
    };
    match lines().next()? {
        b"[autorun]"
            if [&b"open"[..], b"shellexecute", b"icon", b"action"]
                .map(key)
                .contains(&true) =>
        {
            Some("inf")
        }
        b"[shell]" if key(b"command") || key(b"iconfile") => Some("scf"),
        b"[version]" if key(b"signature") => Some("inf"),
        b"[desktop entry]" if key(b"exec") || key(b"url") => Some("desktop-entry"),
        _ => None,
    }
}

/// Extensions that open in an editor or a table, never in an interpreter.
static READ_ONLY: &[&str] = &[
    "txt", "md", "markdown", "rst", "adoc", "log", "csv", "tsv", "json", "yaml", "yml", "toml",
    "conf", "cfg", "ini", "sql", "tex", "bib", "css", "patch", "diff", "c", "h", "cc", "cpp",
    "hpp", "cs", "java", "kt", "go", "rs", "ts", "po", "srt", "lst", "nfo", "ipynb",
    // Source of VBA and of web servers: nothing runs it when it is opened.
    "bas", "cls", "frm", "asp", "aspx", "jsp",
];

/// Names without an extension that everybody reads, in any case.
static READ_ME: &[&str] = &[
    "readme",
    "install",
    "license",
    "licence",
    "copying",
    "changelog",
    "changes",
    "news",
    "todo",
    "authors",
    "notice",
    "makefile",
    "dockerfile",
];

/// Openings that make it certain, in lower case.
static OPENINGS: &[(&str, &str)] = &[
    ("reg", "windows registry editor version 5.00"),
    ("reg", "regedit4"),
    ("script-encoded", "#@~^"),
    ("script-bat", "@echo off"),
    ("script-bat", "@powershell"),
    ("script-bat", "@setlocal"),
    ("script-bat", "@start "),
    ("script-bat", "@if "),
];

/// What the words of one language must weigh together, and within how many bytes.
const ENOUGH: u32 = 4;
const WINDOW: usize = 4096;
/// No fewer than there are [`WORDS`].
const MOST: usize = 128;

/// Words that speak for a language, in lower case, with their weight: 1 for what also stands in other
/// texts, 2 for what is its own, 3 for what hardly stands anywhere but in a program.
static WORDS: &[(&str, &str, u32)] = &[
    ("script-vbs", "createobject(", 2),
    ("script-vbs", "wscript.shell", 1),
    ("script-vbs", "wscript.createobject", 2),
    ("script-vbs", "wscript.sleep", 2),
    ("script-vbs", "wscript.scriptfullname", 2),
    ("script-vbs", "on error resume next", 3),
    ("script-vbs", "option explicit", 2),
    ("script-vbs", "scripting.filesystemobject", 1),
    ("script-vbs", "adodb.stream", 1),
    ("script-vbs", "msxml2.xmlhttp", 1),
    ("script-vbs", "end function", 1),
    ("script-vbs", "end sub", 1),
    ("script-vbs", "executeglobal", 3),
    ("script-vbs", "strreverse(", 1),
    ("script-vbs", "getobject(\"winmgmts", 3),
    ("script-vbs", "\ndim ", 1),
    ("script-js", "activexobject(", 3),
    ("script-js", "wscript.shell", 1),
    ("script-js", "wscript.createobject", 1),
    ("script-js", "wscript.quit", 1),
    ("script-js", "wscript.echo", 1),
    ("script-js", "scripting.filesystemobject", 1),
    ("script-js", "adodb.stream", 1),
    ("script-js", "msxml2.xmlhttp", 1),
    ("script-js", "string.fromcharcode", 2),
    ("script-js", "eval(", 2),
    ("script-js", "require('child_process')", 3),
    ("script-js", "require(\"child_process\")", 3),
    ("script-js", "function(", 1),
    ("script-js", "var ", 1),
    ("script-ps1", "invoke-expression", 2),
    ("script-ps1", "invoke-webrequest", 2),
    ("script-ps1", "iex(", 2),
    ("script-ps1", "iex (", 2),
    ("script-ps1", "| iex", 2),
    ("script-ps1", "downloadstring(", 2),
    ("script-ps1", "downloadfile(", 2),
    ("script-ps1", "new-object ", 2),
    ("script-ps1", "net.webclient", 1),
    ("script-ps1", "frombase64string(", 2),
    ("script-ps1", "[system.", 1),
    ("script-ps1", "$env:", 2),
    ("script-ps1", "start-process", 2),
    ("script-ps1", "set-executionpolicy", 2),
    ("script-ps1", "[cmdletbinding(", 3),
    ("script-ps1", "write-host", 1),
    ("script-ps1", "get-wmiobject", 2),
    ("script-ps1", "add-type ", 1),
    // At the beginning of a line: a patch and a manual quote it elsewhere.
    ("script-bat", "\necho off", 3),
    ("script-bat", "\n@echo off", 3),
    ("script-bat", "%~dp0", 2),
    ("script-bat", "%~f0", 2),
    ("script-bat", "goto :eof", 2),
    ("script-bat", "exit /b", 2),
    ("script-bat", "setlocal enabledelayedexpansion", 3),
    ("script-bat", "if not exist ", 1),
    ("script-bat", "if errorlevel", 1),
    ("script-bat", "%temp%", 1),
    ("script-bat", "%appdata%", 1),
    ("script-bat", "powershell -", 2),
    ("script-bat", "powershell.exe", 1),
    ("script-bat", "certutil -decode", 2),
    ("script-bat", "certutil -urlcache", 2),
    ("script-bat", "bitsadmin /transfer", 2),
    ("script-bat", "start /min", 1),
    ("script-bat", "taskkill /f", 1),
    ("script-python", "if __name__ ==", 3),
    ("script-python", "exec(base64.b64decode(", 3),
    ("script-python", "exec(__import__(", 3),
    ("script-python", "ctypes.windll", 3),
    ("script-python", "os.system(", 2),
    ("script-python", "import os", 1),
    ("script-python", "import sys", 1),
    ("script-python", "import base64", 1),
    ("script-python", "import subprocess", 1),
    ("script-perl", "\nuse strict;", 2),
    ("script-perl", "\nuse warnings;", 2),
    ("script-perl", "\nmy $", 1),
    ("script-perl", "\nmy @", 1),
    ("script-other", "#notrayicon", 3), // AutoIt
    ("script-other", "#requireadmin", 3),
    ("script-other", "@comspec", 2),
    ("script-other", "shellexecutewait(", 1),
    ("script-other", "fileinstall(", 2),
    ("script-other", "#singleinstance", 2), // AutoHotkey
    ("script-other", "#noenv", 2),
    ("script-other", "%a_scriptdir%", 2),
    ("script-other", "sendmode input", 2),
];

/// None only if the words above could not be compiled, which a test rules out.
static FINDER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(WORDS.iter().map(|word| word.1)).ok());

#[cfg(test)]
pub(super) fn table_ids() -> impl Iterator<Item = &'static str> {
    let openings = OPENINGS.iter().map(|(id, _)| *id);
    assert!(WORDS.len() <= MOST);
    openings.chain(WORDS.iter().map(|word| word.0))
}
