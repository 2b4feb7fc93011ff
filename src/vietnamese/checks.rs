//! Old encodings, the detector, the form for marks, the Unicode check: through their public doors.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;

/// What glibc's iconv makes of each letter, and of VNI, VPS and VIQR what GNU recode does; written by
/// `scripts/lib/vn_vectors.py`, which also checks it again.
const VECTORS: &str = include_str!("testdata/vectors.txt");

const ENCODINGS: [Encoding; 9] = [
    Encoding::Tcvn3,
    Encoding::Tcvn3Capitals,
    Encoding::Vni,
    Encoding::Viscii,
    Encoding::Vps,
    Encoding::Viqr,
    Encoding::Windows1258,
    Encoding::Mojibake,
    Encoding::MojibakeTwice,
];

fn named(name: &str) -> Encoding {
    *ENCODINGS.iter().find(|e| e.name() == name).unwrap()
}

#[test]
fn every_letter_is_what_a_second_source_says() {
    let mut count = 0;
    for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let encoding = named(words.next().unwrap());
        for word in words {
            let (letter, hex) = word.split_once('=').unwrap();
            let bytes: Vec<u8> = (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect();
            assert_eq!(decode_bytes(&bytes, encoding), letter, "{encoding} {hex}");
            // The same within valid Unicode, as windows-1252 and as ISO 8859-1 show it.
            let (shown, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
            assert_eq!(decode(&shown, encoding), letter, "{encoding} {shown}");
            let shown: String = bytes.iter().copied().map(char::from).collect();
            assert_eq!(decode(&shown, encoding), letter, "{encoding} {shown}");
            count += 1;
        }
    }
    // 134 letters in each; the ABC fonts' own 74.
    assert_eq!(count, 6 * 134 + 74);
}

/// Một tuần, in each encoding, as law.md and real papers show it.
const DECISION: &str = "Quyết định về việc bảo vệ bí mật nhà nước trên địa bàn tỉnh";

#[test]
fn papers_of_before_come_out_right() {
    let cases = [
        (
            Encoding::Tcvn3,
            "QuyÕt ®Þnh vÒ viÖc b¶o vÖ bÝ mËt nhµ n\u{ad}íc trªn ®Þa bµn tØnh",
        ),
        (
            Encoding::Vni,
            "Quyeát ñònh veà vieäc baûo veä bí maät nhaø nöôùc treân ñòa baøn tænh",
        ),
        (
            Encoding::Viscii,
            "Quyªt ð¸nh v« vi®c bäo v® bí m§t nhà nß¾c trên ð¸a bàn tïnh",
        ),
        (
            Encoding::Viqr,
            "Quye^'t ddi.nh ve^` vie^.c ba?o ve^. bi' ma^.t nha` nu+o+'c tre^n ddi.a ba`n ti?nh",
        ),
    ];
    for (encoding, text) in cases {
        assert_eq!(decode(text, encoding), DECISION);
        let converted = to_unicode(text).unwrap();
        assert_eq!(converted.text, DECISION);
        assert_eq!(converted.found.encoding, encoding);
        assert_eq!(converted.pieces.len(), 1);
        assert_eq!(converted.pieces[0].range, 0..text.len());
        assert!(converted.found.share > 0.99, "{:?}", converted.found);
        assert_eq!(converted.found.score, 100);
    }
    let once = encoding_rs::WINDOWS_1252.decode(DECISION.as_bytes()).0;
    assert_eq!(to_unicode(&once).unwrap().text, DECISION);
    let twice = encoding_rs::WINDOWS_1252.decode(once.as_bytes()).0;
    let found = to_unicode(&twice).unwrap();
    assert_eq!(
        (found.text.as_str(), found.found.encoding),
        (DECISION, Encoding::MojibakeTwice)
    );
    // The no-break space of à was made a plain one.
    assert_eq!(
        decode("nhÃ  nÆ°á»›c lÃ  cá»§a", Encoding::Mojibake),
        "nhà nước là của"
    );
}

#[test]
fn bytes_are_found_too() {
    let (shown, _, _) =
        encoding_rs::WINDOWS_1252.encode("QuyÕt ®Þnh vÒ viÖc b¶o vÖ bÝ mËt nhµ nưíc");
    let mut bytes = shown.into_owned();
    // ư as the font has it: a soft hyphen.
    let at = bytes.windows(6).position(|w| w == b"&#432;").unwrap();
    bytes.splice(at..at + 6, [0xad]);
    let converted = bytes_to_unicode(&bytes).unwrap();
    assert_eq!(converted.text, "Quyết định về việc bảo vệ bí mật nhà nước");
    assert_eq!(converted.pieces[0].range, 0..bytes.len());
    assert_eq!(
        detect_bytes(&bytes).map(|f| f.encoding),
        Some(Encoding::Tcvn3)
    );
    assert_eq!(detect_bytes(DECISION.as_bytes()), None);
    assert_eq!(detect_bytes(b"\xff\xfe\x00\x01"), None);
    assert_eq!(
        bytes_to_unicode("déjà été près d'une forêt, où l'élève a préféré".as_bytes()),
        None
    );
}

#[test]
fn what_tcvn3_loses_is_put_right() {
    // Capitals: the fonts have them without tones only.
    let text = "CéNG HßA X· HéI CHñ NGHÜA VIÖT NAM\n§éc lËp - Tù do - H¹nh phóc\nQUYÕT §ÞNH vÒ viÖc x©y dùng\n";
    let right = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\nQUYẾT ĐỊNH về việc xây dựng\n";
    assert_eq!(to_unicode(text).unwrap().text, right);
    // The soft hyphen that is ư was lost on the way.
    let lost = "ñy ban nh©n d©n n\u{ad}íc nhµ trong níc vµ tríc ®ã, trêng häc";
    let found = to_unicode(lost).unwrap().text;
    assert!(found.contains("trong nước và trước đó"), "{found}");
    // In a capital font everything is a capital.
    assert_eq!(decode("tuyÖt mËt", Encoding::Tcvn3Capitals), "TUYỆT MẬT");
    assert_eq!(decode("M¢ËT, Aµ, NghÞ", Encoding::Tcvn3), "MẬT, À, Nghị");
}

#[test]
fn short_lines_follow_the_document() {
    let alone = "TuyÖt mËt";
    assert_eq!(detect(alone), None);
    let document =
        format!("Sè: 12\n{alone}\nQuyÕt ®Þnh vÒ viÖc b¶o vÖ bÝ mËt nhµ n\u{ad}íc\nN¬i nhËn: 5\n");
    let converted = to_unicode(&document).unwrap();
    assert_eq!(
        converted.text,
        "Số: 12\nTuyệt mật\nQuyết định về việc bảo vệ bí mật nhà nước\nNơi nhận: 5\n"
    );
    assert_eq!(converted.pieces.len(), 1);
    // Lines too short each, enough together.
    let table = "Sè\nhiÖu\nngµy\nth¸ng\nn\u{ad}íc\nqu¶n lý\nc¬ quan\n";
    assert_eq!(
        to_unicode(table).unwrap().text,
        "Số\nhiệu\nngày\ntháng\nnước\nquản lý\ncơ quan\n"
    );
}

#[test]
fn a_document_may_mix_encodings() {
    let document = "Quyeát ñònh veà vieäc baûo veä bí maät nhaø nöôùc\nCông văn đã được gửi tới các sở, ngành trong tỉnh\n\
                    QuyÕt ®Þnh vÒ viÖc b¶o vÖ bÝ mËt\nThe quick brown fox « jumps » over café tables\n";
    let converted = to_unicode(document).unwrap();
    assert_eq!(
        converted.text,
        "Quyết định về việc bảo vệ bí mật nhà nước\nCông văn đã được gửi tới các sở, ngành trong tỉnh\n\
         Quyết định về việc bảo vệ bí mật\nThe quick brown fox « jumps » over café tables\n"
    );
    let encodings: Vec<_> = converted
        .pieces
        .iter()
        .map(|piece| piece.encoding)
        .collect();
    assert_eq!(encodings, [Encoding::Vni, Encoding::Tcvn3]);
    assert!(
        (0.5..0.8).contains(&converted.found.share),
        "{:?}",
        converted.found
    );
}

#[test]
fn other_languages_and_code_are_left_alone() {
    let texts = [
        "L'été dernier, à côté de la forêt, j'ai été très étonné : « Où êtes-vous né ? » Il était déjà là, près du thé.",
        "Größe über Maß, schöne Grüße aus München, für alle Fälle ändern wir die Öffnungszeiten. Käse, Tür, Öl.",
        "Não há só informação; você já está lá às três da manhã, irmão. Coração, avó, avô, pé, só, nó, dó, fé.",
        "Příliš žluťoučký kůň úpěl ďábelské ódy. Má mě rád? Ví to, dá mi dům, já mám míč, tvůj stůl.",
        "Perché è così più bello? Già, può darsi; però ciò è lì, là, giù. «No», disse. Il più è già là e può stare.",
        "El niño soñó con años mejores. ¿Qué más? Sí, él está ahí, más allá del río. Año, leña, piñón, mañana.",
        "On a sunny day (isn't it?), we're going to see. So. To be? Do you? I'm sure. Let's go. No. Oh. Be. Me.",
        "let a^b = foo(a+b)?; if u+v > o+p { return x.y.z.a.b.o.t(a(b), e.f?) } // a~b `a` 'o' u* o* i.e. e.g.",
        "fn main() { let x: &'a str = \"o'c\"; a.b.c(d); *u+*o; i?; e'; } #include <a.h> a? b : c; e.t.c. o+=u; y'all",
        "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlzIHNpbmd1bGFyIHBhc3Npb24+a+o+u/",
        "id,name,größe,café,año\n1,\"Zoë\",12,\"à\",3\n2,\"Noé\",13,\"é\",4\n",
        "Công văn số 12 được gửi tới các sở, ngành; đề nghị báo cáo trước ngày 15. « Trân trọng » – “cảm ơn” © 2024 §5",
        "các anh là cá và quá bé, cháu có xóm làng xã hà là má khá thì quê",
        "Это обычный русский текст, который никто не трогает. Ελληνικά επίσης. 日本語のテキスト。",
        "",
    ];
    for text in texts {
        assert_eq!(detect(text), None, "{text}");
        assert_eq!(detect(&text.nfd().collect::<String>()), None, "{text}");
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        assert_eq!(detect_bytes(&bytes), None, "{text}");
    }
    assert_eq!(detect(&texts.join("\n")), None);
}

#[test]
fn quotation_marks_around_a_word_are_no_letters() {
    // .VnTimeH: “mËt”; the same bytes are capitals in VN1.
    assert_eq!(decode("“mËt”", Encoding::Tcvn3Capitals), "“MẬT”");
    assert_eq!(decode("“tèi mËt”", Encoding::Tcvn3), "“tối mật”");
    assert_eq!(decode("V”", Encoding::Tcvn3), "VÕ");
    // Dots between letters, which are the letter ã otherwise.
    assert_eq!(decode("T·è·I M·Ë·T ®·", Encoding::Tcvn3), "T.ố.I M.ậ.T đã");
}

#[test]
fn letters_are_told_without_the_soft_hyphen_that_programs_lose() {
    for (shown, meant) in [
        ("máº\u{ad}t", "mật"),
        ("máºt", "mật"),
        ("gá»\u{ad}i", "gửi"),
        ("gá»i", "gửi"),
        ("kÃnh", "kính"),
        ("mÃ  ", "mà "),
        ("má»‘i", "mối"),
    ] {
        assert_eq!(decode(shown, Encoding::Mojibake), meant, "{shown}");
    }
}

#[test]
fn fonts_reveal_their_encoding() {
    for (font, encoding) in [
        (".VnTime", Some(Encoding::Tcvn3)),
        (".VnTimeH", Some(Encoding::Tcvn3Capitals)),
        (".vnarialh", Some(Encoding::Tcvn3)),
        ("'.VnArialH', Arial", Some(Encoding::Tcvn3Capitals)),
        ("VNI-Times", Some(Encoding::Vni)),
        ("VPS Times", Some(Encoding::Vps)),
        ("Times New Roman", None),
        ("", None),
        ("é", None),
    ] {
        assert_eq!(Encoding::of_font(font), encoding, "{font}");
    }
}

#[test]
fn the_form_for_marks_is_one() {
    for (text, form) in [
        ("TUYỆT MẬT", "tuyệt mật"),
        ("T U Y Ệ T   M Ậ T", "tuyệt mật"),
        ("T U Y Ệ T M Ậ T", "tuyệt mật"),
        ("M.Ậ.T", "mật"),
        ("M\nẬ\r\nT\n", "mật\n"),
        ("độ: M-Ậ-T!", "độ: mật!"),
        ("T.U.Y.Ệ.T M.Ậ.T", "tuyệt mật"),
        ("M\u{200b}Ậ\u{ad}T", "mật"),
        ("MẬ\u{fe0f}T\u{34f}", "mật"),
        ("M\u{e0041}ẬT", "mật"),
        ("ＭẬＴ", "mật"),
        ("𝐌Ậ𝐓", "mật"),
        ("МẬТ", "mật"),
        ("ᴍậᴛ", "mật"),
        ("MA\u{323}\u{302}T", "mật"),
        ("MA\u{302}\u{323}T", "mật"),
        (
            "hòa hoà thủy thuỷ quí quý khỏe khoẻ",
            "hoà hoà thuỷ thuỷ quý quý khoẻ khoẻ",
        ),
        ("ÐỘ MẬT ðộ", "độ mật độ"),
        ("a) b) c) A B C D", "a) b) c) a b c d"),
        ("Русский текст", "русский текст"),
        ("1 . 2 . 3 x y z", "1 . 2 . 3 x y z"),
    ] {
        assert_eq!(Form::new(text).as_str(), form, "{text:?}");
    }
    assert_eq!(Form::new("Tuyệt Mật, đồng").bare(), "tuyet mat, dong");
}

#[test]
fn tricks_are_told_and_places_kept() {
    let text = "Số 5: T U Y Ệ T   M Ậ T, mật";
    let form = Form::new(text);
    assert_eq!(form.tricks.spaced, 2);
    let at = form.as_str().find("tuyệt mật").unwrap();
    let source = form.source(at..at + "tuyệt mật".len());
    assert_eq!(&text[source], "T U Y Ệ T   M Ậ T");
    for (text, tricks) in [
        (
            "МẬТ",
            Tricks {
                lookalike: 2,
                ..Tricks::default()
            },
        ),
        (
            "M\u{200b}ẬT",
            Tricks {
                invisible: 1,
                ..Tricks::default()
            },
        ),
        ("\u{feff}MẬT \u{200b} x", Tricks::default()),
        ("Tuyệt mật, hòa", Tricks::default()),
        ("Москва", Tricks::default()),
    ] {
        assert_eq!(Form::new(text).tricks, tricks, "{text:?}");
        assert_eq!(Form::new(text).tricks.any(), tricks != Tricks::default());
    }
    assert_eq!(Form::new("").source(0..0), 0..0);
}

#[test]
fn unicode_is_checked() {
    let composed = check_unicode(DECISION);
    assert_eq!((composed.legacy, composed.decomposed), (None, 0));
    assert!(composed.accented >= 10 && composed.share() == 0.0);
    let apart: String = DECISION.nfd().collect();
    assert!(check_unicode(&apart).decomposed >= 10);
    assert_eq!(check_unicode(&apart).legacy, None);
    let mixed =
        format!("{DECISION}\nQuyÕt ®Þnh vÒ viÖc b¶o vÖ bÝ mËt nhµ n\u{ad}íc trªn ®Þa bµn tØnh");
    let check = check_unicode(&mixed);
    assert_eq!(check.legacy.map(|f| f.encoding), Some(Encoding::Tcvn3));
    assert!((0.4..0.6).contains(&check.share()), "{check:?}");
}

#[test]
fn cost_is_linear() {
    let started = std::time::Instant::now();
    for piece in [
        "®Þ ",
        "a^.",
        "Ã",
        "M Ậ ",
        "\u{323}\u{301}",
        "МẬ",
        "é",
        "e\n",
        "\u{ad}",
        "\u{200b}a",
    ] {
        let long = piece.repeat(200_000);
        detect(&long);
        to_unicode(&long);
        Form::new(&long);
        check_unicode(&long);
    }
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

/// Never panics, and what comes out is bounded by what went in.
fn hold(bytes: &[u8]) {
    let lossy = String::from_utf8_lossy(bytes);
    for encoding in ENCODINGS {
        assert!(decode(&lossy, encoding).len() <= 3 * lossy.len() + 3);
        assert!(decode_bytes(bytes, encoding).len() <= 3 * bytes.len() + 3);
    }
    if let Some(converted) = bytes_to_unicode(bytes) {
        assert!(converted.text.len() <= 6 * bytes.len() + 6);
        for piece in &converted.pieces {
            assert!(piece.range.start < piece.range.end && piece.range.end <= bytes.len());
        }
    }
    let form = Form::new(&lossy);
    assert!(form.as_str().len() <= 3 * lossy.len());
    for (at, c) in form.as_str().char_indices() {
        let source = form.source(at..at + c.len_utf8());
        assert!(lossy.get(source).is_some());
    }
    assert_eq!(form.bare().chars().count(), form.as_str().chars().count());
    check_unicode(&lossy);
}

#[test]
fn truncated_anywhere() {
    let text = "QuyÕt ®Þnh vÒ viÖc\nbaûo veä bí maät nhaø nöôùc\nNhu+~ng go'i dda^y\nquyáº¿t Ä‘á»‹nh T U Y Ệ T M.Ậ.T МẬТ";
    for at in 0..=text.len() {
        hold(text.as_bytes().get(..at).unwrap());
        hold(text.as_bytes().get(at..).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        hold(&bytes);
    }

    #[test]
    fn any_text(text in ".{0,120}") {
        hold(text.as_bytes());
    }

    #[test]
    fn mutated(at in 0_usize..400, byte in any::<u8>(), times in 1_usize..5) {
        let text = "QuyÕt ®Þnh vÒ viÖc b¶o vÖ bÝ mËt nhµ n\u{ad}íc trªn ®Þa bµn\nT U Y Ệ T   M Ậ T МẬТ Ma^.t vie^.c ddi.nh\n";
        let mut bytes = text.repeat(times).into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        hold(&bytes);
    }
}
