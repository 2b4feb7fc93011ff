//! A PostgreSQL server of the test's own: a private folder, a unix socket, no TCP.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

pub struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// Whether the test is root, which PostgreSQL refuses to be.
    root: bool,
}

impl Server {
    pub fn begin() -> Self {
        let programs = programs();
        let root = rustix::process::geteuid().is_root();
        let folder = tempfile::Builder::new()
            .prefix("gpg")
            .tempdir_in("/tmp")
            .unwrap();
        let server = Self {
            folder,
            programs,
            root,
        };
        if root {
            let owner = format!("postgres:{}", server.folder.path().display());
            let (user, path) = owner.split_once(':').unwrap();
            run(Command::new("chown").args([user, path]));
        }
        let data = server.data();
        server.program(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "gacthu",
                "-A",
                "trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
            ],
        );
        let text = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nfsync = off\nmax_connections = 40\nshared_buffers = 16MB\n",
            server.folder.path().display()
        );
        let conf = PathBuf::from(&data).join("postgresql.conf");
        let old = fs::read_to_string(&conf).unwrap();
        fs::write(&conf, old + &text).unwrap();
        server.start();
        server
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }

    /// Starts it and waits until it answers.
    pub fn start(&self) {
        let log = self.folder.path().join("log");
        let log = log.to_str().unwrap();
        self.program(
            "pg_ctl",
            &["-D", &self.data(), "-l", log, "-w", "-s", "start"],
        );
    }

    /// Ends it at once, as a crash would.
    pub fn stop(&self) {
        self.program(
            "pg_ctl",
            &["-D", &self.data(), "-m", "immediate", "-w", "-s", "stop"],
        );
    }

    /// A fresh database, and its URL.
    pub fn database(&self, name: &str) -> String {
        let host = self.folder.path().to_str().unwrap();
        self.program("createdb", &["-h", host, "-U", "gacthu", name]);
        self.url(name)
    }

    pub fn url(&self, name: &str) -> String {
        format!(
            "postgres:///{name}?host={}&user=gacthu",
            self.folder.path().display()
        )
    }

    fn program(&self, name: &str, args: &[&str]) {
        let path = self.programs.join(name);
        let mut command = match self.root {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
                command.arg(path);
                command
            }
            false => Command::new(path),
        };
        run(command.args(args).current_dir(self.folder.path()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let path = self.programs.join("pg_ctl");
        let data = self.data();
        let mut command = Command::new("setpriv");
        if self.root {
            command
                .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
                .arg(path);
        } else {
            command = Command::new(path);
        }
        // It may have been stopped already.
        let _ = command
            .args(["-D", &data, "-m", "immediate", "-s", "stop"])
            .output();
    }
}

fn run(command: &mut Command) {
    let Output { status, stderr, .. } = command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {said}");
}

/// Debian keeps the programs of each version apart.
fn programs() -> PathBuf {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort();
    folders.push("/usr/local/bin".into());
    folders.push("/usr/bin".into());
    let there = |folder: &&PathBuf| {
        Path::new(folder).join("initdb").exists() && folder.join("createdb").exists()
    };
    folders
        .iter()
        .find(there)
        .cloned()
        .expect("PostgreSQL is not installed: scripts/lib/install.sh postgresql")
}
