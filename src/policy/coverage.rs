//! Clauses × rules × tests: what a policy makes of its regulation.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    Generation, Place, PolicyTest, Report,
    clauses::{Clause, Does, Register},
    load,
    model::Policy,
    reader::Reader,
    reply::names_a_text,
};

/// What a policy makes of its regulation.
#[derive(Debug, Serialize)]
pub struct Coverage {
    /// The policy's name.
    pub policy: String,
    /// The regulation, as the register names it.
    pub regulation: String,
    /// The registers that were read.
    pub registers: Vec<PathBuf>,
    /// Every clause, in the register's order.
    pub clauses: Vec<ClauseCoverage>,
    /// Every rule: those in force first, in the order of who speaks.
    pub rules: Vec<RuleCoverage>,
}

/// One clause.
#[derive(Debug, Serialize)]
pub struct ClauseCoverage {
    /// `Điều 5 khoản 3`
    pub clause: String,
    /// Its words.
    pub quote: String,
    /// What is to be done about it.
    pub does: Vec<Does>,
    /// What came of it.
    pub state: State,
    /// The rules that serve it.
    pub rules: Vec<String>,
    /// Inspectors that some of them wait for.
    pub waits_for: Vec<String>,
    /// What is missing, what the site has to fill in, why it cannot be enforced, or a remark.
    pub remark: String,
}

/// How far a clause is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All its rules are in force.
    Covered,
    /// Some of its rules are in force, others wait for an inspector.
    Partly,
    /// Its rules wait for an inspector of a later version.
    Later,
    /// Its rule is in force with an example, and waits for what only the site knows.
    Site,
    /// It is counted and reported, no rule of its own.
    Report,
    /// A task of the administrator.
    Admin,
    /// No filter can enforce it.
    NotEnforceable,
    /// A filter could serve it, and no rule does.
    Missing,
}

/// One rule.
#[derive(Debug, Serialize)]
pub struct RuleCoverage {
    /// Its id.
    pub id: String,
    /// The clause that it names itself.
    pub basis: String,
    /// Whether it is in force.
    pub state: RuleState,
    /// The inspector that it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// The clauses that the register gives to it.
    pub clauses: Vec<String>,
    /// How many tests expect it to fire.
    pub tests_that_fire: usize,
    /// How many tests say that they only just miss it (`not:`).
    pub tests_that_miss: usize,
    /// Where it is written.
    pub place: String,
    /// Whether it names a clause of this regulation that the register does not give to it.
    pub stray: bool,
    /// The file of its condition: a site that fills something in writes it anew.
    #[serde(skip)]
    when: PathBuf,
}

/// Whether a rule is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It judges mail.
    InForce,
    /// It waits for an inspector of a later version.
    Waits,
    /// `enabled: false`
    Off,
}

impl Coverage {
    /// Whether something could be served and is not, or a rule names a clause that the register
    /// knows nothing of.
    pub fn incomplete(&self) -> bool {
        self.clauses.iter().any(|it| it.state == State::Missing)
            || self.rules.iter().any(|rule| rule.stray)
    }

    /// The rules in force that are not tested on both sides.
    pub fn untested(&self) -> impl Iterator<Item = &RuleCoverage> {
        self.rules.iter().filter(|rule| {
            rule.state == RuleState::InForce
                && (rule.tests_that_fire == 0 || rule.tests_that_miss == 0)
        })
    }

    /// How many clauses are in this state.
    pub fn count(&self, state: State) -> usize {
        self.clauses.iter().filter(|it| it.state == state).count()
    }
}

/// Compares a policy with the register of its regulation: the files in `registers`, or else those
/// named `clauses/NAME.yaml` beside the policy `NAME.yaml` or one that it extends. Tests are those of
/// all these policies.
///
/// # Errors
/// The mistakes in the policy or the registers; also when there is no register.
pub fn coverage(path: &Path, registers: &[PathBuf]) -> Result<Coverage, Report> {
    let generation = load(&[path.to_owned()])?;
    let mut tests = Vec::new();
    let mut found = registers.to_vec();
    for file in generation.files() {
        let yaml = |ending: &std::ffi::OsStr| ending == "yaml" || ending == "yml";
        if !file.extension().is_some_and(yaml) {
            continue;
        }
        // One that it extends was part of what has just been loaded; its tests are its own.
        if let Ok(own) = load(std::slice::from_ref(file)) {
            tests.extend(own.tests().iter().cloned());
        }
        let folder = file.parent().unwrap_or(Path::new("")).join("clauses");
        let beside = folder
            .join(file.file_stem().unwrap_or_default())
            .with_extension("yaml");
        if registers.is_empty() && beside.is_file() {
            found.push(beside);
        }
    }
    let mut reader = Reader::default();
    let read: Vec<Register> = found
        .iter()
        .filter_map(|path| reader.register(path))
        .collect();
    if found.is_empty() {
        let file = reader.file(&path.to_owned(), super::yaml::MAX_BYTES as u64, None);
        reader.error(
            super::yaml::At::file(file.unwrap_or_default()),
            "there is no register of clauses for this policy",
            "write `clauses/NAME.yaml` beside it, or name one with `--clauses FILE`",
        );
    }
    if reader.problems.errors() > 0 {
        let problems = reader.problems.finish(&reader.sources);
        return Err(Report { problems });
    }
    Ok(join(&generation, &read, found, &tests))
}

