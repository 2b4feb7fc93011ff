use super::*;

fn by_name(name: &str) -> Vec<String> {
    found(&[name], &[], false)
}

fn found(names: &[&str], kinds: &[&str], message: bool) -> Vec<String> {
    let kinds: Vec<&Kind> = kinds
        .iter()
        .map(|id| Kind::by_id(id).expect("a kind"))
        .collect();
    let signs = signs(Subject {
        names,
        kinds: &kinds,
        message,
    });
    signs.into_iter().map(|sign| sign.what).collect()
}

/// Names that must be found, with the signs that must be given.
const FOUND: &[(&str, &[&str])] = &[
    ("setup.exe", &[".exe"]),
    ("SETUP.EXE", &[".exe"]),
    ("Cài đặt phần mềm.ExE", &[".exe"]),
    (".exe", &[".exe"]),
    ("photos.scr", &[".scr"]),
    ("COMMAND.COM", &[".com"]),
    ("www.photos.yahoo.com", &[".com"]),
    ("hoadon.pif", &[".pif"]),
    ("hoadon.cpl", &[".cpl"]),
    ("hoadon.msi", &[".msi"]),
    ("hoadon.msix", &[".msix"]),
    ("hoadon.bat", &[".bat"]),
    ("hoadon.cmd", &[".cmd"]),
    ("hoadon.vbs", &[".vbs"]),
    ("hoadon.VBE", &[".vbe"]),
    ("hoadon.js", &[".js"]),
    ("hoadon.jse", &[".jse"]),
    ("hoadon.wsf", &[".wsf"]),
    ("hoadon.hta", &[".hta"]),
    ("hoadon.lnk", &[".lnk"]),
    ("hoadon.ps1", &[".ps1"]),
    ("hoadon.psm1", &[".psm1"]),
    ("hoadon.reg", &[".reg"]),
    ("hoadon.scf", &[".scf"]),
    ("autorun.inf", &[".inf"]),
    ("hoadon.jar", &[".jar"]),
    ("hoadon.chm", &[".chm"]),
    ("hoadon.xll", &[".xll"]),
    ("hoadon.dll", &[".dll"]),
    ("hoadon.application", &[".application"]),
    ("hoadon.appref-ms", &[".appref-ms"]),
    ("hoadon.settingcontent-ms", &[".settingcontent-ms"]),
    ("hoadon.library-ms", &[".library-ms"]),
    ("VNeID.apk", &[".apk"]),
    ("install.sh", &[".sh"]),
    ("install.run", &[".run"]),
    ("Zoom.pkg", &[".pkg"]),
    ("goi.deb", &[".deb"]),
    ("tool.py", &[".py"]),
    ("tool.au3", &[".au3"]),
    ("tool.lua", &[".lua"]),
    ("tool.php", &[".php"]),
    ("cai-dat.vsto", &[".vsto"]),
    ("nen-dep.theme", &[".theme"]),
    ("nen-dep.themepack", &[".themepack"]),
    ("cai-dat.appinstaller", &[".appinstaller"]),
    ("dong-ho.gadget", &[".gadget"]),
    ("tim.search-ms", &[".search-ms"]),
    ("mo-rong.xpi", &[".xpi"]),
    ("bao-cao.pdf.exe", &[".exe", "double-extension"]),
    ("Báo cáo tháng 9.docx.scr", &[".scr", "double-extension"]),
    ("luong.xlsx.js", &[".js", "double-extension"]),
    ("anh.jpg.lnk", &[".lnk", "double-extension"]),
    ("a.pdf      .exe", &[".exe", "double-extension", "padding"]),
    ("a.pdf_____.exe", &[".exe", "double-extension"]),
    ("công văn\u{a0}\u{a0}\u{a0}\u{a0}.exe", &[".exe", "padding"]),
    ("archive.tar.gz.exe", &[".exe", "double-extension"]),
    ("a.exe.", &[".exe", "trailing-dots"]),
    ("a.exe ", &[".exe", "trailing-dots"]),
    ("a.exe. . .", &[".exe", "trailing-dots"]),
    ("a.exe\u{a0}", &[".exe", "trailing-dots"]),
    (
        "a.pdf.exe..",
        &[".exe", "trailing-dots", "double-extension"],
    ),
    ("\"a.exe\"", &[".exe"]),
    ("a.exe;", &[".exe"]),
    ("annexe\u{202e}fdp.exe", &[".exe", "right-to-left"]),
    ("bao-cao\u{202e}xcod.exe", &[".exe", "right-to-left"]),
    ("cv\u{202e}gpj.\u{202c}scr", &[".scr", "right-to-left"]),
    ("thu\u{2067}fdp.\u{2069}exe", &[".exe", "right-to-left"]),
    ("a.e\u{200b}xe", &[".exe", "hidden-characters"]),
    ("a.\u{feff}exe", &[".exe", "hidden-characters"]),
    ("a.ex\u{ad}e", &[".exe", "hidden-characters"]),
    ("a.exe\u{200f}", &[".exe", "hidden-characters"]),
    ("a.exe::$DATA", &[".exe", "alternate-stream"]),
    ("a.exe:Zone.Identifier", &[".exe", "alternate-stream"]),
    (
        "a.pdf.exe::$data",
        &[".exe", "alternate-stream", "double-extension"],
    ),
    ("a.exe\0.pdf", &[".exe", "control-characters"]),
    ("a.ex\0e", &[".exe", "control-characters"]),
    ("a.exe\r\n", &[".exe"]),
    ("a.\texe", &[".exe"]),
    ("..\\..\\Windows\\a.exe", &[".exe"]),
    ("/tmp/a.exe", &[".exe"]),
    ("C:\\Users\\a.exe", &[".exe"]),
    ("thu muc/a.exe/", &[".exe"]),
    ("a\u{ff0e}exe", &[".exe", "look-alike-dot"]),
    ("a\u{2024}exe", &[".exe", "look-alike-dot"]),
    ("a\u{3002}exe", &[".exe", "look-alike-dot"]),
    ("a.\u{ff45}\u{ff58}\u{ff45}", &[".exe", "look-alike-dot"]),
    ("a%2Eexe", &[".exe", "percent-encoding"]),
    ("a.%65xe", &[".exe", "percent-encoding"]),
    (
        "a.exe%00.pdf",
        &[".exe", "percent-encoding", "control-characters"],
    ),
    ("a.exe%20", &[".exe", "percent-encoding", "trailing-dots"]),
    ("a. exe", &[".exe"]),
    ("a.ex e", &[".exe"]),
    ("a.{00020400-0000-0000-C000-000000000046}", &["class-id"]),
    ("Trao đổi với vanthu@daknong.com", &[".com"]),
];

