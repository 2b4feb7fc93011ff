//! `subject`, `header`, `text`, `html`, `url` and the names of files: tree → [`PatternQuestion`].

use std::sync::Arc;

use super::{
    condition::{Condition, Test},
    read_condition::label_of,
    value::Glob,
};
use crate::{
    questions::{
        Field, Matcher, PatternQuestion,
        pattern::{MAX_CONTAINS, MAX_EXPRESSIONS, MAX_PATTERN, check_regex},
        words::{MAX_PHRASE, WordError, Words, WordsBuilder},
    },
    vietnamese::{Fold, normalised},
    yaml::{
        list::{self, Entries, Sort},
        reader::{MAX_LIST_PROBLEMS, Reader, line_at},
        tree::{At, Node, Value, is_change},
        value::Wrong,
    },
};

/// Conditions that are patterns.
pub(super) const PATTERNS: &[&str] = &["subject", "header", "text", "html", "url"];

const KEYS: &[&str] = &["words", "contains", "globs", "regex", "fold"];

impl Reader {
    /// `subject: …` and its sisters: words, a matcher, or a list of either.
    pub(super) fn pattern(&mut self, node: &Node, key: &str) -> Option<Condition> {
        if key != "header" && (node.text().is_some() || is_plain_list(node)) {
            return self.one_pattern(node, key);
        }
        self.group(node, key, |this, node| {
            Some(vec![this.one_pattern(node, key)])
        })
    }

    fn one_pattern(&mut self, node: &Node, key: &str) -> Option<Condition> {
        let field = match key {
            "subject" => Field::Subject,
            "text" => Field::Text,
            "html" => Field::Html,
            "url" => Field::Url,
            _ => self.header_field(node)?,
        };
        let pattern = self.matcher(node, key, field)?;
        Some(label_of(key, node, Test::Pattern(Box::new(pattern))))
    }

