//! Passwords as people write them, and letters that name none.

use unicode_normalization::UnicodeNormalization as _;

use super::*;
use crate::content::testing::letter;

fn from_text(text: &str) -> Vec<String> {
    candidates(&letter(text, &[("a.zip", b"x")]))
}

#[test]
fn what_stands_behind_the_word_is_taken_in_many_spellings() {
    for text in [
        "Mật khẩu giải nén: Abc@123",
        "mat khau giai nen: Abc@123.",
        "MẬT KHẨU : Abc@123",
        "mk: Abc@123",
        "Mk giải nén là Abc@123",
        "mật khẩu mở tệp: “Abc@123”",
        "mã mở file: Abc@123",
        "Mật khẩu để mở file đính kèm là: Abc@123",
        "Mật khẩu giải nén:\r\n\r\nAbc@123\r\nTrân trọng",
        "Mật khẩu\r\nAbc@123",
        "password is Abc@123.",
        "The password for the attached archive is: Abc@123",
        "Password: Abc@123",
        "passwd=Abc@123",
        "pass Abc@123",
        "PW: [Abc@123]",
        "(pass: Abc@123)",
        "pass giải nén: 'Abc@123'",
        "pwd -> Abc@123",
        "File đính kèm có mật khẩu (Abc@123)",
    ] {
        let found = from_text(text);
        let at = found.iter().position(|password| password == "Abc@123");
        assert!(at.is_some_and(|at| at < 8), "{text}: {found:?}");
        let apart: String = text.nfd().collect();
        assert!(
            from_text(&apart).iter().any(|word| word == "Abc@123"),
            "{apart}"
        );
    }
}

#[test]
fn a_sign_at_the_end_and_spaces_inside_may_belong_to_it() {
    let found = from_text("mật khẩu: Abc123!");
    assert!(found.contains(&"Abc123".to_owned()) && found.contains(&"Abc123!".to_owned()));
    let found = from_text("mật khẩu: hồ sơ mật");
    assert!(found.contains(&"hồ".to_owned()) && found.contains(&"hồ sơ mật".to_owned()));
}

#[test]
fn subjects_pages_and_names_of_files_say_it_too() {
    let by_name = |name: &str| candidates(&letter("Kính gửi", &[(name, b"x")]));
    for (name, password) in [
        ("hoso_pass123.zip", "123"),
        ("hoso_pass_Xy9.zip", "Xy9"),
        ("baocao (mk 654321).rar", "654321"),
        ("baocao [pass-abc].7z", "abc"),
        ("mat khau la xyz.zip", "xyz"),
        ("matkhau=xyz.part1.rar", "xyz"),
        ("bao-cao-2026.zip", "bao-cao-2026"),
    ] {
        let found = by_name(name);
        assert!(found.contains(&password.to_owned()), "{name}: {found:?}");
    }
    let mail = b"Subject: Ho so - mat khau 889900\r\nContent-Type: text/html\r\n\r\n\
        <p>M&#7853;t kh&#7849;u gi&#7843;i n&eacute;n: <b>Tr@m1</b></p>";
    let spool = crate::message::Spool::new(None, 256 << 10, 1 << 30).unwrap();
    let mut receiver = crate::message::Receiver::new(&spool, crate::message::Limits::default());
    receiver.raw(mail);
    let found = candidates(&receiver.finish());
    assert!(found.contains(&"889900".to_owned()), "{found:?}");
    assert!(found.contains(&"Tr@m1".to_owned()), "{found:?}");
}

#[test]
fn a_letter_without_a_password_names_only_what_everybody_tries() {
    let found = from_text("Kính gửi anh Passos, compass và masterkey đi kèm. Trân trọng.");
    assert_eq!(found, ["infected", "123456", "1", "123", "a"]);
}

#[test]
fn however_much_is_written_the_list_stays_short() {
    let mut text = String::new();
    for number in 0..5000 {
        text.push_str(&format!("mật khẩu: so{number} và nhiều chữ khác nữa\r\n"));
    }
    text.push_str(&format!("mk: {}", "x".repeat(100_000)));
    let found = from_text(&text);
    assert_eq!(found.len(), MOST);
    assert!(found.iter().all(|word| word.chars().count() <= LONGEST));
    assert!(found.contains(&"infected".to_owned()));
    assert_eq!(found.first().map(String::as_str), Some("so0"));
}
