//! Names of members, in every encoding that a program may read them in.

/// The readings of a name as it stands in an archive, the likeliest first, each once: UTF-8 where it
/// is that, code page 437 (APPNOTE.TXT appendix D) and windows-1258 where it is not, or where the
/// archive does not say so (`utf8`).
pub(super) fn readings(bytes: &[u8], utf8: bool) -> Vec<String> {
    let mut names = Vec::new();
    match std::str::from_utf8(bytes) {
        Ok(name) => names.push(name.to_owned()),
        Err(_) => names.push(cp437(bytes)),
    }
    let sure = utf8 && std::str::from_utf8(bytes).is_ok();
    if !bytes.is_ascii() && !sure {
        let (windows, _) = encoding_rs::WINDOWS_1258.decode_without_bom_handling(bytes);
        for name in [cp437(bytes), windows.into_owned()] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn cp437(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte.checked_sub(0x80) {
        None => char::from(*byte),
        Some(high) => CP437.chars().nth(usize::from(high)).unwrap_or('\u{fffd}'),
    };
    bytes.iter().map(letter).collect()
}

/// The upper half of code page 437.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_every_encoding_that_it_may_be_in() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(readings(b"a.exe", false), ["a.exe"]);
        assert_eq!(readings("báo cáo.exe".as_bytes(), true), ["báo cáo.exe"]);
        let old = readings(b"b\xa0o.exe", false);
        assert_eq!(old.first().map(String::as_str), Some("báo.exe"));
        assert!(old.iter().all(|name| name.ends_with("o.exe")));
        assert_eq!(
            readings("á".as_bytes(), false).first().map(String::as_str),
            Some("á")
        );
    }
}
