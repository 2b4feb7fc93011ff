//! Whether a file is what it is called: its names and its declared type against its bytes.
//!
//! *Dangerous* is what is called a document, a picture, a film or a text and is a program, a script, an
//! archive or a disk image: nobody sends that by accident. Every other mismatch (a `.doc` that is RTF,
//! a `.jpg` that is a PNG) is common and only worth a note. A name says more than a declared type,
//! which many programs get wrong, so the type is asked only where no name claims anything.

use crate::facts::{Class, Kind, Trait};

/// What is looked at of one file.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// All readings of its name.
    pub names: &'a [&'a str],
    /// The declared media type, in lower case.
    pub declared_type: &'a str,
    /// What its bytes say that it is.
    pub kinds: &'a [&'static Kind],
}

/// What is wrong about the file's claim, and whether it is two files in one; empty when nothing is.
pub fn traits(subject: Subject<'_>) -> Vec<&'static Trait> {
    let mut found = Vec::new();
    if is_polyglot(subject.kinds) {
        found.extend(Trait::by_id("polyglot"));
    }
    let mut claims: Vec<&Claim> = subject
        .names
        .iter()
        .filter_map(|name| by_name(name))
        .collect();
    if claims.is_empty() && !subject.names.iter().any(|name| has_extension(name)) {
        claims.extend(by_type(subject.declared_type));
    }
    let id = match claims.as_slice() {
        [] => return found,
        claims
            if claims
                .iter()
                .any(|claim| is_dangerous(claim, subject.kinds)) =>
        {
            "contradiction-dangerous"
        }
        claims if claims.iter().all(|claim| is_other(claim, subject.kinds)) => "contradiction-type",
        _ => return found,
    };
    found.extend(Trait::by_id(id));
    found
}

/// What a name or a type claims.
#[derive(Debug)]
struct Claim {
    /// Extensions, in lower case.
    extensions: &'static [&'static str],
    /// Media types, in lower case.
    types: &'static [&'static str],
    /// Kinds that keep the claim.
    kinds: &'static [&'static str],
}

fn is_dangerous(claim: &Claim, kinds: &[&'static Kind]) -> bool {
    // What is called an archive will be treated with the care that an archive deserves.
    let archive = claim
        .extensions
        .iter()
        .any(|known| matches!(*known, "zip" | "rar" | "7z"));
    !archive
        && kinds.iter().any(|kind| {
            matches!(
                kind.class,
                Class::Executable | Class::Script | Class::Archive | Class::DiskImage
            ) && !claim.kinds.contains(&kind.id)
        })
}

/// Something is recognised, and it is nothing that keeps the claim. What is not recognised may be
/// a kind that the table does not know.
fn is_other(claim: &Claim, kinds: &[&'static Kind]) -> bool {
    !kinds.is_empty() && !kinds.iter().any(|kind| claim.kinds.contains(&kind.id))
}

/// Whether programs of two sorts would each open it as something else.
fn is_polyglot(kinds: &[&'static Kind]) -> bool {
    let program = kinds
        .iter()
        .any(|kind| matches!(kind.class, Class::Executable | Class::Script));
    let sort = |kind: &&'static Kind| match kind.class {
        // A text is everything that can be read, and these are often told beside the real kind.
        Class::Text | Class::Message | Class::Other => None,
        // Of a program and what it unpacks `self-extracting` is said; an application for a phone and
        // a package are archives.
        Class::Executable | Class::Script => Some("unpacked"),
        Class::Archive | Class::DiskImage if program => Some("unpacked"),
        // An optical disk has a partition table, a virtual one begins with that of the disk.
        Class::DiskImage => Some("disk"),
        // What is a ZIP inside is one kind of ZIP; any other format is a sort of its own.
        Class::Archive => Some(kind.id),
        Class::Image => Some("image"),
        Class::Media => Some("media"),
        // A page is read by a browser, a PDF by its own reader, the rest by an office program.
        Class::Document => Some(match kind.id {
            "pdf" => "pdf",
            "html" | "xml" => "page",
            _ => "document",
        }),
    };
    let mut sorts: Vec<&str> = kinds.iter().filter_map(sort).collect();
    sorts.sort_unstable();
    sorts.dedup();
    sorts.len() > 1
}

fn by_name(name: &str) -> Option<&'static Claim> {
    let extension = extension(name)?.to_ascii_lowercase();
    CLAIMS
        .iter()
        .find(|claim| claim.extensions.contains(&extension.as_str()))
}

fn by_type(declared: &str) -> Option<&'static Claim> {
    CLAIMS.iter().find(|claim| claim.types.contains(&declared))
}

fn has_extension(name: &str) -> bool {
    extension(name).is_some()
}

