//! Tests of web pages and SVG pictures.

use crate::{
    content::testing::{found, open_file},
    facts::NotOpened,
};

fn signs(name: &str, page: &str) -> Vec<&'static str> {
    let tree = open_file(name, page.as_bytes());
    let node = &tree.nodes[1];
    assert!(
        node.kinds
            .iter()
            .any(|kind| matches!(kind.id, "html" | "svg")),
        "{page}"
    );
    node.traits.iter().map(|found| found.id).collect()
}

#[test]
fn scripts_are_found_and_newsletters_left_alone() {
    for page in [
        "<html><script>x()</script>",
        "<html><SCRIPT src=//a.vn/x.js></SCRIPT>",
        "<html><body OnLoad = 'x()'>",
        "<html><a href=' java&#10;script:x()'>",
        "<html><meta http-equiv=refresh content='0;url=javascript:x()'>",
        "<html><!-- --><script>",
        "<html><script type='application/ld+json'>{}</script><script>x</script>",
        "<html><iframe src=\"data:text/html,%3Cscript%3Ex()%3C/script%3E\">",
    ] {
        assert_eq!(signs("a.html", page), ["script"], "{page}");
    }
    for picture in [
        "<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>",
        "<?xml version='1.0'?><svg xmlns='x'><svg:script xlink:href='x'/></svg>",
        "<svg onload='x()'/>",
        "<svg><animate attributeName='href' values='javascript:x()'/></svg>",
        "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a '<script>x</script>'>]><svg>&a;</svg>",
    ] {
        assert_eq!(signs("a.svg", picture), ["script"], "{picture}");
    }
    let none: [&str; 0] = [];
    for page in [
        "<html><style>p{background:url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)}</style>",
        "<html><img src=cid:1 alt='onload=x'><a href='https://a.vn/?javascript:x'>x</a>",
        "<html><a href='javascript:void(0)'>x</a><a href='javascript:;' once=y>",
        "<html><!-- <script>x</script> -->",
        "<html><script type='application/ld+json'>{\"a\":1}</script>",
        "<html><p>&lt;script&gt;</p><a href='file:///C:/a.doc'>",
    ] {
        assert_eq!(signs("a.html", page), none, "{page}");
    }
    assert_eq!(
        signs(
            "a.svg",
            "<svg><path d='M0 0'/><a href='http://a.vn'/></svg>"
        ),
        none
    );
}

#[test]
fn what_leads_to_other_computers_files_is_found() {
    for page in [
        "<html><object data='\\\\10.0.0.1\\a\\b.exe'>",
        "<html><iframe src='search-ms:query=x&crumb=location:\\\\a'>",
        "<html><img src=file://10.0.0.1/a.png>",
        "<html><a href='file://///host/a'>",
        "<html><meta http-equiv=refresh content=\"0; url='file://host/a.url'\">",
    ] {
        assert_eq!(signs("a.html", page), ["external-link"], "{page}");
    }
}

fn base64(bytes: &[u8]) -> String {
    let letters: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['+', '/'])
        .collect();
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| usize::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        text.extend((0..=three.len()).map(|six| letters[bits >> (18 - 6 * six) & 63]));
    }
    text
}

#[test]
fn files_that_a_page_carries_are_members() {
    let mut zip = b"\x7fELF\x02\x01\x01".to_vec();
    zip.resize(100, 0);
    let text = base64(&zip);
    for page in [
        format!("<html><script>var a = '{text}'; msSaveOrOpenBlob(b)</script>"),
        format!(
            "<html><script></script><a download href=\"data:application/octet-stream;base64,{text}\">"
        ),
        format!(
            "<html><script></script><a href='data:image/png;base64,{}'>",
            text.replace('+', "%2B")
        ),
    ] {
        let tree = open_file("a.html", page.as_bytes());
        assert_eq!(found(&tree), ["2: html", "2/: elf"], "{page}");
        let signs: Vec<&str> = tree.nodes[1].traits.iter().map(|found| found.id).collect();
        assert_eq!(signs, ["script", "embedded-file"]);
    }
    // An image of a disk begins with nothing.
    let mut disk = vec![0; 40_000];
    disk[32_769..32_774].copy_from_slice(b"CD001");
    let page = format!("<html><div id=x>{}</div>", base64(&disk));
    assert_eq!(
        found(&open_file("a.html", page.as_bytes())),
        ["2: html", "2/: iso"]
    );
}

#[test]
fn endless_pages_cost_one_pass() {
    let began = std::time::Instant::now();
    for piece in [
        "<script",
        "<a x=y ",
        "</script",
        "<script>",
        "base64,AAAA ",
        "data:text/html,",
        "A",
        "<!--",
    ] {
        let page = format!("<html>{}", piece.repeat((1 << 18) / piece.len()));
        let tree = open_file("a.html", page.as_bytes());
        let why = &tree.nodes[1].not_opened;
        assert!(
            !matches!(why, Some(NotOpened::Budget { .. })),
            "{piece}: {why:?}"
        );
    }
    assert!(began.elapsed().as_secs() < 10);
}
