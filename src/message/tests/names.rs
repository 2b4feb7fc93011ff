use super::{part, scan};
use crate::message::Names;

fn names(header: impl AsRef<[u8]>) -> Names {
    let mut raw = header.as_ref().to_vec();
    raw.extend_from_slice(b"\n\nx\n");
    part(&scan(raw), "1").names.clone()
}

fn disposition(params: &str) -> Names {
    names(format!("Content-Disposition: attachment; {params}"))
}

#[test]
fn the_usual_forms_have_one_reading() {
    for params in [
        "filename=a.exe",
        "filename=\"a.exe\"",
        "FILENAME = \"a.exe\"",
        "filename=\n \"a.exe\"; size=3",
        "size=3; filename=a.exe;",
        "filename*=utf-8''a%2Eexe",
        "filename*=UTF-8'vi'a.exe",
        "filename*0=a.; filename*1=exe",
        "filename*1=exe; filename*0=\"a.\"",
        "filename*0*=utf-8''a%2E; filename*1=exe",
        "(c) filename=a.exe",
    ] {
        let names = disposition(params);
        assert_eq!(names.shown.as_deref(), Some("a.exe"), "{params}");
    }
    assert_eq!(disposition("filename=a.exe").all.len(), 1);
    assert_eq!(disposition("filename=\"b c.exe\"").all, ["b c.exe"]);
    assert_eq!(disposition("filename=\"\"").shown, None);
    assert_eq!(disposition("size=3").all, [""; 0]);
}

#[test]
fn both_fields_give_names() {
    let names = names(
        "Content-Type: application/pdf; name=b.pdf\nContent-Disposition: attachment; filename=a.exe",
    );
    assert_eq!(names.shown.as_deref(), Some("a.exe"));
    assert_eq!(names.all, ["a.exe", "b.pdf"]);
    let same = super::scan(
        "Content-Type: a/b; name=a.exe\nContent-Disposition: inline; filename=a.exe\n\n",
    );
    assert_eq!(same.parts[0].names.all, ["a.exe"]);
    assert!(same.parts[0].problems.is_empty());
}

#[test]
fn every_charset_is_decoded() {
    let tieng = "Công văn số 12.docx";
    for params in [
        "filename=\"Công văn số 12.docx\"".to_owned(),
        "filename*=utf-8''C%C3%B4ng%20v%C4%83n%20s%E1%BB%91%2012.docx".into(),
        // A letter is cut by the continuation.
        "filename*0*=utf-8''C%C3%B4ng%20v%C4; filename*1*=%83n%20s%E1%BB%91%2012.docx".into(),
        "filename=\"=?utf-8?B?Q8O0bmcgdsSDbiBz4buRIDEyLmRvY3g=?=\"".into(),
        "filename==?utf-8?B?Q8O0bmcgdsSDbiBz4buRIDEyLmRvY3g=?=".into(),
        "filename=\"=?utf-8?Q?C=C3=B4ng_v=C4=83n?= =?utf-8?Q?_s=E1=BB=91_12.docx?=\"".into(),
    ] {
        assert_eq!(
            disposition(&params).shown.as_deref(),
            Some(tieng),
            "{params}"
        );
    }
    for (charset, raw, name) in [
        ("gb2312", "%D6%D0.exe", "中.exe"),
        ("shift_jis", "%93%FA.exe", "日.exe"),
        ("windows-1258", "ch%E0o.exe", "chào.exe"),
        ("utf-16le", "a%00.%00", "a."),
        ("iso-8859-1", "caf%E9.exe", "café.exe"),
        ("no-such", "caf%C3%A9.exe", "café.exe"),
        ("", "caf%C3%A9.exe", "café.exe"),
    ] {
        let names = disposition(&format!("filename*={charset}''{raw}"));
        assert_eq!(names.shown.as_deref(), Some(name), "{charset}");
    }
}

#[test]
fn encoded_words_count_as_one_reading() {
    let names = disposition("filename=\"=?utf-8?Q?a=2Eexe?=\"");
    assert_eq!(names.all, ["a.exe"]);
    // A program that does not decode them sees another extension.
    let names = disposition("filename=\"=?utf-8?Q?a.txt?=.exe\"");
    assert_eq!(names.all, ["a.txt.exe", "=?utf-8?Q?a.txt?=.exe"]);
    assert_eq!(disposition("filename*=utf-16le''a%00.%00").all, ["a."]);
}

#[test]
fn raw_legacy_bytes_have_several_readings() {
    let mut header = b"Content-Type: text/plain; charset=gb2312; name=\"".to_vec();
    header.extend(b"\xd6\xd0.exe\"");
    let names = names(header);
    assert_eq!(names.shown.as_deref(), Some("中.exe"));
    assert!(names.all.contains(&"ÖÐ.exe".to_owned()));
}

#[test]
fn odd_continuations_are_read_in_every_way() {
    // A piece is missing.
    let names = disposition("filename*2=zip; filename*0=file.");
    assert_eq!(names.all[0], "file.");
    assert!(names.all.contains(&"file.zip".to_owned()));
    // They begin at 1.
    let names = disposition("filename*2=zip; filename*1=file.; filename=file.png");
    assert!(names.all.contains(&"file.zip".to_owned()));
    assert!(names.all.contains(&"file.png".to_owned()));
    // In the order written, for programs that do not sort.
    let names = disposition("filename*1=file.; filename*0=zip");
    assert_eq!(names.all[0], "zipfile.");
    assert!(names.all.contains(&"file.zip".to_owned()));
    // Percent signs in a piece that is not marked as encoded.
    assert!(
        disposition("filename*0=a%2Eexe")
            .all
            .contains(&"a.exe".to_owned())
    );
    // One index twice.
    let names = disposition("filename*0=a.; filename*1=txt; filename*1=exe");
    assert_eq!(names.all[0], "a.txt");
    assert!(names.all.iter().any(|name| name.ends_with("exe")));
}

#[test]
fn broken_quoting_is_read_both_ways() {
    for (params, wanted) in [
        ("filename=\"a\"b.exe", &["a", "ab.exe"][..]),
        ("filename=\"a;b.exe\"", &["a;b.exe", "a"]),
        ("filename=a;b.exe", &["a", "a;b.exe"]),
        ("filename=hoa don.exe", &["hoa don.exe", "hoa"]),
        ("filename=\"a.exe", &["a.exe"]),
        ("filename=\"a.exe; size=3", &["a.exe; size=3", "a.exe"]),
        ("filename=\"a\\\"b.exe\"", &["a\"b.exe"]),
        (
            "filename=\"C:\\dir\\a.exe\"",
            &["C:dira.exe", "C:\\dir\\a.exe"],
        ),
        ("filename=a.txt; filename=b.exe", &["a.txt", "b.exe"]),
        ("filename=a.exe (x)", &["a.exe (x)", "a.exe"]),
        ("name=a.exe", &["a.exe"]),
    ] {
        let names = disposition(params);
        assert_eq!(names.shown.as_deref(), Some(wanted[0]), "{params}");
        for name in wanted {
            assert!(
                names.all.contains(&(*name).to_owned()),
                "{params}: {:?}",
                names.all
            );
        }
    }
}

#[test]
fn names_are_bounded() {
    let long = disposition(&format!("filename=\"{}.exe\"", "ă".repeat(60_000)));
    assert!(long.all.iter().all(|name| name.len() <= 4096));
    let mut many = String::new();
    for at in 0..200 {
        many.push_str(&format!("filename=a{at}.exe; "));
    }
    assert_eq!(disposition(&many).all.len(), 32);
}
