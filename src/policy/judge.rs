//! Facts → [`Judgement`]: every rule is looked at, the strongest action wins.

use jiff::civil::Date;

use super::{
    Generation, Route,
    condition::{Condition, Known, Scope, Test, Veil},
    effect::Effect,
    file::KindTest,
    model::{Exception, Policy, Rule},
    points::Sums,
    reply::{self, Values},
    truth::Truth,
};
use crate::{
    facts::{Facts, FileFacts},
    questions::{Question, Questions},
    verdict::{Action, Fired, Judgement, Mode, ReplyText},
};

impl Generation {
    /// Judges what is known so far for the recipient with this index in [`Facts::recipients`].
    ///
    /// Before the end (`at_end == false`) a rule that needs facts not there yet is unknown, and
    /// [`Judgement::settled`] says that nothing unknown can make the verdict or what is applied any
    /// stronger. At the end a rule still unknown does its `if_unknown`, and an exception that is
    /// still unknown takes nothing away: an exception must be shown to hold.
    ///
    /// [`Judgement::applied`] is accept where only rules in observe matched.
    pub fn judge(&self, facts: &Facts, recipient: usize, at_end: bool) -> Judgement {
        let (known, route) = self.known(facts, recipient);
        let mut judgement = Judgement::default();
        let Some(policy) = self.policies.get(route.policy) else {
            return judgement;
        };
        let day = self.day(facts);
        let deferred = facts.deferred.get(recipient).copied().flatten();
        let [all, enforced] = policy.sums(known, day, at_end);
        // What would keep the message may come to this, once it is known to be sensitive.
        let instead = (!at_end && self.may_be_sensitive()).then_some(policy.sensitive_instead);
        // What the unknown rules could still come to.
        let (mut verdict, mut applied) = (Action::Accept, Action::Accept);
        for rule in &policy.rules {
            if !rule.directions.has(route.direction) {
                continue;
            }
            let outcome = Outcome::of(policy, rule, known.with(&all), day, at_end);
            let effect = Effect::of(rule, &outcome.truth, deferred, at_end);
            // What only watches gives no points to what acts.
            let acts = (rule.mode == Mode::Enforce).then(|| match rule.reads_points {
                true => {
                    let outcome = Outcome::of(policy, rule, known.with(&enforced), day, at_end);
                    Effect::of(rule, &outcome.truth, deferred, at_end)
                }
                false => effect.clone(),
            });
            if outcome.truth.is_false() && outcome.excepted {
                rule.record_exceptions(policy, known, day, &mut judgement);
            }
            if let Truth::Unknown(why) = &outcome.truth {
                judgement.unknown.push((rule.id.clone(), why.clone()));
            }
            verdict = verdict.max(effect.most(instead));
            judgement.verdict = judgement.verdict.max(effect.now.unwrap_or_default());
            if let Some(acts) = &acts {
                applied = applied.max(acts.most(instead));
                judgement.applied = judgement.applied.max(acts.now.unwrap_or_default());
            }
            // The same in both worlds, but for a rule that asks for points.
            let watched = acts.as_ref().is_none_or(|acts| *acts != effect);
            let fired = [watched.then_some(effect), acts].into_iter().flatten();
            for (index, effect) in fired.enumerate() {
                let Some(then) = effect.now else { continue };
                let sure = effect.unknown.is_none();
                let observed = watched && index == 0;
                judgement.sensitive |= rule.sensitive && sure;
                judgement.fired.push(Fired {
                    id: rule.id.clone(),
                    basis: rule.basis.clone(),
                    then,
                    mode: if observed {
                        Mode::Observe
                    } else {
                        Mode::Enforce
                    },
                    unknown: effect.unknown,
                    gave_up: effect.gave_up,
                    sensitive: rule.sensitive && sure,
                    files: rule.files(policy, known.with(&all), day, sure),
                });
            }
        }
        judgement.points = all.least();
        judgement.settled = at_end || {
            // Whether the message is sensitive is known at the end, and then nothing is stored.
            let may_be_kept = [judgement.verdict, judgement.applied].contains(&Action::Quarantine);
            verdict <= judgement.verdict
                && applied <= judgement.applied
                && !(may_be_kept && instead.is_some())
        };
        if judgement.sensitive {
            self.keep_nothing(route.policy, &mut judgement);
        }
        judgement
    }

