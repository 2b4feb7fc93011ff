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
fn bent_files_end_without_panic() {
    bend("a.msg", LETTER, 60, 200);
    bend("winmail.dat", TNEF, usize::MAX, 600);
}
