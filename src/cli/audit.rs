//! `gacthu audit`: what no milter sees.

use std::{
    fs,
    io::{self, BufWriter, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use super::{FAILED, UNUSABLE, fail, policy::load};
use crate::audit::{self, Audit, Changes, Domains, PostmapUse, Request, StateFile, show};

/// Sub-commands of `gacthu audit`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Find forwards that leave the state where no milter sees them: aliases, virtual, canonical and
    /// bcc maps, .forward, procmail, Sieve, Zimbra; and listeners without the milter.
    #[command(
        after_help = "It only reads. Without --postfix, --dovecot, --homes and --zimbra it audits /etc/postfix and the homes of /etc/passwd.\n\nWhat it cannot read it lists, with the remedy: tables of ldap, mysql, pgsql and the like are never read (name an export: --map PARAMETER=FILE).\n\nExit status: 0 everything was read and nothing leaves; 1 something leaves, may leave (programs, variables), or passes without the milter; 2 something could not be read (whatever was found is printed all the same), or wrong usage. With --fail-on new only what the last run did not have counts."
    )]
    Forwards(Args),
}

/// Arguments of `gacthu audit forwards`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A configuration folder of Postfix, as for `postconf -c`; may be given for each instance.
    #[arg(long, value_name = "DIR")]
    postfix: Vec<PathBuf>,
    /// Users and their homes: a file like passwd(5) or Dovecot's passwd-file [default: /etc/passwd
    /// where --postfix or --dovecot is read].
    #[arg(long, value_name = "FILE")]
    passwd: Vec<PathBuf>,
    /// A folder with homes in it: DIR/user or DIR/domain/user.
    #[arg(long, value_name = "DIR")]
    homes: Vec<PathBuf>,
    /// The output of `doveconf -n`.
    #[arg(long, value_name = "FILE")]
    dovecot: Vec<PathBuf>,
    /// The output of `zmprov -l gaa -v` or `zmprov gadl -v`.
    #[arg(long, value_name = "FILE")]
    zimbra: Vec<PathBuf>,
    /// An export of a table that cannot be read, `key value` a line: virtual_alias_maps=FILE.
    #[arg(long, value_name = "PARAMETER=FILE", value_parser = map)]
    map: Vec<(String, PathBuf)>,
    /// The folder that holds the root folder of the machine to audit; all paths count from it.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Policies: their own and their state domains count. Without one the shipped lists do.
    #[arg(
        long,
        env = "GACTHU_POLICY",
        value_name = "FILE",
        value_delimiter = ':'
    )]
    policy: Vec<PathBuf>,
    /// A domain that is ours, or .DOMAIN for all below it.
    #[arg(long, value_name = "DOMAIN")]
    own: Vec<String>,
    /// A further list of state domains, one a line (policies/lists/).
    #[arg(long, value_name = "FILE")]
    state_domains: Vec<PathBuf>,
    /// A further list of public mail services.
    #[arg(long, value_name = "FILE")]
    public_mail: Vec<PathBuf>,
    /// A part of the address of gacthu's milter in smtpd_milters [default: gacthu].
    #[arg(long, value_name = "TEXT")]
    milter: Option<String>,
    /// When to run `postmap -s` for a table: auto (its text is missing or newer), always, never.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = postmap)]
    postmap: PostmapUse,
    /// List forwards to the state's own domains too.
    #[arg(long)]
    all: bool,
    /// Compare with the last run, which is kept in this file, and say what is new and what is gone.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Write gauges for the node exporter's textfile collector (NAME.prom).
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// What the exit status tells of: all findings, or only those that are new (needs --state).
    #[arg(long, value_name = "WHICH", default_value = "all", value_parser = ["all", "new"])]
    fail_on: String,
    /// table; json: one object; csv: a line for each finding, and what a spreadsheet would run begins
    /// with an apostrophe.
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "json", "csv"])]
    format: String,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write what was found to this file, as a whole and readable by its group, not to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Forwards shown in the table; the other formats have all.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    show: usize,
}

pub(super) fn run(command: Command) -> ExitCode {
    match command {
        Command::Forwards(args) => forwards(&args),
    }
}