/// Names of an office that must pass.
const PASS: &str = "\
trang.url|trang.website|trang.webloc|cong-cu.xlam|cong-cu.ppam|ghi-chu.one|ban-ve.dwg|ranh-gioi.dxf|lich.ics|thu.msg|\
danh-sach.csv|bang.luong.2024.xlsx|Số 12.TB-UBND.pdf|file.com.vn.pdf|v1.0.docx|data.mdb|winmail.dat|\
readme.js.txt|a.exe.pdf|Báo cáo tuần 38.docx|Công văn số 1234/UBND-VX.pdf|QĐ 07.2022.QĐ-UBND.signed.pdf|\
12. Phụ lục II (kèm theo TT 01/2023).xlsx|Tờ trình.doc|Giấy mời họp ngày 12.9.2026.pdf|Lịch công tác tuần.xls|\
Nghị quyết HĐND.k1.pdf|bien.ban.hop.so.12|Ảnh hội nghị.JPG|scan0001.tif|Zalo.2026.10.02.png|Thông báo.v2.final.docx|\
1. Kế hoạch.docx|Bản vẽ mặt bằng.dwg|TKCS.dgn|Dự toán.G8|Dự toán.gxd|hoso.zip|hoso.rar|hoso.7z|hoso.tar.gz|\
chu-ky.p7s|smime.p7m|thu.eml|thu.msg|lich.ics|danhba.vcf|index.html|trang.htm|bieu-do.svg|ghi-chu.txt|\
dulieu.json|cauhinh.xml|bao-cao.odt|bang.ods|trinh-chieu.odp|trinh-chieu.pptx|thuyet-minh.rtf|am-thanh.mp3|\
phim.mp4|ghi-am.m4a|font.ttf|ban-do.kmz|ban-do.shp|ban-do.dbf|ban-do.prj|ban-do.shx|du-an.mpp|so-do.vsdx|\
TB 45.TB-STTTT.PDF|45.TB|GM.12|CV 386|cv.386|cv.so|Công văn.so|QĐ số 12.so 5|Mẫu 01.BNV|Mẫu 02a-TSNN.xlsx|\
Phiếu trình (1).docx|~$o cao.docx|Bao cao ..docx|a..pdf|a.pdf.|a.pdf |a.docx;|\"a.pdf\"|a.pdf::$DATA|\
exe.pdf|com.txt|setup-exe.pdf|file exe|exe|tep.exe.zip|tep.exe.txt|vbs.docx|huong-dan-cai-dat.exe.docx|\
www.daknong.gov.vn|daknong.gov.vn|http___daknong.gov.vn_tin.html|Thư của abc.com.vn|abc.com.vn|abc.com.pdf|\
vanthu@daknong.gov.vn|vanthu@soctrang.gov.vn.txt|Re: Fwd: giấy mời.docx|RE_ góp ý dự thảo.docx|\
Họp lúc 8:30.docx|Tỷ lệ 1:500.dwg|abc.com: giới thiệu.pdf|50%.xlsx|Tăng 20%2025.pdf|50%20.pdf|a%20b.docx|\
b\u{e1}o c\u{e1}o.pdf|bao\u{301} ca\u{301}o.pdf|B\u{c1}O C\u{c1}O.PDF|\u{200e}Báo cáo.pdf|báo\u{200b}cáo.pdf|\
\u{202a}bao-cao.pdf\u{202c}|\u{5d0}\u{5d1}\u{200f}.pdf|a\u{202e}fdp.cod|báo cáo\u{feff}.docx|第1章。docx|資料．pdf|\
Thông báo v. Com quan.docx|Công ty v. Com|kế hoạch. docx|Mục 1. Exercise.docx|Chương 2. Bat dau.docx|\
Q1.2026|v2.1.0|1.2.3|192.168.1.1|IMG_0001.HEIC|DSC.0001.NEF|video.mov|Untitled|Không tên|image001.png|\
image001.jpg@01D9.ABCD|ATT00001.txt|ATT00001.htm|noname|message.eml|mime-attachment|original-message.eml|\
details.txt|report.xml|Delivery report.txt|signature.asc|publickey.asc|encrypted.asc|invite.ics|meeting.vcs|\
hoa-don.xml|HDDT_1C26TAA_00000123.pdf|1C26TAA.00000123.xml|TKhai 01-GTGT.xml|BCTC.2025.xlsm|NS.mdb|KTXH.accdb|\
data.sql|log.2026.10.01|access.log|backup.bak|tep.tmp|a.bin|firmware.bin|kernel.img|dia.iso|o-cung.vhd|\
may-ao.vmdk|phan-mem.dmg|driver.cab|lien-ket.url|trang.website|trang.mht|kho.epub|sach.mobi|ban-in.ps|ban-in.eps|\
chu-ky-so.cer|chung-thu.crt|khoa.pem|chung-thu.p12|chung-thu.pfx|danh sach lop 10A1.xls|DS trúng tuyển.xlsx|\
{00020400}.pdf|a.{abc}|sổ tay.{2026}.docx|thu moi.pdf.p7s|ban ghi.pdf.pdf|mau.docx.pdf|tep.pdf.zip|a.b.c.d.e.f.g|\
...|.|..| |.gitignore|.docx|THÔNG BÁO SỐ 15 NGÀY 2.10.2026 CỦA UBND TỈNH.PDF|bao_cao.PDF_|a.exe_|tep.ex_|a.exe (1).pdf|\
bao.cao.com.pdf|Kết luận TTr.signed.signed.pdf|Mẫu 2C-BNV.2008.doc|Lý lịch (bản scan).pdf.jpg";