    /// Whether any rule in force could make a message sensitive.
    fn may_be_sensitive(&self) -> bool {
        let mut rules = self.policies.iter().flat_map(|policy| &policy.rules);
        rules.any(|rule| rule.sensitive)
    }

    /// Whether any rule in force may defer: only then is it asked how long it has done so.
    pub(crate) fn may_defer(&self) -> bool {
        let mut rules = self.policies.iter().flat_map(|policy| &policy.rules);
        rules.any(|rule| [rule.then, rule.if_unknown].contains(&Action::Defer))
    }

    /// For a sensitive message: whatever would store it does the policy's `sensitive_instead`.
    /// Every recipient's judgement goes through it as soon as one of them calls the message so.
    pub(crate) fn keep_nothing(&self, policy: usize, judgement: &mut Judgement) {
        let instead = self
            .policies
            .get(policy)
            .map_or(Action::Reject, |policy| policy.sensitive_instead);
        let change = |action: &mut Action| {
            if *action == Action::Quarantine {
                *action = instead;
            }
        };
        judgement.sensitive = true;
        change(&mut judgement.verdict);
        change(&mut judgement.applied);
        judgement
            .fired
            .iter_mut()
            .for_each(|fired| change(&mut fired.then));
        // Weaker than a quarantine, it leaves what other rules do.
        let strongest = |mode: Option<Mode>| {
            let fired = judgement.fired.iter();
            let fired = fired.filter(|fired| mode.is_none_or(|mode| fired.mode == mode));
            fired.map(|fired| fired.then).max().unwrap_or_default()
        };
        let (verdict, applied) = (strongest(None), strongest(Some(Mode::Enforce)));
        judgement.verdict = judgement.verdict.max(verdict);
        judgement.applied = judgement.applied.max(applied);
    }

    /// What Postfix is told: the reply of the rule that speaks, if [`Judgement::applied`] is a
    /// defer or a reject.
    ///
    /// Lines are printable ASCII of at most 187 octets, so that 200 are not passed with codes and line end;
    /// `%` is not doubled.
    pub fn reply(
        &self,
        facts: &Facts,
        recipient: usize,
        judgement: &Judgement,
        reference: &str,
    ) -> Option<ReplyText> {
        let speaks = |fired: &Fired| fired.then == judgement.applied && fired.mode == Mode::Enforce;
        self.speak(
            facts,
            recipient,
            judgement,
            reference,
            judgement.applied,
            speaks,
        )
    }

    /// The reply that would be given if every rule were enforced ([`Judgement::verdict`]).
    pub fn reply_if_enforced(
        &self,
        facts: &Facts,
        recipient: usize,
        judgement: &Judgement,
        reference: &str,
    ) -> Option<ReplyText> {
        let speaks = |fired: &Fired| fired.then == judgement.verdict;
        self.speak(
            facts,
            recipient,
            judgement,
            reference,
            judgement.verdict,
            speaks,
        )
    }

    fn speak(
        &self,
        facts: &Facts,
        recipient: usize,
        judgement: &Judgement,
        reference: &str,
        action: Action,
        speaks: impl Fn(&Fired) -> bool,
    ) -> Option<ReplyText> {
        if !matches!(action, Action::Defer | Action::Reject) {
            return None;
        }
        let (known, route) = self.known(facts, recipient);
        let policy = self.policies.get(route.policy)?;
        let fired = judgement.fired.iter().find(|fired| speaks(fired))?;
        let rule = policy.rules.iter().find(|rule| rule.id == fired.id)?;
        let files = facts.files.known().map_or(&[][..], |files| &files.list);
        let values = Values {
            organisation: &policy.organisation,
            basis: &rule.basis,
            limit: &rule.reply.limit,
            facts: Some(facts),
            file: fired.files.first().and_then(|&index| files.get(index)),
            sensitive: judgement.sensitive,
            recipient: known.recipient,
            reference,
        };
        Some(reply::write(rule, action, &values))
    }

