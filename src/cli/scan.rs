//! `gacthu scan`: judges messages in files and explains.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    net::IpAddr,
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{
    UNUSABLE,
    explain::{clean, explain},
    fail,
    feed::{self, Given, Judged, Source},
    inputs::Inputs,
    policy::{load, print_report},
    summary::{Seen, Summary},
};
use crate::{
    engine::{Limits, Services},
    event::ForwardingEvent,
    facts::{Files, Mark, MessageFacts, Role},
    reference::Reference,
    site::Site,
    verdict::{Action, Fired, Mode, ReplyText},
};

/// Arguments of `gacthu scan`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 every message was judged, whatever the verdict; 2 a file could not be read or the policy does not check.\n\nExamples:\n  gacthu scan --policy policies/dak-nong.yaml letter.eml\n  gacthu scan --policy site.yaml --json /var/vmail > verdicts.jsonl\n  gacthu scan --policy site.yaml --summary /var/vmail\n  gacthu scan --policy site.yaml --envelope-from a@example.com --rcpt vanthu@daknong.gov.vn letter.eml"
)]
pub struct Args {
    /// Files, folders, Maildir or mbox.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Policy file; several: which one rules is decided per recipient.
    #[arg(
        long,
        env = "GACTHU_POLICY",
        required = true,
        value_name = "FILE",
        value_delimiter = ':'
    )]
    policy: Vec<PathBuf>,
    /// MAIL FROM. Without it the From field counts.
    #[arg(long, value_name = "ADDRESS")]
    envelope_from: Option<String>,
    /// RCPT TO, once for each recipient. Without it To and Cc count.
    #[arg(long, value_name = "ADDRESS")]
    rcpt: Vec<String>,
    /// The client's address.
    #[arg(long, value_name = "IP")]
    client: Option<IpAddr>,
    /// The login of an authenticated client.
    #[arg(long, value_name = "USER")]
    auth: Option<String>,
    /// One JSON object a line: file, verdict, applied, rules (id, basis, then, mode, unknown),
    /// reply, reference, facts (message, files, marking, forwarding), elapsed_us; assumed, where the envelope was not
    /// given; failed, where gacthu itself failed.
    #[arg(long)]
    json: bool,
    /// Print every rule and condition, not only those that fired.
    #[arg(long, conflicts_with = "json")]
    explain: bool,
    /// Of all messages together: how many would be refused, by rule and by sender domain, with
    /// examples. No subject, no name. With --json one object.
    #[arg(long, conflicts_with = "explain")]
    summary: bool,
    /// Files named for each rule and each domain in --summary.
    #[arg(long, default_value_t = 3, value_name = "N", requires = "summary")]
    examples: usize,
    /// The listener's role: what comes in at the MX, what our users hand in, and so on.
    #[arg(long, value_enum, default_value_t = RoleName::Mx, value_name = "ROLE")]
    role: RoleName,
    /// Messages judged at once; 0: one for each processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    jobs: usize,
}

/// Listener roles as words of the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RoleName {
    /// Mail from outside.
    Mx,
    /// Our users hand in mail after a login.
    Submission,
    /// A mailbox server hands over our users' mail.
    Mailbox,
    /// Something of ours stands in front.
    Gateway,
    /// Programs on the mail server itself.
    Local,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Mx => Self::Mx,
            RoleName::Submission => Self::Submission,
            RoleName::Mailbox => Self::Mailbox,
            RoleName::Gateway => Self::Gateway,
            RoleName::Local => Self::Local,
        }
    }
}

/// One line of `--json`.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file: &'a str,
    verdict: Action,
    applied: Action,
    rules: Vec<Rule<'a>>,
    reply: Option<ReplyText>,
    reference: Reference,
    facts: LineFacts<'a>,
    elapsed_us: u128,
    #[serde(skip_serializing_if = "str::is_empty")]
    assumed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Rule<'a> {
    id: &'a str,
    basis: &'a str,
    then: Action,
    mode: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
}

#[derive(Debug, Serialize)]
struct LineFacts<'a> {
    message: Option<&'a MessageFacts>,
    files: Option<&'a Files>,
    marking: Option<&'a Vec<Mark>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarding: Option<ForwardingEvent<'a>>,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let policy = match load(&args.policy) {
        Ok(policy) => policy,
        Err(report) => {
            print_report(&report);
            return fail(UNUSABLE, "the policy does not check; nothing was scanned");
        }
    };
    let inputs = Inputs::find(&args.paths);
    let services = match Services::new(policy, Limits::default(), None) {
        // Both verdicts are wanted, not what comes of the second delivery.
        Ok(services) => Arc::new(services.with_site(Site::strictest())),
        Err(error) => return fail(UNUSABLE, format_args!("no memory for the spool: {error}")),
    };
    let given = Given {
        from: args.envelope_from.clone(),
        rcpt: args.rcpt.clone(),
        client: args.client,
        auth: args.auth.clone(),
        role: args.role.into(),
        ..Given::default()
    };
    let mut unreadable = 0;
    for (path, error) in &inputs.unreadable {
        eprintln!("gacthu: {}", unread(&path.display().to_string(), error));
        unreadable += 1;
    }
    if inputs.sources.is_empty() && unreadable == 0 {
        eprintln!("gacthu: no message was found there");
    }
    let jobs = match args.jobs {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        jobs => jobs,
    };
    let written = if args.summary {
        summarise(&services, &inputs, &given, jobs, args)
    } else {
        print_all(&services, &inputs.sources, &given, jobs, args)
    };
    match written {
        Ok(failed) => unreadable += failed,
        // The reader of our output went away (`| head`): that is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(error) => {
            return fail(
                UNUSABLE,
                format_args!("the output cannot be written: {error}"),
            );
        }
    }
    if unreadable > 0 {
        return fail(UNUSABLE, format_args!("{unreadable} could not be read"));
    }
    ExitCode::SUCCESS
}