fn extension(name: &str) -> Option<&str> {
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let (_, extension) = name.rsplit_once('.')?;
    let plausible = (1..=8).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plausible.then_some(extension)
}

const OFFICE: &[&str] = &[
    "docx",
    "docm",
    "xlsx",
    "xlsm",
    "xlsb",
    "pptx",
    "pptm",
    "ooxml",
    "doc",
    "xls",
    "ppt",
    "ole",
    "ole-encrypted",
    "rtf",
    "html",
    "xml",
    "text",
    "odf",
];
const PICTURES: &[&str] = &[
    "jpeg", "png", "gif", "webp", "tiff", "bmp", "ico", "psd", "heif", "avif", "jxl", "jp2", "wmf",
    "svg",
];

const fn claim(
    extensions: &'static [&'static str],
    types: &'static [&'static str],
    kinds: &'static [&'static str],
) -> Claim {
    Claim {
        extensions,
        types,
        kinds,
    }
}

/// What names and types claim, and what keeps each claim: common mixtures that nobody is harmed by
/// stand here, so that they are not told.
static CLAIMS: &[Claim] = &[
    claim(&["pdf"], &["application/pdf"], &["pdf"]),
    claim(
        &["docx", "docm", "dotx", "dotm"],
        &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
        &["docx", "docm", "ooxml", "ole-encrypted"],
    ),
    claim(
        &["xlsx", "xlsm", "xlsb", "xltx", "xltm", "xlam"],
        &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        &["xlsx", "xlsm", "xlsb", "ooxml", "ole-encrypted"],
    ),
    claim(
        &[
            "pptx", "pptm", "ppsx", "ppsm", "potx", "potm", "ppam", "thmx",
        ],
        &["application/vnd.openxmlformats-officedocument.presentationml.presentation"],
        &["pptx", "pptm", "ooxml", "ole-encrypted"],
    ),
    claim(
        &["doc", "dot", "wps"],
        &["application/msword"],
        &["doc", "ole", "ole-encrypted", "rtf"],
    ),
    claim(
        &["xls", "xlt", "xla", "et"],
        &["application/vnd.ms-excel"],
        &["xls", "ole", "ole-encrypted", "xml"],
    ),
    claim(
        &["ppt", "pps", "pot", "dps"],
        &["application/vnd.ms-powerpoint"],
        &["ppt", "ole", "ole-encrypted"],
    ),
    claim(
        &[
            "odt", "ods", "odp", "odg", "odf", "ott", "ots", "otp", "otg", "sxw", "sxc",
        ],
        &[
            "application/vnd.oasis.opendocument.text",
            "application/vnd.oasis.opendocument.spreadsheet",
            "application/vnd.oasis.opendocument.presentation",
        ],
        &["odf"],
    ),
    claim(
        &["fodt", "fods", "fodp", "fodg"],
        &[],
        &["xml", "text", "odf"],
    ),
    claim(&["rtf"], &["application/rtf", "text/rtf"], OFFICE),
    claim(
        &["html", "htm", "xhtml", "shtml"],
        &["text/html"],
        &["html", "xml", "text", "eml", "svg"],
    ),
    claim(&["mht", "mhtml"], &[], &["eml", "html", "text"]),
    claim(
        &["xml"],
        &["text/xml", "application/xml"],
        &["xml", "html", "svg", "text", "docx", "ooxml"],
    ),
    claim(&["epub"], &["application/epub+zip"], &["epub"]),
    // Drawings, plans, maps and layouts, as offices of building, land and transport send them. Many are
    // a ZIP or an OLE file inside.
    claim(
        &["dwg", "dwt", "dws"],
        &["image/vnd.dwg", "application/acad"],
        &["dwg"],
    ),
    claim(&["dxf"], &["image/vnd.dxf"], &["dwg", "text"]),
    claim(&["dgn", "rvt", "rfa", "sldprt", "sldasm"], &[], &["ole"]),
    claim(&["dwf"], &[], &["zip"]),
    claim(
        &["vsd", "vst", "mpp", "mpt", "pub"],
        &["application/vnd.visio", "application/vnd.ms-project"],
        &["ole", "ole-encrypted", "doc"],
    ),
    claim(
        &["vsdx", "vsdm", "vstx", "vssx"],
        &[],
        &["ooxml", "ole-encrypted"],
    ),
    claim(&["xps", "oxps", "dwfx"], &[], &["xps", "ooxml", "zip"]),
    claim(
        &["kml", "gpx", "gml"],
        &["application/vnd.google-earth.kml+xml"],
        &["xml", "text"],
    ),
    claim(
        &["kmz", "cdr", "xmind", "pages", "numbers", "key", "sketch"],
        &["application/vnd.google-earth.kmz"],
        &["zip", "pdf"],
    ),
    // Parts of a map as GIS programs keep it: no kind that is known here.
    claim(&["shp", "shx", "dbf", "sbn", "sbx", "tab"], &[], &["text"]),
    claim(&["prj", "cpg", "tfw", "geojson"], &[], &["text", "xml"]),
    claim(
        &["ps", "eps", "ai"],
        &["application/postscript"],
        &["postscript", "pdf"],
    ),
    claim(&["djvu", "djv"], &["image/vnd.djvu"], &["djvu"]),
    claim(&["indd", "skp", "3dm"], &[], &[]),
    claim(&["one"], &["application/onenote"], &["onenote"]),
    claim(
        &["msg", "oft"],
        &["application/vnd.ms-outlook"],
        &["msg", "ole"],
    ),
    claim(&["mdb", "accdb"], &["application/x-msaccess"], &["access"]),
    claim(
        &["url", "website", "webloc"],
        &[],
        &["url-shortcut", "url-launcher", "text"],
    ),
    claim(
        &[
            "txt", "csv", "tsv", "log", "md", "ini", "json", "srt", "tex", "bib", "yaml", "yml",
        ],
        &["text/plain", "text/csv", "application/json"],
        &[
            "text",
            "html",
            "xml",
            "svg",
            "eml",
            "mbox",
            "ics",
            "vcard",
            "postscript",
            "pgp",
            "pgp-signature",
            "uuencode",
            "url-shortcut",
            "p7s",
        ],
    ),
    claim(&["ics"], &["text/calendar"], &["ics", "text"]),
    claim(
        &["vcf"],
        &["text/vcard", "text/x-vcard"],
        &["vcard", "text"],
    ),
    claim(&["eml"], &[], &["eml", "text", "mbox", "html"]),
    claim(
        &["jpg", "jpeg", "jpe", "jfif"],
        &["image/jpeg", "image/jpg", "image/pjpeg"],
        &["jpeg"],
    ),
    claim(&["png"], &["image/png"], &["png"]),
    claim(&["gif"], &["image/gif"], &["gif"]),
    claim(&["bmp", "dib"], &["image/bmp"], &["bmp"]),
    claim(&["tif", "tiff"], &["image/tiff"], &["tiff"]),
    claim(&["webp"], &["image/webp"], &["webp"]),
    claim(
        &["heic", "heif"],
        &["image/heic", "image/heif"],
        &["heif", "avif"],
    ),
    claim(&["svg"], &["image/svg+xml"], &["svg", "xml", "html"]),
    claim(
        &["ico", "psd", "wmf", "emf", "jp2", "avif", "jxl"],
        &[],
        PICTURES,
    ),
    claim(
        &[
            "mp3", "wav", "wma", "m4a", "aac", "flac", "amr", "ogg", "opus",
        ],
        &["audio/mpeg", "audio/wav"],
        &["audio", "video"],
    ),
    claim(
        &[
            "mp4", "m4v", "mov", "avi", "mkv", "wmv", "mpg", "mpeg", "flv", "3gp", "webm",
        ],
        &["video/mp4"],
        &["video", "audio"],
    ),
    claim(
        &["zip"],
        &["application/zip", "application/x-zip-compressed"],
        &[
            "zip", "docx", "docm", "xlsx", "xlsm", "pptx", "odf", "epub", "ooxml", "xps", "jar",
            "apk",
        ],
    ),
    claim(
        &["rar"],
        &["application/vnd.rar", "application/x-rar-compressed"],
        &["rar"],
    ),
    claim(&["7z"], &["application/x-7z-compressed"], &["7z"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, declared_type: &str, kinds: &[&str]) -> Vec<&'static str> {
        let kinds: Vec<_> = kinds.iter().map(|id| Kind::by_id(id).unwrap()).collect();
        let names: Vec<&str> = (!name.is_empty()).then_some(name).into_iter().collect();
        let subject = Subject {
            names: &names,
            declared_type,
            kinds: &kinds,
        };
        traits(subject).iter().map(|found| found.id).collect()
    }

    #[test]
    fn a_document_picture_or_text_that_is_something_to_run_or_to_unpack_is_dangerous() {
        for (name, kinds) in [
            ("cong-van.pdf", &["pe"][..]),
            ("Ảnh.JPG", &["elf"]),
            ("bao-cao.docx", &["zip"]),
            ("bao-cao.doc ", &["lnk"]),
            ("danh-sach.txt", &["script-vbs"]),
            ("danh-sach.csv.", &["7z"]),
            ("thong-bao.html", &["hta"]),
            ("quet.tif", &["iso"]),
            ("nhac.mp3", &["rar"]),
            ("anh.gif", &["jar", "gif"]),
            ("Bản vẽ mặt bằng.dwg", &["zip"]),
            ("ranh-gioi.dxf", &["script-vbs"]),
            ("tien-do.mpp", &["msi"]),
            ("so-do.vsdx", &["rar"]),
            ("to-roi.pub", &["pe"]),
            ("lo-trinh.kml", &["hta"]),
            ("lo-trinh.kmz", &["jar"]),
            ("dia-gioi.shp", &["elf"]),
            ("cong-van.xps", &["iso"]),
            ("luan-van.tex", &["gz"]),
            ("ban-do.odg", &["zip"]),
            ("so-lieu.accdb", &["cab"]),
            ("lien-ket.url", &["lnk"]),
            ("hop-dong.msg", &["msi"]),
            ("sach.epub", &["zip"]),
        ] {
            let found = found(name, "application/octet-stream", kinds);
            assert!(
                found.contains(&"contradiction-dangerous"),
                "{name} {kinds:?}: {found:?}"
            );
        }
        assert_eq!(
            found("", "application/pdf", &["pe"]),
            ["contradiction-dangerous"]
        );
    }

    #[test]
    fn honest_names_and_common_mixtures_are_left_alone() {
        for (name, declared, kinds) in [
            ("a.pdf", "application/octet-stream", &["pdf"][..]),
            ("a.docx", "application/zip", &["docx"]),
            ("a.docx", "", &["ole-encrypted"]),
            ("a.doc", "", &["rtf"]),
            ("a.exe", "application/pdf", &["pe"]),
            ("a.zip", "text/plain", &["zip"]),
            ("a.tar.gz", "text/plain", &["gz"]),
            ("a.sh", "text/plain", &["script-sh"]),
            ("a.unknown", "image/png", &["zip"]),
            ("", "application/octet-stream", &["pe"]),
            ("a.txt", "text/plain", &["text"]),
            ("a.pdf", "application/pdf", &[]),
            ("v1.2 cong van", "", &["zip"]),
            ("phim.mp4", "", &["video"]),
            ("Bản vẽ mặt bằng.dwg", "application/acad", &["dwg"]),
            ("ranh-gioi.dxf", "", &["text"]),
            ("tien-do.mpp", "", &["ole"]),
            ("so-do.vsdx", "", &["ooxml"]),
            ("so-do.vsd", "", &["ole"]),
            ("to-roi.pub", "", &["ole"]),
            ("lo-trinh.kml", "", &["xml"]),
            ("lo-trinh.kmz", "application/octet-stream", &["zip"]),
            ("dia-gioi.shp", "", &[]),
            ("dia-gioi.prj", "", &["text"]),
            ("cong-van.xps", "", &["xps"]),
            ("luan-van.tex", "text/x-tex", &["text"]),
            ("ban-do.odg", "", &["odf"]),
            ("logo.ai", "", &["pdf"]),
            ("so-lieu.accdb", "", &["access"]),
            ("cong-cu.xlam", "", &["xlsm"]),
            ("lien-ket.url", "", &["url-shortcut"]),
            ("hop-dong.msg", "", &["msg"]),
            ("ban-in.pdf", "text/plain", &["pdf"]),
        ] {
            assert_eq!(
                found(name, declared, kinds),
                [""; 0],
                "{name} {declared} {kinds:?}"
            );
        }
    }

    #[test]
    fn another_harmless_kind_is_a_note() {
        assert_eq!(found("a.jpg", "", &["png"]), ["contradiction-type"]);
        assert_eq!(found("a.pdf", "", &["text"]), ["contradiction-type"]);
        assert_eq!(found("a.xls", "", &["html"]), ["contradiction-type"]);
        assert_eq!(found("a.zip", "", &["rar"]), ["contradiction-type"]);
    }

    #[test]
    fn two_sorts_in_one_file_are_a_polyglot_and_families_are_not() {
        assert_eq!(found("", "", &["zip", "gif"]), ["polyglot"]);
        assert_eq!(found("", "", &["pdf", "jpeg"]), ["polyglot"]);
        assert_eq!(found("", "", &["zip", "iso"]), ["polyglot"]);
        assert_eq!(found("", "", &["zip", "rar"]), ["polyglot"]);
        assert_eq!(found("", "", &["zip", "html"]), ["polyglot"]);
        assert_eq!(found("", "", &["jar", "docx"]), ["polyglot"]);
        assert_eq!(found("", "", &["pe", "pdf"]), ["polyglot"]);
        assert_eq!(found("", "", &["pdf", "html"]), ["polyglot"]);
        for family in [
            &["deb", "ar"][..],
            &["pe", "zip"],
            &["iso", "fat"],
            &["pdf"],
            &["html", "text"],
            &["fat", "vhd"],
            &["script-sh", "gz"],
        ] {
            assert_eq!(found("", "", family), [""; 0], "{family:?}");
        }
    }
}