    /// The facts as one recipient's rules see them.
    pub(super) fn known<'a>(&self, facts: &'a Facts, recipient: usize) -> (Known<'a>, Route) {
        let recipient = facts.recipients.get(recipient);
        let route = self.route_of(&facts.session, facts.sender.known(), recipient);
        let known = Known {
            facts,
            recipient,
            route,
            points: None,
        };
        (known, route)
    }

    pub(super) fn day(&self, facts: &Facts) -> Date {
        facts.day.unwrap_or(self.loaded_on)
    }
}

impl Policy {
    /// Asks what the rules and exceptions in force need to know.
    pub(super) fn ask(&self, questions: &mut Questions) {
        let rules = self.rules.iter();
        let rules = rules.flat_map(|rule| [Some(&rule.when), rule.unless.as_ref()]);
        let exceptions = self
            .exceptions
            .iter()
            .map(|exception| Some(&exception.when));
        for condition in rules.chain(exceptions).flatten() {
            condition.walk(&mut |condition| match &condition.test {
                Test::Attachment(test) => {
                    questions.ask(Question::Files);
                    for pattern in &test.patterns {
                        questions.ask_pattern(pattern);
                    }
                    for kind in &test.kinds {
                        match kind {
                            KindTest::Executable => questions.ask(Question::Executables),
                            KindTest::Class(_) | KindTest::Id(_) => questions.ask(Question::Kinds),
                        }
                    }
                    if test.not_opened.is_some()
                        || test.encrypted.is_some()
                        || !test.traits.is_empty()
                    {
                        questions.ask(Question::Kinds);
                    }
                    // Names of members are known once their container is opened.
                    if test.looks_inside() {
                        questions.ask(Question::Kinds);
                    }
                    if !test.signed.is_empty() {
                        questions.ask(Question::Kinds);
                        questions.ask(Question::Signatures);
                    }
                    if test.by.is_some() {
                        questions.ask(Question::Executables);
                    }
                }
                Test::Sum(..) => questions.ask(Question::Files),
                Test::Encoding(_) => {
                    questions.ask(Question::Documents);
                    questions.ask(Question::Encoding);
                }
                Test::Forwarding(_) => questions.ask(Question::Forwarding),
                Test::Pattern(pattern) => questions.ask_pattern(pattern),
                Test::Marking(_) => {
                    if let Some(marks) = &self.marks {
                        questions.ask_marks(marks);
                    }
                }
                Test::Message(..)
                | Test::NotScanned(_)
                | Test::AddressOf(super::condition::Who::From, _)
                | Test::DomainOf(super::condition::Who::From, _) => {
                    questions.ask(Question::Headers)
                }
                _ => {}
            });
        }
    }
}

impl<'a> Known<'a> {
    pub(super) fn with(self, points: &'a Sums) -> Self {
        Self {
            points: Some(points),
            ..self
        }
    }
}

/// What a rule comes to.
pub(super) struct Outcome {
    pub(super) truth: Truth,
    /// It would not have been false but for an exception.
    pub(super) excepted: bool,
}

impl Outcome {
    pub(super) fn of(
        policy: &Policy,
        rule: &Rule,
        known: Known<'_>,
        day: Date,
        at_end: bool,
    ) -> Self {
        let own = rule.own_truth(known);
        if own.is_false() || rule.exceptions.is_empty() {
            return Self {
                truth: own,
                excepted: false,
            };
        }
        let mut truth = own.clone();
        if rule.in_force(policy, day).any(|exception| exception.files) {
            let veil = RuleVeil {
                rule,
                exceptions: Some((policy, day, at_end)),
            };
            truth = rule.truth_behind(known, &veil);
        }
        for exception in rule.in_force(policy, day) {
            if truth.is_false() {
                break;
            }
            let taken = exception.when.holds(known, Scope::Letter(true));
            truth = truth.and(!shown(taken, at_end));
        }
        Self {
            excepted: truth.is_false(),
            truth,
        }
    }
}