    fn header_field(&mut self, node: &Node) -> Option<Field> {
        if !matches!(node.value, Value::Map(_)) {
            self.error(
                node.at,
                format!("`header` is {}, but a mapping is wanted", node.what()),
                "write `header: { name: X-Mailer, words: … }`",
            );
            return None;
        }
        let Some(name) = node.child("name") else {
            self.error(
                node.at,
                "`header` does not say which field",
                "write for example `header: { name: X-Mailer, words: … }`",
            );
            return None;
        };
        let text = self.text(name, "name")?;
        // RFC 5322 section 2.2: printable ASCII without the colon.
        let sound = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b':');
        if !sound || text.len() > 100 {
            self.error(
                name.at,
                format!("`{text}` is not the name of a header field"),
                format!(
                    "write it without the colon: `name: {}`",
                    text.trim_end_matches(':').trim()
                ),
            );
            return None;
        }
        Some(Field::Header(text.to_ascii_lowercase()))
    }

    /// A matcher in a field.
    pub(super) fn matcher(
        &mut self,
        node: &Node,
        key: &str,
        field: Field,
    ) -> Option<PatternQuestion> {
        let before = self.problems.errors();
        let mut matcher = Matcher::default();
        if !matches!(node.value, Value::Map(_)) || is_change(node) {
            // Words alone are the short form.
            matcher.words = self.word_lists(node, key, Sort::Words(matcher.fold));
        } else {
            let mut known = KEYS.to_vec();
            known.extend(match field {
                Field::Url => Some("domains"),
                Field::Header(_) => Some("name"),
                _ => None,
            });
            let entries = self.map(node, &format!("`{key}`"), &known, &[])?;
            if let Some(fold) = node.child("fold") {
                matcher.fold = self.fold(fold);
            }
            let fold = matcher.fold;
            for entry in entries {
                let (key, node) = (entry.key.as_str(), &entry.node);
                match key {
                    "words" => matcher.words = self.word_lists(node, key, Sort::Words(fold)),
                    "domains" => matcher.domains = self.word_lists(node, key, Sort::Domains),
                    "contains" => matcher.contains = self.contains(node, fold),
                    "globs" => {
                        matcher.globs = self.expressions(node, key, |glob| {
                            Glob::new(glob).map(|_| normalised(glob, fold))
                        });
                    }
                    "regex" => {
                        matcher.regex = self.expressions(node, key, |regex| {
                            check_regex(regex, fold).map_err(|why| regex_help(regex, &why))
                        });
                    }
                    _ => {}
                }
            }
            let looks = ["words", "domains", "contains", "globs", "regex"];
            let says = looks.iter().any(|key| node.child(key).is_some());
            // A header that is only named is asked to be there.
            if !says && !matches!(field, Field::Header(_)) && self.problems.errors() == before {
                self.error(
                    node.at,
                    format!("`{key}` does not say what to look for"),
                    "add `words`, `contains`, `globs` or `regex`",
                );
            }
        }
        (self.problems.errors() == before).then(|| PatternQuestion::new(field, matcher))
    }

    fn fold(&mut self, node: &Node) -> Fold {
        let words = [("case", Some(true)), ("marks", Some(false)), ("none", None)];
        let folds = self.words(node, "fold", &words);
        if folds.contains(&None) && folds.len() > 1 {
            self.error(
                node.at,
                "`none` goes with nothing else in `fold`",
                "write `fold: none` to tell all characters apart, or name what to fold: `case`, `marks`",
            );
        }
        Fold {
            case: folds.contains(&Some(true)),
            marks: folds.contains(&Some(false)),
        }
    }

    fn word_lists(&mut self, node: &Node, what: &str, sort: Sort) -> Option<Vec<Arc<Words>>> {
        let mut inline = sort.builder();
        let mut lists = Vec::new();
        let mut some = false;
        for item in self.items(node, what) {
            if let Some(file) = self.list_file(item, what) {
                lists.extend(self.word_file(file, sort));
            } else if let Some(text) = self.text(item, what) {
                match sort.add(&mut inline, text) {
                    Ok(()) => some = true,
                    Err(wrong) => self.wrong(item.at, wrong),
                }
            }
        }
        if some {
            lists.insert(0, Arc::new(inline.finish()));
        }
        (!lists.is_empty()).then_some(lists)
    }

    fn word_file(&mut self, (path, at): (&str, At), sort: Sort) -> Option<Arc<Words>> {
        let key = (self.beside(at, path), sort);
        if let Some(list) = self.word_files.get(&key) {
            return Some(Arc::clone(list));
        }
        let (number, text) = self.list_text((path, at))?;
        let mut list = sort.builder();
        let mut wrong = 0;
        for (line, column, entry) in list::lines(&text) {
            if let Err(error) = sort.add(&mut list, entry) {
                self.wrong(line_at(number, line, column), error);
                wrong += 1;
                if wrong >= MAX_LIST_PROBLEMS {
                    break;
                }
            }
        }
        if wrong > 0 {
            return None;
        }
        let list = Arc::new(list.finish());
        if list.is_empty() {
            self.problems.warning(
                at,
                format!("the list {} is empty", key.0.display()),
                "what asks for it is never met",
            );
        }
        self.word_files.insert(key, Arc::clone(&list));
        Some(list)
    }

    fn contains(&mut self, node: &Node, fold: Fold) -> Option<Vec<String>> {
        let mut bytes = 0;
        let found = self.each(node, "contains", |text| {
            let normal = normalised(text, fold);
            if normal.is_empty() {
                return Err((
                    "nothing is left of this once invisible characters are taken out".to_owned(),
                    "every text would contain it: write what it must contain".to_owned(),
                ));
            }
            bytes += normal.len();
            short_enough(&normal)?;
            Ok(normal)
        });
        if bytes > MAX_CONTAINS {
            self.error(
                node.at,
                format!("the strings of `contains` are {bytes} bytes together, and {MAX_CONTAINS} are the most"),
                "use `words` for long lists: a million entries are fine there",
            );
            return None;
        }
        found
    }

    fn expressions(
        &mut self,
        node: &Node,
        what: &str,
        read: impl Fn(&str) -> Result<String, Wrong>,
    ) -> Option<Vec<String>> {
        let mut count = 0;
        let found = self.each(node, what, |text| {
            count += 1;
            // Each is compiled on its own to be looked at.
            if count > MAX_EXPRESSIONS {
                return Ok(String::new());
            }
            short_enough(text)?;
            read(text)
        });
        if count > MAX_EXPRESSIONS {
            self.error(
                node.at,
                format!("`{what}` has {count} entries, and {MAX_EXPRESSIONS} are the most"),
                "use `words` for long lists: a million entries are fine there",
            );
            return None;
        }
        found
    }

    /// Every entry of a value, a list, a file or a list with files.
    fn each(
        &mut self,
        node: &Node,
        what: &str,
        mut read: impl FnMut(&str) -> Result<String, Wrong>,
    ) -> Option<Vec<String>> {
        let mut found = Vec::new();
        let mut wrong = 0;
        for item in self.items(node, what) {
            if let Some(file) = self.list_file(item, what) {
                let Some((number, text)) = self.list_text(file) else {
                    continue;
                };
                for (line, column, entry) in list::lines(&text) {
                    match read(entry) {
                        Ok(entry) => found.push(entry),
                        Err(_) if wrong >= MAX_LIST_PROBLEMS => break,
                        Err(error) => {
                            self.wrong(line_at(number, line, column), error);
                            wrong += 1;
                        }
                    }
                }
            } else if let Some(text) = self.text(item, what) {
                match read(text) {
                    Ok(entry) => found.push(entry),
                    Err(error) => self.wrong(item.at, error),
                }
            }
        }
        Some(found)
    }
}

