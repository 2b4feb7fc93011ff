//! A made machine: files below a folder that the audit takes for its root.

use std::{
    collections::BTreeSet,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// Our own domain in every tree.
pub const MAIN: &str = "myhostname = mail.xa.example\nmydestination = $myhostname, xa.example, localhost\nsmtpd_milters = unix:gacthu/mx.sock\nnon_smtpd_milters = unix:gacthu/local.sock\n";

/// A Postfix on which every path has the milter.
pub const MASTER: &str =
    "smtp inet n - y - - smtpd\npickup unix n - y 60 1 pickup\ncleanup unix n - y - 0 cleanup\n";

pub struct Tree {
    dir: tempfile::TempDir,
}

/// What a run said.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Tree {
    /// Without any file.
    pub fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A Postfix with these lines at the end of main.cf.
    pub fn postfix(lines: &str) -> Self {
        let tree = Self::empty();
        tree.write("etc/postfix/main.cf", format!("{MAIN}{lines}\n"));
        tree.write("etc/postfix/master.cf", MASTER);
        tree.write("etc/aliases", "");
        tree
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// A user at /home/NAME, whose files belong to whoever runs the test.
    pub fn user(&self, name: &str) -> &Self {
        use std::os::unix::fs::MetadataExt;
        let uid = std::fs::metadata(self.dir.path()).unwrap().uid();
        let path = self.path("etc/passwd");
        let mut users = std::fs::read_to_string(&path).unwrap_or_default();
        users.push_str(&format!("{name}:x:{uid}:100::/home/{name}:/bin/sh\n"));
        self.write("etc/passwd", users);
        std::fs::create_dir_all(self.path(&format!("home/{name}"))).unwrap();
        self
    }

    pub fn link(&self, to: &str, name: &str) -> &Self {
        symlink(to, self.path(name)).unwrap();
        self
    }

    pub fn mode(&self, name: &str, mode: u32) -> &Self {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.path(name), permissions).unwrap();
        self
    }

    /// Runs the audit with this tree as the root.
    pub fn run(&self, args: &[&str]) -> Said {
        let root = self.text("");
        let mut all = vec!["--root", &root];
        all.extend(args);
        run(&all)
    }

    /// Of a Postfix, with the users of passwd.
    pub fn report(&self, args: &[&str]) -> Report {
        if !self.path("etc/passwd").exists() {
            self.write("etc/passwd", "");
        }
        let mut all = vec!["--json"];
        if self.path("etc/postfix").exists() {
            all.extend(["--postfix", "/etc/postfix"]);
        }
        all.extend(args);
        Report::new(self.run(&all))
    }
}

pub fn run(args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gacthu"));
    command.args(["audit", "forwards"]).args(args);
    let output = command
        .env_remove("GACTHU_POLICY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Said {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A run with `--json`.
pub struct Report {
    pub status: i32,
    pub json: Value,
}

impl Report {
    pub fn new(said: Said) -> Self {
        let json = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err));
        Self {
            status: said.status,
            json,
        }
    }

    fn list(&self, name: &str) -> &[Value] {
        self.json[name].as_array().unwrap()
    }

    /// `kind who > to whose seen file:line`, sorted.
    pub fn forwards(&self) -> BTreeSet<String> {
        let lines = self.list("forwards").iter().map(|it| {
            let text = |name: &str| it[name].as_str().unwrap().to_owned();
            format!(
                "{} {} > {} {} {} {}:{}",
                text("kind"),
                text("who"),
                text("to"),
                text("whose"),
                text("seen"),
                Path::new(&text("file")).display(),
                it["line"]
            )
        });
        lines.collect()
    }

    /// The one forward with this destination.
    pub fn to(&self, to: &str) -> &Value {
        let found: Vec<_> = self
            .list("forwards")
            .iter()
            .filter(|it| it["to"] == to)
            .collect();
        assert_eq!(found.len(), 1, "{to}: {:#}", self.json);
        found[0]
    }

    /// `kind name file:line`.
    pub fn paths(&self) -> BTreeSet<String> {
        let lines = self.list("paths").iter().map(|it| {
            let text = |name: &str| it[name].as_str().unwrap().to_owned();
            format!(
                "{} {} {}:{}",
                text("kind"),
                text("name"),
                text("file"),
                it["line"]
            )
        });
        lines.collect()
    }

    /// `reason what`.
    pub fn unread(&self) -> BTreeSet<String> {
        let lines = self.list("unread").iter().map(|it| {
            assert!(
                !it["why"].as_str().unwrap().is_empty()
                    && !it["remedy"].as_str().unwrap().is_empty()
            );
            format!(
                "{} {}",
                it["reason"].as_str().unwrap(),
                it["what"].as_str().unwrap()
            )
        });
        lines.collect()
    }

    pub fn remarks(&self) -> String {
        let lines = self
            .list("remarks")
            .iter()
            .map(|it| format!("{}:{} {}\n", it["file"], it["line"], it["text"]));
        lines.collect()
    }

    /// Nothing leaves and everything was read.
    pub fn is_clean(&self) {
        assert_eq!(self.status, 0, "{:#}", self.json);
        assert_eq!(
            (
                self.json["clean"].as_bool(),
                self.json["complete"].as_bool()
            ),
            (Some(true), Some(true))
        );
    }
}

pub fn set<const N: usize>(lines: [&str; N]) -> BTreeSet<String> {
    lines.into_iter().map(str::to_owned).collect()
}
