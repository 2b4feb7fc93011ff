//! The table for people.

use std::{collections::HashMap, io, sync::Arc};

use super::clean;
use crate::audit::{Audit, Changes, Forward, Kind, MAX_REACHED, PathKind, Reason, Seen, Whose};

/// Unread things, remarks and gone findings that are shown each; JSON has all.
const SHOWN: usize = 50;

/// Writes it. `all`: every finding; else at most `most` forwards, and how many more there are.
///
/// # Errors
/// Those of writing.
pub fn table(
    audit: &Audit,
    changes: Option<&Changes>,
    most: usize,
    mut out: impl io::Write,
) -> io::Result<()> {
    let out = &mut out;
    forwards(audit, most, out)?;
    if !audit.paths.is_empty() {
        writeln!(
            out,
            "\nĐƯỜNG THƯ MILTER KHÔNG THẤY / PATHS THAT NO MILTER SEES: {}",
            audit.paths.len()
        )?;
        for it in audit.paths.iter().take(most) {
            writeln!(
                out,
                "  {}{}: {}   {}\n      {}",
                new(it.new),
                clean(&it.name),
                path(it.kind),
                clean(&it.at.to_string()),
                clean(&it.why)
            )?;
        }
        more(audit.paths.len(), most, out)?;
    }
    if !audit.unread.is_empty() {
        writeln!(out, "\nKHÔNG ĐỌC ĐƯỢC / NOT READ: {}", audit.unread.len())?;
        for it in audit.unread.iter().take(SHOWN) {
            writeln!(
                out,
                "  {}{}: {} / {}",
                new(it.new),
                clean(&it.what),
                reason(it.reason),
                clean(&it.why)
            )?;
            if *it.what != *it.at.to_string() {
                writeln!(out, "      {}", clean(&it.at.to_string()))?;
            }
            writeln!(out, "      → {}", clean(&it.remedy))?;
        }
        more(audit.unread.len(), SHOWN, out)?;
    }
    if !audit.remarks.is_empty() {
        writeln!(out, "\nGhi chú / remarks: {}", audit.remarks.len())?;
        for it in audit.remarks.iter().take(SHOWN) {
            writeln!(out, "  {}: {}", clean(&it.at.to_string()), clean(&it.text))?;
        }
        more(audit.remarks.len(), SHOWN, out)?;
    }
    if let Some(changes) = changes {
        changed(changes, out)?;
    }
    let leaving = audit.forwards.iter().filter(|it| it.whose.leaves());
    let unseen = leaving.clone().filter(|it| it.seen != Seen::Yes).count();
    writeln!(
        out,
        "\n{} chuyển tiếp ra ngoài ({unseen} milter không thấy) · {} đường thư không có milter · {} không đọc được · đã đọc {} tệp, {} mục, {} thư mục nhà, {} hộp thư Zimbra",
        leaving.clone().count(),
        audit.paths.len(),
        audit.unread.len(),
        audit.files,
        audit.entries,
        audit.homes,
        audit.accounts
    )?;
    writeln!(
        out,
        "{} forwards leave ({unseen} unseen by the milter) · {} paths without the milter · {} not read · {} files, {} entries, {} homes, {} Zimbra mailboxes read",
        leaving.count(),
        audit.paths.len(),
        audit.unread.len(),
        audit.files,
        audit.entries,
        audit.homes,
        audit.accounts
    )
}

