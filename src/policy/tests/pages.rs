//! The examples in the pages that tell how to write a policy.
//!
//! A block ```` ```yaml ```` is a whole policy; ```` ```yaml rules ```` and the like are fragments, put
//! under that key of a policy that extends Đắk Nông's. All must load without a word.

use std::{fs, path::PathBuf};

use super::support::*;

const PAGES: &[(&str, usize)] = &[
    ("docs/policy.md", 21),
    ("docs/vi/chinh-sach.md", 2),
    ("docs/forwarding.md", 1),
];

/// The blocks of a page: line, what stands behind `yaml`, text.
fn blocks(page: &str) -> Vec<(usize, &str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, &str, String)> = None;
    let mut other = false;
    for (index, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(_), None) if other => other = false,
            (Some(info), None) => match info.strip_prefix("yaml") {
                Some(sort) => open = Some((index + 1, sort.trim(), String::new())),
                None => other = true,
            },
            (None, Some((_, _, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none() && !other, "a block is not closed");
    blocks
}

/// The same, further in.
fn indented(text: &str, by: usize) -> String {
    let lines = text.lines();
    lines.map(|line| format!("{:by$}{line}\n", "")).collect()
}

fn whole(sort: &str, text: &str) -> String {
    let head = "policy: 1\nname: page\nextends: /usr/share/gacthu/policies/dak-nong.yaml\n";
    match sort {
        "" => text.to_owned(),
        "when" => format!(
            "{head}rules:\n  - id: page\n    then: note\n    when:\n{}",
            indented(text, 6)
        ),
        "rules" | "exceptions" | "tests" | "organisation" => {
            format!("{head}{sort}:\n{}", indented(text, 2))
        }
        other => panic!("no fragment is called `{other}`"),
    }
}

#[test]
fn every_example_loads_without_a_word() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let shipped = root.join("policies").display().to_string();
    for (page, at_least) in PAGES {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let blocks = blocks(&text);
        assert!(blocks.len() >= *at_least, "{page}: {} blocks", blocks.len());
        for (line, sort, block) in blocks {
            assert!(
                !sort.is_empty() || block.starts_with("policy: 1\n"),
                "{page}:{line}: not a whole policy: name the fragment"
            );
            let policy = whole(sort, &block).replace("/usr/share/gacthu/policies", &shipped);
            let folder = Folder::new(&[
                ("policy.yaml", &policy),
                ("lists/chan.txt", "# nguồn phát tán\n192.0.2.0/24\n"),
                ("lists/tu-cam.txt", "cờ bạc trực tuyến\n"),
                ("lists/ten-mien-xau.txt", "evil.example\n.bad.example\n"),
            ]);
            match folder.load() {
                Err(report) => panic!("{page}:{line}:\n{report}"),
                Ok(generation) => {
                    let warnings = generation.warnings();
                    assert!(warnings.is_empty(), "{page}:{line}: {}", warnings[0]);
                }
            }
        }
    }
}

#[test]
fn a_page_that_rots_is_seen() {
    let page = "x\n```sh\nls\n```\n```yaml when\nattachmen: { kind: pe }\n```\n";
    let [(5, "when", text)] = &blocks(page)[..] else {
        panic!("{:?}", blocks(page));
    };
    let shipped = format!("{}/policies", env!("CARGO_MANIFEST_DIR"));
    let policy = whole("when", text).replace("/usr/share/gacthu/policies", &shipped);
    assert!(Folder::new(&[("policy.yaml", &policy)]).load().is_err());
}
