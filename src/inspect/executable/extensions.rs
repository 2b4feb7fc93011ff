//! The extensions of executable files: data, one line each with its reason. A line more is one kind
//! of file more that a policy with `kind: executable` refuses.
//!
//! What is *not* here, and why:
//! - `.bin`, `.dat`, `.o`, `.so`, `.a`: nothing runs them when they are opened; programs among them are
//!   found by content. (`so` is also Vietnamese for *number*: `cv.so`.)
//! - `.386`, `.prg`, `.fxp`, `.bas`, `.ksh`: of the lists of old, but numbers, FoxPro data and source
//!   text are sent by offices and are not run when opened.
//! - `.zip`, `.rar`, `.iso`, `.img`, `.vhd`, `.dmg`, `.cab`: containers, judged by what is in them.
//! - `.docm`, `.xlsm`, `.mdb`, `.accdb`: documents; macros are a fact of their own.
//! - `.url`, `.website`, `.webloc`: a link to a page (`url-shortcut`), judged by its target: what leads to a
//!   program, a share or a command is `url-launcher`, found by content.
//! - `.xlam`, `.ppam`, `.xla`: add-ins that are documents with macros.
//! - `.html`, `.svg`, `.pdf`: documents that may hold scripts; facts of their own.

/// One executable extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// In lower case, without the dot.
    pub name: &'static str,
    /// What runs it.
    pub runs: Runs,
    /// Whether it is also a domain of the Internet, so that an address ends like a program.
    pub domain: bool,
    /// Why it is here.
    pub why: &'static str,
}

/// What runs a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// Windows itself, or what it ships with.
    Windows,
    /// A script host of Windows.
    WindowsScript,
    /// Linux, a Unix or macOS.
    Unix,
    /// A phone.
    Mobile,
    /// A run-time that must be installed: Java, Python, Office.
    Runtime,
}

/// The extension of this name, if it is executable; any case.
pub(super) fn find(extension: &str) -> Option<&'static Extension> {
    EXTENSIONS
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(extension))
}

const fn entry(name: &'static str, runs: Runs, why: &'static str) -> Extension {
    Extension {
        name,
        runs,
        domain: false,
        why,
    }
}

const fn domain(name: &'static str, runs: Runs, why: &'static str) -> Extension {
    Extension {
        name,
        runs,
        domain: true,
        why,
    }
}

use Runs::{Mobile, Runtime, Unix, Windows, WindowsScript};

