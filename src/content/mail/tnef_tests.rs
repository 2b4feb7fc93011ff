//! What Outlook wraps: its own messages, and `winmail.dat`.

use crate::{
    content::testing::{bend, found, open_file},
    facts::{NotOpened, Place},
};

const LETTER: &[u8] = include_bytes!("testdata/letter.msg");
const TNEF: &[u8] = include_bytes!("testdata/winmail.dat");

#[test]
fn attachments_of_a_message_come_out_with_all_their_names() {
    let tree = open_file("a.msg", LETTER);
    assert_eq!(
        found(&tree),
        [
            "2: msg",
            "2/Báo cáo.exe: pe",
            "2/Thư kèm: msg",
            "2/Thư kèm/Báo cáo.exe: pe",
            "2/\\\\server\\x.exe: "
        ]
    );
    assert_eq!(tree.nodes[2].names, ["Báo cáo.exe", "BAOCAO~1.EXE"]);
    assert_eq!(tree.nodes[2].place, Place::Message);
    let elsewhere = tree.nodes.last().unwrap();
    assert_eq!(elsewhere.not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn attachments_of_winmail_dat_come_out() {
    let tree = open_file("winmail.dat", TNEF);
    assert_eq!(
        found(&tree),
        [
            "2: tnef",
            "2/Báo cáo dài.exe: pe",
            "2/Báo cáo dài.exe: text",
            "2/Thu kem: tnef",
            "2/Thu kem/trong.txt: text"
        ]
    );
    assert_eq!(tree.nodes[2].names, ["Báo cáo dài.exe", "BAOCAO~1.EXE"]);
    assert_eq!(tree.nodes[1].not_opened, None);
}

#[test]
fn wrong_checksums_and_a_cut_end_change_nothing() {
    let mut bytes = TNEF.to_vec();
    // The checksum of the first attribute.
    bytes[6 + 9 + 4] ^= 0xff;
    bytes.extend(b"\r\n");
    assert_eq!(open_file("winmail.dat", &bytes).nodes.len(), 6);
    let cut = open_file("winmail.dat", &TNEF[..120]);
    assert_eq!(cut.nodes[1].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn values_that_are_said_to_follow_cost_nothing() {
    // One property of four thousand million numbers, at the end of the attachment.
    let properties = [&[1, 0, 0, 0, 3, 0x10, 5, 0x37][..], &[0xff; 4]].concat();
    let mut bytes = TNEF[..6].to_vec();
    bytes.extend([2, 5, 0x90, 6, 0, properties.len() as u8, 0, 0, 0]);
    bytes.extend(&properties);
    bytes.extend([0, 0]);
    let begun = std::time::Instant::now();
    let tree = open_file("winmail.dat", &bytes);
    assert_eq!(found(&tree), ["2: tnef"]);
    assert!(begun.elapsed().as_secs() < 5);
}

#[test]
fn bent_files_end_without_panic() {
    bend("a.msg", LETTER, 60, 200);
    bend("winmail.dat", TNEF, usize::MAX, 600);
}