/// Prints what came of each message. How many could not be read.
fn print_all(
    services: &Arc<Services>,
    sources: &[Source],
    given: &Given,
    jobs: usize,
    args: &Args,
) -> io::Result<usize> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let tell = |source: &Source, judged: &Judged, elapsed| text(source, judged, elapsed, args);
    let failed = judge_all(services, sources, given, jobs, tell, |text| {
        out.write_all(text.as_bytes())
    })?;
    out.flush()?;
    Ok(failed)
}

/// Prints what came of all messages together. How many could not be read.
fn summarise(
    services: &Arc<Services>,
    inputs: &Inputs,
    given: &Given,
    jobs: usize,
    args: &Args,
) -> io::Result<usize> {
    let mut summary = Summary::new(args.examples);
    let tell = |source: &Source, judged: &Judged, _| Seen::new(source.label(), judged);
    let failed = judge_all(services, &inputs.sources, given, jobs, tell, |seen| {
        summary.add(seen);
        Ok(())
    })?;
    summary.unreadable = failed + inputs.unreadable.len();
    let text = match args.json {
        true => summary.json(),
        false => summary.to_string(),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end())?;
    Ok(failed)
}

/// Judges on several threads; `tell` makes of each message what `take` is then given, in the order of
/// the input. How many could not be read.
fn judge_all<T: Send>(
    services: &Arc<Services>,
    sources: &[Source],
    given: &Given,
    jobs: usize,
    tell: impl Fn(&Source, &Judged, Duration) -> T + Sync,
    take: impl FnMut(T) -> io::Result<()>,
) -> io::Result<usize> {
    let next = AtomicUsize::new(0);
    // Few enough that what waits for its turn to be printed stays small.
    let (send, receive) = mpsc::sync_channel::<(usize, Result<T, String>)>(4 * jobs);
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(sources.len()) {
            let (send, next, tell) = (send.clone(), &next, &tell);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(source) = sources.get(index) else {
                        break;
                    };
                    let started = Instant::now();
                    let judged = feed::judge(services, source, given)
                        .map(|judged| tell(source, &judged, started.elapsed()))
                        .map_err(|error| unread(&source.label(), &error));
                    if send.send((index, judged)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        take_in_order(receive, sources.len(), take)
    })
}

fn take_in_order<T>(
    receive: mpsc::Receiver<(usize, Result<T, String>)>,
    total: usize,
    mut take: impl FnMut(T) -> io::Result<()>,
) -> io::Result<usize> {
    let mut early = BTreeMap::new();
    let mut printed = 0;
    let mut failed = 0;
    let mut progress = Progress::new(total);
    for (index, judged) in receive {
        early.insert(index, judged);
        while let Some(judged) = early.remove(&printed) {
            printed += 1;
            match judged {
                Ok(told) => take(told)?,
                Err(error) => {
                    failed += 1;
                    progress.clear();
                    eprintln!("gacthu: {error}");
                }
            }
            progress.show(printed);
        }
    }
    progress.clear();
    Ok(failed)
}

fn unread(path: &str, error: &io::Error) -> String {
    format!("{} cannot be read: {error}", clean(path))
}

/// What is printed of one message.
fn text(source: &Source, judged: &Judged, elapsed: Duration, args: &Args) -> String {
    let (decision, strongest) = (&judged.decision, judged.strongest());
    let label = source.label();
    if !args.json {
        return explain(&label, judged, args.explain);
    }
    let mut rules: Vec<Rule<'_>> = Vec::new();
    for fired in judged.fired() {
        if !rules.iter().any(|rule| *rule.id == *fired.id) {
            rules.push(rule(fired));
        }
    }
    let line = Line {
        file: &label,
        verdict: judged.verdict(),
        applied: judged.applied(),
        rules,
        reply: strongest.reply_if_enforced(),
        reference: strongest.reference,
        facts: LineFacts {
            message: decision.facts.message.known(),
            files: decision.facts.files.known(),
            marking: decision.facts.marking.known(),
            forwarding: decision
                .facts
                .forwarding
                .known()
                .and_then(|it| ForwardingEvent::new(it, &decision.facts.recipients)),
        },
        elapsed_us: elapsed.as_micros(),
        assumed: &judged.assumed,
        failed: decision.failed.as_deref(),
    };
    let mut line = serde_json::to_string(&line).unwrap_or_default();
    line.push('\n');
    line
}

fn rule(fired: &Fired) -> Rule<'_> {
    Rule {
        id: &fired.id,
        basis: &fired.basis,
        then: fired.then,
        mode: fired.mode,
        unknown: fired.unknown.as_ref().map(ToString::to_string),
    }
}

/// A counter on the terminal, ten times a second at most.
struct Progress {
    total: usize,
    shown: Option<Instant>,
    on: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self {
            total,
            shown: None,
            // Not where the output itself goes to the terminal: the two would mix.
            on: total > 1 && io::stderr().is_terminal() && !io::stdout().is_terminal(),
        }
    }

    fn show(&mut self, done: usize) {
        let due = self
            .shown
            .is_none_or(|shown| shown.elapsed() > Duration::from_millis(100));
        if self.on && due {
            eprint!("\r{done} of {} messages", self.total);
            self.shown = Some(Instant::now());
        }
    }

    fn clear(&mut self) {
        if self.on && self.shown.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