/// The table.
pub static EXTENSIONS: &[Extension] = &[
    entry("exe", Windows, "program"),
    domain(
        "com",
        Windows,
        "program; Windows runs a PE of this name too",
    ),
    entry("scr", Windows, "screen saver: a program"),
    entry(
        "pif",
        Windows,
        "shortcut to a DOS program; runs a PE of this name too",
    ),
    entry(
        "cpl",
        Windows,
        "control panel item: a library that is run when opened",
    ),
    entry("dll", Windows, "library, run by rundll32"),
    entry("ocx", Windows, "ActiveX control: a library"),
    entry("sys", Windows, "driver"),
    entry("drv", Windows, "driver"),
    entry("vxd", Windows, "driver of Windows 95"),
    entry("efi", Windows, "program of the firmware"),
    entry("ax", Windows, "DirectShow filter: a library"),
    entry("tsp", Windows, "telephony provider: a library"),
    entry("xll", Runtime, "Excel add-in: a library that Excel runs"),
    entry("wll", Runtime, "Word add-in: a library that Word runs"),
    entry("msi", Windows, "installer"),
    entry("msp", Windows, "patch of an installer"),
    entry("mst", Windows, "transform of an installer"),
    entry("msu", Windows, "update of Windows"),
    entry("msix", Windows, "application package"),
    entry("msixbundle", Windows, "application packages"),
    entry("appx", Windows, "application package"),
    entry("appxbundle", Windows, "application packages"),
    entry(
        "appinstaller",
        Windows,
        "installs an application package from the Internet",
    ),
    entry(
        "application",
        Windows,
        "ClickOnce: installs and starts a program from the Internet",
    ),
    entry("appref-ms", Windows, "ClickOnce shortcut"),
    entry("xbap", Windows, "browser application of .NET"),
    entry("gadget", Windows, "desktop gadget: script with full rights"),
    entry(
        "diagcab",
        Windows,
        "troubleshooter: runs scripts (CVE-2022-34713)",
    ),
    entry("diagpkg", Windows, "troubleshooter"),
    entry("diagcfg", Windows, "troubleshooter"),
    entry(
        "ppkg",
        Windows,
        "provisioning package: sets up and installs",
    ),
    entry("vsto", Windows, "add-in of Office: installs from anywhere"),
    entry(
        "theme",
        Windows,
        "theme: fetches pictures from a share, may name a screen saver",
    ),
    entry("themepack", Windows, "themes in a cabinet"),
    entry("deskthemepack", Windows, "themes in a cabinet"),
    entry("its", Windows, "help in its Internet form"),
    entry("xnk", Windows, "shortcut of Exchange"),
    entry("lnk", Windows, "shortcut: starts any command line"),
    entry(
        "scf",
        Windows,
        "Explorer command; fetches its icon from anywhere",
    ),
    entry("library-ms", Windows, "library: leads to a foreign share"),
    entry(
        "search-ms",
        Windows,
        "saved search: leads to a foreign share",
    ),
    entry(
        "searchconnector-ms",
        Windows,
        "search connector: leads to a foreign share",
    ),
    entry(
        "settingcontent-ms",
        Windows,
        "settings shortcut: starts any command line",
    ),
    entry("reg", Windows, "writes into the registry"),
    entry("inf", Windows, "set-up information: installs"),
    entry("ins", Windows, "Internet settings"),
    entry("isp", Windows, "Internet settings"),
    entry("job", Windows, "scheduled task"),
    entry(
        "msc",
        Windows,
        "management console: runs script (CVE-2024-43572)",
    ),
    entry(
        "chm",
        Windows,
        "help with scripts that run with the user's rights",
    ),
    entry("hlp", Windows, "help with macros that start programs"),
    entry(
        "hta",
        WindowsScript,
        "HTML application: script with the user's rights",
    ),
    entry("bat", WindowsScript, "batch file"),
    entry("cmd", WindowsScript, "batch file"),
    entry("vbs", WindowsScript, "VBScript"),
    entry("vbe", WindowsScript, "encoded VBScript"),
    entry("vb", WindowsScript, "VBScript; on Outlook's list"),
    entry("vbscript", WindowsScript, "VBScript"),
    entry(
        "js",
        WindowsScript,
        "JScript: Windows runs it outside the browser",
    ),
    entry("jse", WindowsScript, "encoded JScript"),
    entry("mjs", WindowsScript, "JavaScript module"),
    entry("ws", WindowsScript, "script of Windows Script Host"),
    entry("wsf", WindowsScript, "script of Windows Script Host"),
    entry("wsh", WindowsScript, "settings that start a script"),
    entry("wsc", WindowsScript, "script component"),
    entry("sct", WindowsScript, "scriptlet, run by regsvr32"),
    entry("shb", WindowsScript, "scrap with a shortcut"),
    entry("shs", WindowsScript, "scrap with any object"),
    entry("ps1", WindowsScript, "PowerShell"),
    entry("ps1xml", WindowsScript, "PowerShell settings"),
    entry("ps2", WindowsScript, "PowerShell"),
    entry("psc1", WindowsScript, "PowerShell console"),
    entry("psc2", WindowsScript, "PowerShell console"),
    entry("psd1", WindowsScript, "PowerShell module"),
    entry("psm1", WindowsScript, "PowerShell module"),
    entry("jar", Runtime, "Java program"),
    entry("class", Runtime, "Java program"),
    entry("jnlp", Runtime, "starts a Java program from the Internet"),
    domain(
        "py",
        Runtime,
        "Python: the Python for Windows runs it when opened",
    ),
    entry("pyw", Runtime, "Python without a window"),
    entry("pyc", Runtime, "compiled Python"),
    entry("pyo", Runtime, "compiled Python"),
    entry("pyz", Runtime, "Python program in a ZIP"),
    entry("pyzw", Runtime, "Python program in a ZIP"),
    domain("pl", Runtime, "Perl: on Outlook's list"),
    entry("rb", Runtime, "Ruby"),
    entry("ahk", Runtime, "AutoHotkey"),
    entry("a3x", Runtime, "compiled AutoIt"),
    entry("au3", Runtime, "AutoIt: runs when opened"),
    entry("lua", Runtime, "Lua"),
    entry("luac", Runtime, "compiled Lua"),
    entry("php", Runtime, "PHP"),
    entry("phar", Runtime, "PHP program in an archive"),
    entry("tcl", Runtime, "Tcl: runs when opened"),
    entry("crx", Runtime, "extension of a browser"),
    entry("xpi", Runtime, "extension of a browser"),
    domain("sh", Unix, "shell script"),
    entry("bash", Unix, "shell script"),
    entry("csh", Unix, "shell script"),
    domain("run", Unix, "self-running archive of Linux"),
    entry("elf", Unix, "program of Linux"),
    entry("ko", Unix, "module of the Linux kernel"),
    entry("appimage", Unix, "program of Linux"),
    entry("desktop", Unix, "launcher of a Linux desktop"),
    entry("deb", Unix, "package"),
    entry("rpm", Unix, "package"),
    entry("flatpakref", Unix, "installs a program"),
    entry("flatpak", Unix, "package"),
    entry("snap", Unix, "package"),
    domain("app", Unix, "program of macOS"),
    entry("command", Unix, "shell script that macOS runs when opened"),
    entry(
        "terminal",
        Unix,
        "settings of macOS' terminal that start a command",
    ),
    entry("workflow", Unix, "Automator workflow of macOS"),
    entry("scpt", Unix, "AppleScript"),
    entry("scptd", Unix, "AppleScript"),
    entry("applescript", Unix, "AppleScript"),
    entry("pkg", Unix, "installer of macOS"),
    entry("mpkg", Unix, "installer of macOS"),
    entry("fileloc", Unix, "shortcut of macOS: starts programs"),
    entry(
        "inetloc",
        Unix,
        "shortcut of macOS: starts programs (CVE-2021-30713)",
    ),
    entry("apk", Mobile, "application of Android"),
    entry("apks", Mobile, "applications of Android"),
    entry("xapk", Mobile, "application of Android"),
    entry("aab", Mobile, "application of Android"),
    entry("dex", Mobile, "program of Android"),
    entry("ipa", Mobile, "application of iOS"),
];

/// Extensions that a reader takes for harmless: one of them before an executable one is a disguise.
pub(super) static DECOYS: &[&str] = &[
    "pdf", "doc", "docx", "docm", "dot", "dotx", "xls", "xlsx", "xlsm", "xlsb", "ppt", "pptx",
    "pps", "ppsx", "odt", "ods", "odp", "rtf", "txt", "csv", "htm", "html", "mht", "xml", "eml",
    "msg", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "heic", "svg", "ico", "mp3",
    "mp4", "wav", "avi", "mov", "mkv", "zip", "rar", "7z", "gz", "tar", "iso", "cab", "dwg", "log",
    "ini", "dat", "tmp", "one",
];