#[test]
fn executable_names_are_found_with_their_tricks() {
    for (name, expected) in FOUND {
        let found = by_name(name);
        for sign in *expected {
            assert!(
                found.iter().any(|f| f == sign),
                "{name:?}: {sign} is not in {found:?}"
            );
        }
    }
}

#[test]
fn a_name_that_is_only_shown_as_a_program_counts_too() {
    // Stored `.pdf`, shown `afdp.exe`: what a person reads is a program.
    assert_eq!(by_name("a\u{202e}exe.pdf"), [".exe", "right-to-left"]);
    assert_eq!(
        by_name("a\u{202e}fdp\u{202c}.exe"),
        [".exe", "right-to-left"]
    );
    assert_eq!(
        by_name("bao-cao\u{202e}exe.\u{202c}pdf"),
        Vec::<String>::new()
    );
    assert_eq!(
        by_name("bao-cao.\u{202e}exe\u{202c}"),
        [".exe", "right-to-left"]
    );
    assert_eq!(by_name("bao-cao.\u{202e}rcs"), [".scr", "right-to-left"]);
}

#[test]
fn every_extension_of_the_table_is_found_in_both_cases_and_has_its_reason() {
    for (index, entry) in EXTENSIONS.iter().enumerate() {
        for name in [
            format!("tệp.{}", entry.name),
            format!("TỆP.{}", entry.name.to_uppercase()),
        ] {
            assert_eq!(by_name(&name), [format!(".{}", entry.name)], "{name}");
        }
        assert!(!entry.why.is_empty() && entry.name == entry.name.to_lowercase());
        let twice = EXTENSIONS[index + 1..]
            .iter()
            .any(|other| other.name == entry.name);
        assert!(!twice, "{} stands twice", entry.name);
    }
}