fn forwards(args: &Args) -> ExitCode {
    let begin = Instant::now();
    if args.fail_on == "new" && args.state.is_none() {
        return fail(
            UNUSABLE,
            "--fail-on new needs --state FILE: without it nothing is known of the last run",
        );
    }
    if let Some(root) = args.root.as_deref().filter(|root| !root.is_dir()) {
        return fail(
            UNUSABLE,
            format_args!("--root {}: there is no such folder", root.display()),
        );
    }
    let domains = match domains(args) {
        Ok(domains) => domains,
        Err(status) => return status,
    };
    let mut audit = audit::run(&request(args), domains);
    let mut changes = None;
    let mut broken = Vec::new();
    if let Some(path) = &args.state {
        let state = StateFile::new(path);
        match state.compare(&mut audit) {
            Ok((found, text)) => {
                if let Err(error) = state.write(&text) {
                    broken.push(format!(
                        "{}: the state cannot be written: {error}",
                        path.display()
                    ));
                }
                changes = Some(found);
            }
            Err(error) => broken.push(format!(
                "{}: the state cannot be read: {error}",
                path.display()
            )),
        }
    }
    let changes = changes.as_ref();
    let show = |out: &mut dyn Write| match (args.json, args.format.as_str()) {
        (true, _) | (_, "json") => show::json(&audit, changes, out),
        (_, "csv") => show::csv(&audit, changes, out),
        _ => show::table(&audit, changes, args.show, out),
    };
    let printed = match &args.output {
        Some(path) => put(path, 0o640, show),
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            let printed = show(&mut out).and_then(|()| out.flush());
            // A reader that went away (`| head`) is no failure of ours.
            printed.or_else(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(error),
            })
        }
    };
    if let Err(error) = printed {
        broken.push(format!("the findings cannot be written: {error}"));
    }
    if let Some(path) = &args.metrics {
        let text = show::metrics(&audit, changes, begin.elapsed());
        // Prometheus's node exporter is somebody else.
        if let Err(error) = put(path, 0o644, |out| out.write_all(text.as_bytes())) {
            broken.push(format!(
                "{}: the metrics cannot be written: {error}",
                path.display()
            ));
        }
    }
    for line in &broken {
        eprintln!("gacthu: {line}");
    }
    if !broken.is_empty() {
        return ExitCode::from(UNUSABLE);
    }
    status(&audit, changes, args.fail_on == "new")
}

/// Writes a file as a whole, whatever the umask: who reads it sees the old one or the new one.
fn put(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}", std::process::id()));
    // What a run left behind that was killed.
    let _ = fs::remove_file(&temporary);
    let written = (|| {
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    written.inspect_err(|_| {
        // It may not be there; what failed is told already.
        let _ = fs::remove_file(&temporary);
    })
}

/// What cron is told.
fn status(audit: &Audit, changes: Option<&Changes>, only_new: bool) -> ExitCode {
    // A first run has nothing that is not new.
    let only_new = only_new && changes.is_some_and(|it| !it.first_run);
    let counts = |new: bool| !only_new || new;
    if audit.unread.iter().any(|it| counts(it.new)) {
        return ExitCode::from(UNUSABLE);
    }
    let leaves = audit
        .forwards
        .iter()
        .any(|it| it.whose.leaves() && counts(it.new));
    if leaves || audit.paths.iter().any(|it| counts(it.new)) {
        return ExitCode::from(FAILED);
    }
    ExitCode::SUCCESS
}

fn request(args: &Args) -> Request {
    // Names inside a configuration count from Postfix's queue; those of the command line from here.
    let absolute = |path: &PathBuf| match args.root {
        Some(_) => path.clone(),
        None => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
    };
    let all = |paths: &[PathBuf]| paths.iter().map(absolute).collect();
    let mut request = Request {
        postfix: all(&args.postfix),
        passwd: all(&args.passwd),
        homes: all(&args.homes),
        dovecot: all(&args.dovecot),
        zimbra: all(&args.zimbra),
        maps: args
            .map
            .iter()
            .map(|(name, path)| (name.clone(), absolute(path)))
            .collect(),
        root: args.root.clone(),
        milter: args.milter.clone(),
        postmap: args.postmap,
        all: args.all,
    };
    let named = [
        &request.postfix,
        &request.passwd,
        &request.homes,
        &request.dovecot,
        &request.zimbra,
    ];
    if named.iter().all(|it| it.is_empty()) {
        request.postfix.push(PathBuf::from("/etc/postfix"));
    }
    let local = !request.postfix.is_empty() || !request.dovecot.is_empty();
    if local && request.passwd.is_empty() {
        request.passwd.push(PathBuf::from("/etc/passwd"));
    }
    request
}

fn domains(args: &Args) -> Result<Domains, ExitCode> {
    let mut domains = Domains::shipped();
    if !args.policy.is_empty() {
        let policies = load(&args.policy).map_err(|report| {
            super::policy::print_report(&report);
            fail(
                UNUSABLE,
                "the policy does not check; the audit needs its domains",
            )
        })?;
        domains.add_policies(&policies);
    }
    for domain in &args.own {
        domains
            .add_own(domain)
            .map_err(|why| fail(UNUSABLE, format_args!("--own: {why}")))?;
    }
    for path in &args.state_domains {
        list(path, |text| domains.add_state(text))?;
    }
    for path in &args.public_mail {
        list(path, |text| domains.add_public(text))?;
    }
    Ok(domains)
}

fn list(path: &Path, add: impl FnOnce(&str) -> Result<(), String>) -> Result<(), ExitCode> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| {
        fail(
            UNUSABLE,
            format_args!("{}: the list cannot be read: {error}", path.display()),
        )
    })?;
    add(&text).map_err(|why| fail(UNUSABLE, format_args!("{}: {why}", path.display())))
}

fn map(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err(
            "write PARAMETER=FILE, such as virtual_alias_maps=/var/lib/gacthu/virtual.txt"
                .to_owned(),
        ),
    }
}

fn postmap(text: &str) -> Result<PostmapUse, String> {
    match text {
        "auto" => Ok(PostmapUse::Auto),
        "always" => Ok(PostmapUse::Always),
        "never" => Ok(PostmapUse::Never),
        _ => Err("there are auto, always and never".to_owned()),
    }
}