fn join(
    generation: &Generation,
    registers: &[Register],
    files: Vec<PathBuf>,
    tests: &[PolicyTest],
) -> Coverage {
    let mut coverage = Coverage {
        policy: generation.name(0).to_owned(),
        regulation: registers
            .iter()
            .map(|register| register.regulation.as_str())
            .collect::<Vec<_>>()
            .join("; "),
        registers: files,
        clauses: Vec::new(),
        rules: Vec::new(),
    };
    let Some(policy) = generation.policies.first() else {
        return coverage;
    };
    let clauses: Vec<&Clause> = registers.iter().flat_map(|it| &it.clauses).collect();
    coverage.rules = rules(generation, policy, &clauses, tests);
    coverage.clauses = clauses
        .iter()
        .map(|clause| of_clause(clause, &coverage.rules))
        .collect();
    coverage
}

fn rules(
    generation: &Generation,
    policy: &Policy,
    clauses: &[&Clause],
    tests: &[PolicyTest],
) -> Vec<RuleCoverage> {
    let rule = |id: &str, basis: &str, state, waits_for: Option<String>, place: Place, when| {
        let own: Vec<String> = clauses
            .iter()
            .filter(|clause| clause.rules.iter().any(|rule| rule == id))
            .map(|clause| clause.clause.clone())
            .collect();
        let fire = |test: &&PolicyTest| {
            let rules = test.expect.rules.iter().flatten();
            rules.into_iter().any(|rule| rule == id)
        };
        let miss = |test: &&PolicyTest| test.expect.not.iter().any(|rule| rule == id);
        RuleCoverage {
            stray: !basis.is_empty()
                && !names_a_text(basis)
                && !own.iter().any(|clause| clause == basis),
            id: id.to_owned(),
            basis: basis.to_owned(),
            state,
            waits_for,
            clauses: own,
            tests_that_fire: tests.iter().filter(fire).count(),
            tests_that_miss: tests.iter().filter(miss).count(),
            place: format!("{}:{}", place.file.display(), place.line),
            when,
        }
    };
    let in_force = policy.rules.iter().map(|it| {
        let place = generation.place(it.at);
        let when = generation.place(it.when.at).file;
        rule(&it.id, &it.basis, RuleState::InForce, None, place, when)
    });
    let idle = policy.idle.iter().map(|it| {
        let state = match it.waits_for {
            Some(_) => RuleState::Waits,
            None => RuleState::Off,
        };
        let place = generation.place(it.at);
        let when = PathBuf::new();
        rule(&it.id, &it.basis, state, it.waits_for.clone(), place, when)
    });
    in_force.chain(idle).collect()
}

fn of_clause(clause: &Clause, rules: &[RuleCoverage]) -> ClauseCoverage {
    let mine: Vec<&RuleCoverage> = rules
        .iter()
        .filter(|rule| clause.rules.contains(&rule.id))
        .collect();
    let (state, remark) = state(clause, &mine);
    let mut waits_for: Vec<String> = mine
        .iter()
        .filter_map(|rule| rule.waits_for.clone())
        .collect();
    waits_for.sort();
    waits_for.dedup();
    ClauseCoverage {
        clause: clause.clause.clone(),
        quote: clause.quote.clone(),
        does: clause.does.clone(),
        state,
        rules: clause.rules.clone(),
        waits_for,
        remark,
    }
}

fn state(clause: &Clause, mine: &[&RuleCoverage]) -> (State, String) {
    let has = |words: &[Does]| clause.does.iter().any(|does| words.contains(does));
    if has(&[Does::None]) {
        return (State::NotEnforceable, clause.why.clone());
    }
    if let Some(gone) = clause
        .rules
        .iter()
        .find(|id| !mine.iter().any(|rule| rule.id == **id))
    {
        return (State::Missing, format!("there is no rule `{gone}`"));
    }
    let acts = [Does::Reject, Does::Quarantine, Does::Tag, Does::Warn];
    if mine.is_empty() {
        return match (has(&acts), has(&[Does::Report])) {
            (true, _) => (State::Missing, "no rule serves it".to_owned()),
            (false, true) => (State::Report, clause.note.clone()),
            (false, false) => (State::Admin, clause.note.clone()),
        };
    }
    let example = |rule: &&RuleCoverage| rule.when == clause.policy;
    if !clause.site.is_empty() && mine.iter().any(example) {
        return (State::Site, clause.site.clone());
    }
    let some = |state| mine.iter().find(|rule| rule.state == state);
    let note = clause.note.clone();
    match (
        some(RuleState::InForce),
        some(RuleState::Waits),
        some(RuleState::Off),
    ) {
        (_, _, Some(off)) => (
            State::Missing,
            format!("the rule `{}` is switched off", off.id),
        ),
        (Some(_), Some(_), None) => (State::Partly, note),
        (None, Some(_), None) => (State::Later, note),
        (_, None, None) => (State::Covered, note),
    }
}