impl Rule {
    pub(super) fn in_force<'a>(
        &'a self,
        policy: &'a Policy,
        day: Date,
    ) -> impl Iterator<Item = &'a Exception> {
        let indices = self.exceptions.iter();
        indices
            .filter_map(|&index| policy.exceptions.get(index))
            .filter(move |exception| exception.until.is_none_or(|until| day <= until))
    }

    /// `when` and not `unless`, before any exception.
    fn own_truth(&self, known: Known<'_>) -> Truth {
        if self.unless_files {
            return self.truth_behind(
                known,
                &RuleVeil {
                    rule: self,
                    exceptions: None,
                },
            );
        }
        let when = self.when.holds(known, Scope::Message(None));
        if when.is_false() {
            return when;
        }
        when.and(self.not_unless(known))
    }

    fn truth_behind(&self, known: Known<'_>, veil: &RuleVeil<'_>) -> Truth {
        let veil = VeilFor { veil, known };
        let when = self.when.holds(known, Scope::Message(Some(&veil)));
        when.and(self.not_unless(known))
    }

    fn not_unless(&self, known: Known<'_>) -> Truth {
        self.unless.as_ref().map_or(Truth::True, |unless| {
            !unless.holds(known, Scope::Letter(true))
        })
    }

    /// The files that the rule points at, each once, in order.
    fn files(&self, policy: &Policy, known: Known<'_>, day: Date, sure: bool) -> Vec<usize> {
        let mut files = Vec::new();
        let plain =
            !self.unless_files && !self.in_force(policy, day).any(|exception| exception.files);
        let veil = RuleVeil {
            rule: self,
            exceptions: Some((policy, day, true)),
        };
        let veil = VeilFor { veil: &veil, known };
        let veil: Option<&dyn Veil> = if plain { None } else { Some(&veil) };
        self.when.files(known, veil, sure, &mut files);
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Writes down which exceptions took this rule away: those that hold for the letter, and those
    /// that took away a file which the rule pointed at.
    fn record_exceptions(
        &self,
        policy: &Policy,
        known: Known<'_>,
        day: Date,
        judgement: &mut Judgement,
    ) {
        let mut pointed = Vec::new();
        let veil = RuleVeil {
            rule: self,
            exceptions: None,
        };
        let veil = VeilFor { veil: &veil, known };
        self.when.files(known, Some(&veil), false, &mut pointed);
        for exception in self.in_force(policy, day) {
            let letter = exception.when.holds(known, Scope::Letter(true)).is_true();
            let file = || {
                let list = known.facts.files.known().map(|files| &files.list);
                let mut files = pointed.iter().filter_map(|&index| list?.get(index));
                exception.files
                    && files.any(|file| exception.when.holds(known, Scope::File(file)).is_true())
            };
            if letter || file() {
                judgement
                    .excepted
                    .push((exception.id.clone(), self.id.clone()));
            }
        }
    }
}

/// What `unless` and exceptions on attachments take out of a rule's view.
struct RuleVeil<'a> {
    rule: &'a Rule,
    exceptions: Option<(&'a Policy, Date, bool)>,
}

struct VeilFor<'a> {
    veil: &'a RuleVeil<'a>,
    known: Known<'a>,
}

impl Veil for VeilFor<'_> {
    fn hides(&self, file: &FileFacts) -> Truth {
        let ask = |condition: &Condition| condition.holds(self.known, Scope::File(file));
        let mut hidden = Truth::False;
        if self.veil.rule.unless_files
            && let Some(unless) = &self.veil.rule.unless
        {
            hidden = ask(unless);
        }
        if let Some((policy, day, at_end)) = self.veil.exceptions {
            for exception in self.veil.rule.in_force(policy, day) {
                if exception.files && !hidden.is_true() {
                    hidden = hidden.or(shown(ask(&exception.when), at_end));
                }
            }
        }
        hidden
    }
}

/// At the end an exception that is not shown to hold does not hold.
fn shown(truth: Truth, at_end: bool) -> Truth {
    match truth {
        Truth::Unknown(_) if at_end => Truth::False,
        truth => truth,
    }
}