#[test]
fn names_of_an_office_pass() {
    let names: Vec<&str> = PASS.split('|').collect();
    assert!(names.len() >= 200, "{}", names.len());
    for name in names {
        assert_eq!(by_name(name), Vec::<String>::new(), "{name:?}");
    }
}

#[test]
fn one_executable_reading_is_enough() {
    assert_eq!(
        found(&["bao-cao.pdf", "bao-cao.exe"], &["pdf"], false),
        [".exe"]
    );
    assert_eq!(
        found(&["bao-cao.pdf", "bao cao.pdf"], &["pdf"], false),
        Vec::<String>::new()
    );
}

#[test]
fn content_comes_first_and_counts_without_a_name() {
    let signs = signs(Subject {
        names: &["bao-cao.pdf.exe"],
        kinds: &[Kind::by_id("pe").unwrap(), Kind::by_id("zip").unwrap()],
        message: false,
    });
    let expected = [
        (By::Content, "pe"),
        (By::Name, ".exe"),
        (By::Name, "double-extension"),
    ];
    let found: Vec<_> = signs
        .iter()
        .map(|sign| (sign.by, sign.what.as_str()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(found_only(&[], &["script-vbs"]), ["script-vbs"]);
    assert_eq!(found_only(&["bao-cao.pdf"], &["pdf"]), Vec::<String>::new());
}

fn found_only(names: &[&str], kinds: &[&str]) -> Vec<String> {
    found(names, kinds, false)
}

#[test]
fn an_address_is_no_program() {
    // A subject that names a site or an address is the name of an attached message.
    assert_eq!(found(&["Thư của abc.com"], &[], true), Vec::<String>::new());
    assert_eq!(found(&["setup.exe"], &[], true), [".exe"]);
    // A card or a picture called by an address; but nothing unknown, no text, no program.
    for (kinds, expected) in [
        (&["vcard"][..], &[][..]),
        (&["png"], &[]),
        (&[], &[".com"]),
        (&["text"], &[".com"]),
        (&["pe"], &["pe", ".com"]),
        (&["pdf", "pe"], &["pdf", "pe", ".com"][1..]),
    ] {
        assert_eq!(
            found(&["nguyen.van.a@gmail.com"], kinds, false),
            expected,
            "{kinds:?}"
        );
        assert_eq!(
            found(&["www.gmail.com"], kinds, false),
            expected,
            "{kinds:?}"
        );
    }
    assert_eq!(found(&["edit.com"], &["png"], false), [".com"]);
}

#[test]
fn no_name_makes_it_fail() {
    let pieces = [
        "a", ".", "exe", "\u{202e}", "\0", "%2", "%00", ":", "/", "\\", " ", "đ", "\u{ff0e}", "{",
    ];
    let mut state = 1u32;
    for _ in 0..5000 {
        let mut name = String::new();
        for _ in 0..8 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            name.push_str(pieces[(state >> 16) as usize % pieces.len()]);
        }
        let stored_program = name.ends_with(".exe");
        let found = by_name(&name);
        assert!(
            !stored_program || found.iter().any(|sign| sign == ".exe"),
            "{name:?}: {found:?}"
        );
    }
    let long = "a.".repeat(100_000) + "exe";
    assert_eq!(by_name(&long), [".exe"]);
}