fn forwards(audit: &Audit, most: usize, out: &mut impl io::Write) -> io::Result<()> {
    if audit.forwards.is_empty() {
        return writeln!(out, "CHUYỂN TIẾP RA NGOÀI / FORWARDS THAT LEAVE: 0");
    }
    writeln!(
        out,
        "CHUYỂN TIẾP RA NGOÀI / FORWARDS THAT LEAVE: {}",
        audit.forwards.len()
    )?;
    // The same few reasons stand behind thousands of lines: they get numbers.
    let mut reasons: Vec<(&'static str, &Arc<str>)> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut last = None;
    for it in audit.forwards.iter().take(most) {
        if last != Some(it.kind) {
            writeln!(out, "\n {}", words(it.kind))?;
            last = Some(it.kind);
        }
        let number = *numbers.entry(&*it.why).or_insert_with(|| {
            reasons.push((way(it), &it.why));
            reasons.len()
        });
        row(it, number, out)?;
    }
    more(audit.forwards.len(), most, out)?;
    writeln!(out)?;
    for (index, (way, reason)) in reasons.iter().enumerate() {
        writeln!(out, "  [{}] {way}\n      {}", index + 1, clean(reason))?;
    }
    Ok(())
}

fn row(it: &Forward, reason: usize, out: &mut impl io::Write) -> io::Result<()> {
    let whose = match it.whose {
        Whose::Ours => "của ta / ours",
        Whose::State => "cơ quan nhà nước / state",
        Whose::Public => "thư công cộng / public",
        Whose::Other => "bên ngoài / other",
        Whose::Unknown => "chưa rõ / unknown",
    };
    let seen = match it.seen {
        Seen::Yes => "milter thấy / seen",
        Seen::No => "milter không thấy / unseen",
        Seen::Unknown => "chưa rõ milter có thấy / not known",
    };
    writeln!(
        out,
        "  {}{} → {}   {whose}; {seen} [{reason}]",
        new(it.new),
        clean(&it.who),
        clean(&it.to)
    )?;
    writeln!(out, "      {}", clean(&it.at.to_string()))?;
    if !it.remark.is_empty() {
        writeln!(out, "      {}", clean(&it.remark))?;
    }
    if !it.chain.is_empty() {
        let or_more = if it.reached_by >= MAX_REACHED {
            "+"
        } else {
            ""
        };
        writeln!(
            out,
            "      qua / through: {} ({}{or_more})",
            clean(&it.chain.join(" → ")),
            it.reached_by
        )?;
    }
    Ok(())
}

fn changed(changes: &Changes, out: &mut impl io::Write) -> io::Result<()> {
    if changes.damaged {
        writeln!(
            out,
            "\nTệp trạng thái bị hỏng, coi như lần chạy đầu. / The state file was damaged; this counts as the first run."
        )?;
    }
    if changes.first_run {
        return writeln!(
            out,
            "\nLần chạy đầu, chưa có gì để so. / The first run: nothing to compare with."
        );
    }
    writeln!(
        out,
        "\nSO VỚI LẦN TRƯỚC / SINCE THE LAST RUN: {} mới / new, {} đã hết / gone",
        changes.new,
        changes.gone.len()
    )?;
    for gone in changes.gone.iter().take(SHOWN) {
        writeln!(out, "  - {}", clean(&gone.replace('\t', "  ")))?;
    }
    more(changes.gone.len(), SHOWN, out)?;
    if changes.not_looked_at > 0 {
        writeln!(
            out,
            "  {} của lần trước nằm trong tệp lần này không đọc được / of the last run stand in files that could not be read now",
            changes.not_looked_at
        )?;
    }
    Ok(())
}

/// The reason in Vietnamese; the details stand in the line below it.
fn way(it: &Forward) -> &'static str {
    match (it.seen, it.kind) {
        (Seen::Yes, _) => "Bản sao đi qua một cổng có milter.",
        (Seen::Unknown, _) => {
            "Chưa rõ: cấu hình đã đọc không cho biết bản sao có qua milter không."
        }
        (Seen::No, Kind::Alias | Kind::DotForward | Kind::Luser) => {
            "local(8) khai triển sau khi milter đã trả lời; bản sao không qua milter nào."
        }
        (
            Seen::No,
            Kind::Virtual
            | Kind::Canonical
            | Kind::RecipientBcc
            | Kind::SenderBcc
            | Kind::AlwaysBcc,
        ) => "cleanup(8) khai triển sau khi milter đã trả lời; milter chỉ thấy người nhận ban đầu.",
        (Seen::No, Kind::Check | Kind::Generic | Kind::Notice | Kind::Transport) => {
            "Postfix tự làm việc này; milter không được hỏi về người nhận ấy."
        }
        (Seen::No, _) => "Bản sao đi ra bằng đường không có milter.",
    }
}

/// Why something was not read, in Vietnamese.
fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Damaged => "bị hỏng hoặc sai cú pháp",
        Reason::Limit => "quá giới hạn",
        Reason::Missing => "không có",
        Reason::NotAFile => "không phải tệp thường",
        Reason::Permission => "không có quyền đọc",
        Reason::Reading => "lỗi khi đọc",
        Reason::Server => "bảng nằm ở máy chủ khác, không đọc",
    }
}

/// What a path is, in Vietnamese.
fn path(kind: PathKind) -> &'static str {
    match kind {
        PathKind::Listener => "cổng nhận thư không có milter",
        PathKind::MilterMap => "máy khách được miễn milter",
        PathKind::ProxyFilter => "milter không được xem nội dung",
        PathKind::Sendmail => "thư do chương trình trên máy gửi",
    }
}

fn new(new: bool) -> &'static str {
    if new { "MỚI/NEW " } else { "" }
}

fn more(count: usize, shown: usize, out: &mut impl io::Write) -> io::Result<()> {
    match count.checked_sub(shown) {
        Some(rest) if rest > 0 => writeln!(
            out,
            "  … còn {rest} mục nữa (--format json|csv có đủ) / and {rest} more (--format json and csv have all)"
        ),
        _ => Ok(()),
    }
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Alias => "alias (alias_maps)",
        Kind::AlwaysBcc => "always_bcc: bản sao của mọi thư / a copy of every letter",
        Kind::Canonical => "canonical_maps",
        Kind::Check => "header_checks, access: REDIRECT, BCC",
        Kind::DotForward => ".forward của người dùng / of users",
        Kind::Generic => "smtp_generic_maps, lmtp_generic_maps",
        Kind::Luser => "luser_relay",
        Kind::Notice => "bounce_notice_recipient …: thư không gửi được / letters that bounce",
        Kind::Program => {
            "chương trình nhận thư, có thể chuyển tiếp / programs that get mail and may send it on"
        }
        Kind::RecipientBcc => "recipient_bcc_maps: bản sao thư đến / copies of incoming mail",
        Kind::Recipe => ".procmailrc, .mailfilter",
        Kind::SenderBcc => "sender_bcc_maps: bản sao thư đi / copies of outgoing mail",
        Kind::Sieve => "Sieve: redirect",
        Kind::SieveNotice => "Sieve: thư báo / notices",
        Kind::Transport => "transport_maps: giao cho máy bên ngoài / handed to a host outside",
        Kind::Virtual => "virtual_alias_maps",
        Kind::Zimbra => "Zimbra: người dùng tự đặt / set by the user",
        Kind::ZimbraFilter => "Zimbra: bộ lọc / filters",
        Kind::ZimbraHidden => {
            "Zimbra: quản trị đặt, người dùng không thấy / set by an administrator, hidden"
        }
        Kind::ZimbraList => "Zimbra: thành viên danh sách / members of lists",
        Kind::ZimbraNotice => "Zimbra: thư báo, lời mời / notices, invitations",
    }
}