impl Sort {
    fn builder(self) -> WordsBuilder {
        WordsBuilder::new(match self {
            Self::Words(fold) => fold,
            Self::Domains => Fold::default(),
        })
    }

    fn add(self, list: &mut WordsBuilder, entry: &str) -> Result<(), Wrong> {
        if self == Self::Domains {
            list.add_domain(&list::normal_entry(entry, Entries::Domains)?);
            return Ok(());
        }
        list.add(entry).map_err(|wrong| match wrong {
            WordError::NoWord => (
                format!("`{entry}` has no letter and no digit"),
                "`words` finds whole words; for signs write `contains`".to_owned(),
            ),
            WordError::Edge => (
                format!("`{entry}` begins or ends with a sign, and `words` finds whole words"),
                format!(
                    "write `{}`, or `contains` for the signs too",
                    entry.trim_matches(|c: char| !c.is_alphanumeric())
                ),
            ),
            WordError::TooLong => (
                format!("the phrase has more than {MAX_PHRASE} words"),
                "use fewer words, or `contains` for a whole sentence".to_owned(),
            ),
        })
    }
}

fn is_plain_list(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().all(|item| item.text().is_some()),
        _ => false,
    }
}

fn short_enough(text: &str) -> Result<(), Wrong> {
    if text.chars().count() <= MAX_PATTERN {
        return Ok(());
    }
    Err((
        format!("the pattern is longer than {MAX_PATTERN} characters"),
        "split it into a list".to_owned(),
    ))
}

fn regex_help(regex: &str, why: &str) -> Wrong {
    let help = if why.contains("look-around") || why.contains("backreference") {
        "patterns here never go back, so that no letter can make them slow: say it with two conditions, or with `not:`"
    } else if why.contains("when compiled") {
        "repeat less: `\\w{1,50}` is large, for it knows the letters of all languages; `[a-z0-9]{1,50}` is small"
    } else if why.contains("every text") {
        "let something stand in it that must be there: `x+` for `x*`"
    } else {
        "write `\\` before a sign that means itself, and put the whole into single quotes: `regex: '\\(\\d{6}\\)'`; for plain text there is `contains`"
    };
    (
        format!("`{regex}` cannot be used as a regular expression: {why}"),
        help.to_owned(),
    )
}
