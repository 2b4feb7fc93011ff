//! The kinds of files that gacthu tells apart: ids and classes only. How bytes are recognised stands
//! in `content/kinds.rs`; policies use the ids and the classes.

use serde::{Serialize, Serializer};

/// A kind of file.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name that policies, facts and logs use.
    pub id: &'static str,
    /// What sort of thing it is.
    pub class: Class,
    /// In words, for explanations.
    pub what: &'static str,
}

impl Kind {
    /// The kind with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.id == id)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

/// A class of kinds, usable in a policy in the place of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Class {
    /// Code that a computer runs as it is, and what installs or starts such code.
    Executable,
    /// Source text that a program of the system runs when it is opened.
    Script,
    /// A container of files.
    Archive,
    /// An image of a disk.
    DiskImage,
    /// A document of an office program, a PDF, a web page.
    Document,
    /// A picture.
    Image,
    /// Sound or film.
    Media,
    /// A message.
    Message,
    /// Plain text.
    Text,
    /// Anything else that is recognised.
    Other,
}

const fn kind(id: &'static str, class: Class, what: &'static str) -> Kind {
    Kind { id, class, what }
}

/// All kinds, by class. Policies name them, so an id is never changed once it has been released;
/// how each is recognised stands in `content/kinds.rs`.
///
/// `pe` is one kind on purpose: whether Windows calls it a program, a library, a driver or an add-in
/// of Excel (XLL) is decided by who loads it and by its name, which policies can ask for.
pub static KINDS: &[Kind] = &[
    // Programs, and what installs or starts them.
    kind("pe", Class::Executable, "Windows program or library (PE)"),
    kind("dos-ne", Class::Executable, "16-bit Windows program (NE)"),
    kind(
        "dos-le",
        Class::Executable,
        "DOS, OS/2 or VxD program (LE, LX)",
    ),
    kind("dos-mz", Class::Executable, "DOS program (MZ)"),
    kind("elf", Class::Executable, "Linux or Unix program (ELF)"),
    kind("mach-o", Class::Executable, "macOS program (Mach-O)"),
    kind("java-class", Class::Executable, "compiled Java class"),
    kind("jar", Class::Executable, "Java archive (JAR)"),
    kind("dex", Class::Executable, "Android program (DEX)"),
    kind("apk", Class::Executable, "Android application (APK)"),
    kind("ipa", Class::Executable, "iOS application (IPA)"),
    kind("wasm", Class::Executable, "WebAssembly module"),
    kind(
        "msi",
        Class::Executable,
        "Windows Installer package, patch or transform",
    ),
    kind(
        "msix",
        Class::Executable,
        "Windows application package (APPX, MSIX)",
    ),
    kind("deb", Class::Executable, "Debian package"),
    kind("rpm", Class::Executable, "RPM package"),
    kind("lnk", Class::Executable, "Windows shortcut (LNK)"),
    kind("chm", Class::Executable, "compiled HTML help (CHM)"),
    kind("hlp", Class::Executable, "Windows help file (HLP)"),
    kind("hta", Class::Executable, "HTML application (HTA)"),
    kind("applescript", Class::Executable, "compiled AppleScript"),
    kind(
        "desktop-entry",
        Class::Executable,
        "Linux application launcher",
    ),
    kind(
        "settingcontent",
        Class::Executable,
        "Windows settings shortcut",
    ),
    kind(
        "library-ms",
        Class::Executable,
        "Windows library or search connector",
    ),
    kind(
        "clickonce",
        Class::Executable,
        "ClickOnce application manifest",
    ),
    kind(
        "msc",
        Class::Executable,
        "Microsoft management console file",
    ),
    kind("jnlp", Class::Executable, "Java Web Start launcher"),
    kind(
        "appinstaller",
        Class::Executable,
        "Windows application installer (APPINSTALLER)",
    ),
    kind("gadget", Class::Executable, "Windows desktop gadget"),
    kind(
        "bytecode",
        Class::Executable,
        "compiled script (Python, Lua, AutoIt)",
    ),
    kind(
        "url-launcher",
        Class::Executable,
        "shortcut to a program, a share or a command (URL)",
    ),
    // Source text that a program of the system runs.
    kind("script-bat", Class::Script, "Windows batch file"),
    kind("script-vbs", Class::Script, "VBScript"),
    kind(
        "script-js",
        Class::Script,
        "JScript for Windows Script Host",
    ),
    kind(
        "script-encoded",
        Class::Script,
        "encoded VBScript or JScript (VBE, JSE)",
    ),
    kind(
        "script-wsf",
        Class::Script,
        "Windows script file or scriptlet (WSF, SCT)",
    ),
    kind("script-ps1", Class::Script, "PowerShell script"),
    kind("script-sh", Class::Script, "shell script"),
    kind("script-python", Class::Script, "Python script"),
    kind("script-perl", Class::Script, "Perl script"),
    kind(
        "script-other",
        Class::Script,
        "script of another language, or that names its interpreter",
    ),
    kind("reg", Class::Script, "Windows registry entries"),
    kind("scf", Class::Script, "Windows Explorer command (SCF)"),
    kind(
        "inf",
        Class::Script,
        "Windows set-up information or AutoRun (INF)",
    ),
    // Containers of files.
    kind("zip", Class::Archive, "ZIP archive"),
    kind("rar", Class::Archive, "RAR archive"),
    kind("7z", Class::Archive, "7z archive"),
    kind("gz", Class::Archive, "gzip data"),
    kind("bz2", Class::Archive, "bzip2 data"),
    kind("xz", Class::Archive, "XZ data"),
    kind("lzma", Class::Archive, "LZMA data"),
    kind("lzip", Class::Archive, "lzip data"),
    kind("zst", Class::Archive, "Zstandard data"),
    kind("lz4", Class::Archive, "LZ4 data"),
    kind("z", Class::Archive, "compress data (Z)"),
    kind(
        "szdd",
        Class::Archive,
        "Microsoft compressed file (SZDD, KWAJ)",
    ),
    kind("tar", Class::Archive, "TAR archive"),
    kind("cab", Class::Archive, "Microsoft cabinet"),
    kind("arj", Class::Archive, "ARJ archive"),
    kind("lha", Class::Archive, "LHA archive"),
    kind("ace", Class::Archive, "ACE archive"),
    kind("arc", Class::Archive, "ARC archive"),
    kind("zoo", Class::Archive, "ZOO archive"),
    kind("cpio", Class::Archive, "CPIO archive"),
    kind("ar", Class::Archive, "AR archive"),
    kind("xar", Class::Archive, "XAR archive (macOS package)"),
    kind("wim", Class::Archive, "Windows image (WIM)"),
    kind("uuencode", Class::Archive, "uuencoded file"),
    kind("binhex", Class::Archive, "BinHex file"),
    kind("yenc", Class::Archive, "file in yEnc"),
    // Images of disks.
    kind("iso", Class::DiskImage, "CD or DVD image (ISO 9660, UDF)"),
    kind("vhd", Class::DiskImage, "virtual hard disk (VHD)"),
    kind("vhdx", Class::DiskImage, "virtual hard disk (VHDX)"),
    kind("vmdk", Class::DiskImage, "virtual hard disk (VMDK)"),
    kind("qcow2", Class::DiskImage, "virtual hard disk (QCOW)"),
    kind("dmg", Class::DiskImage, "macOS disk image (DMG)"),
    kind("hfs", Class::DiskImage, "HFS+ file system"),
    kind(
        "fat",
        Class::DiskImage,
        "FAT or NTFS file system or partitioned disk",
    ),
    // Documents.
    kind("pdf", Class::Document, "PDF document"),
    kind("docx", Class::Document, "Word document (OOXML)"),
    kind("docm", Class::Document, "Word document with macros (OOXML)"),
    kind("xlsx", Class::Document, "Excel workbook (OOXML)"),
    kind(
        "xlsm",
        Class::Document,
        "Excel workbook with macros (OOXML)",
    ),
    kind("xlsb", Class::Document, "Excel binary workbook"),
    kind("pptx", Class::Document, "PowerPoint presentation (OOXML)"),
    kind(
        "pptm",
        Class::Document,
        "PowerPoint presentation with macros (OOXML)",
    ),
    kind("ooxml", Class::Document, "Office document (OOXML)"),
    kind("odf", Class::Document, "OpenDocument file"),
    kind("epub", Class::Document, "EPUB book"),
    kind("xps", Class::Document, "XPS document"),
    kind("doc", Class::Document, "Word document (97-2003)"),
    kind("xls", Class::Document, "Excel workbook (97-2003)"),
    kind("ppt", Class::Document, "PowerPoint presentation (97-2003)"),
    kind("ole", Class::Document, "OLE compound file"),
    kind(
        "ole-encrypted",
        Class::Document,
        "encrypted Office document",
    ),
    kind("rtf", Class::Document, "Rich Text Format document"),
    kind("html", Class::Document, "web page (HTML)"),
    kind("xml", Class::Document, "XML document"),
    kind("onenote", Class::Document, "OneNote section"),
    kind("postscript", Class::Document, "PostScript document"),
    kind("djvu", Class::Document, "DjVu document"),
    kind("dwg", Class::Document, "AutoCAD drawing"),
    // Pictures.
    kind("svg", Class::Image, "SVG picture"),
    kind("jpeg", Class::Image, "JPEG picture"),
    kind("png", Class::Image, "PNG picture"),
    kind("gif", Class::Image, "GIF picture"),
    kind("webp", Class::Image, "WebP picture"),
    kind("tiff", Class::Image, "TIFF picture"),
    kind("bmp", Class::Image, "BMP picture"),
    kind("ico", Class::Image, "Windows icon"),
    kind("psd", Class::Image, "Photoshop picture"),
    kind("heif", Class::Image, "HEIF picture"),
    kind("avif", Class::Image, "AVIF picture"),
    kind("jxl", Class::Image, "JPEG XL picture"),
    kind("jp2", Class::Image, "JPEG 2000 picture"),
    kind("wmf", Class::Image, "Windows metafile (WMF, EMF)"),
    // Sound and film.
    kind("audio", Class::Media, "sound"),
    kind("video", Class::Media, "film"),
    kind("swf", Class::Media, "Flash film"),
    // Messages.
    kind("eml", Class::Message, "mail message"),
    kind("mbox", Class::Message, "mailbox of messages"),
    kind("msg", Class::Message, "Outlook message (MSG)"),
    kind("tnef", Class::Message, "Outlook attachments (winmail.dat)"),
    kind("p7m", Class::Message, "S/MIME encrypted or wrapped message"),
    kind("pgp", Class::Message, "PGP encrypted message"),
    // Text.
    kind("text", Class::Text, "plain text"),
    // The rest.
    kind("ics", Class::Other, "calendar entry"),
    kind("vcard", Class::Other, "visiting card"),
    kind("p7s", Class::Other, "S/MIME signature"),
    kind("pgp-signature", Class::Other, "PGP signature or key"),
    kind("url-shortcut", Class::Other, "shortcut to a web page (URL)"),
    kind("font", Class::Other, "font"),
    kind("sqlite", Class::Other, "SQLite database"),
    kind("access", Class::Other, "Access database"),
    kind("pst", Class::Other, "Outlook data file"),
];
