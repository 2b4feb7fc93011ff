//! Scripts that send on, and scripts that only look so.

use super::*;

fn redirects(script: &str) -> Vec<String> {
    let (actions, wrong) = read(script);
    assert_eq!(wrong, None, "{script}");
    actions.into_iter().map(|it| text(&it)).collect()
}

fn text(action: &Action) -> String {
    let to = |to: &To| match to {
        To::Address(text) => text.clone(),
        To::Variable(text) => format!("?{text}"),
    };
    let text = match &action.does {
        Does::Redirect { to: its, copy } => {
            format!("{}{}", to(its), if *copy { " copy" } else { "" })
        }
        Does::Notice { to: its } => format!("notice {}", to(its)),
        Does::Program { name } => format!("program {name}"),
        Does::Include { name, global } => format!("include {name} {global}"),
    };
    format!("{} {text}", action.line)
}

#[test]
fn redirects_are_found_wherever_they_stand() {
    let script = "require [\"copy\", \"fileinto\"];\r\n# redirect \"no@gmail.com\";\n/* redirect \"no@gmail.com\"; */\n\
        if anyof (header :contains \"Subject\" [\"a\", \"b\"], not address :is \"from\" \"x@y\") {\n  if true { REDIRECT :Copy \"an@gmail.com\"; }\n}\n\
        elsif size :over 100K { redirect \"b\\i\\\"nh@gmail.com\" ; stop; } else { keep; }\nredirect text: # c\nchi@gmail.com\n.\n;\n";
    assert_eq!(
        redirects(script),
        [
            "5 an@gmail.com copy",
            "7 bi\"nh@gmail.com",
            "8 chi@gmail.com\n"
        ]
    );
}

#[test]
fn texts_and_comments_are_no_commands() {
    let script = "require \"vacation\";\nvacation :days 7 :subject \"redirect \\\"a@gmail.com\\\";\" text:\nredirect \"a@gmail.com\";\n..\n.\n;\n\
        /*/ redirect \"b@gmail.com\"; /**/ # redirect \"c@gmail.com\";\nfileinto \"redirect\"; keep;";
    assert_eq!(redirects(script), Vec::<String>::new());
}

#[test]
fn variables_are_followed_as_far_as_they_are_fixed() {
    let script = "require [\"variables\", \"encoded-character\"];\nset \"a\" \"an${hex:40}gmail.com\";\nset \"A\" \"binh@gmail.com\";\n\
        redirect \"${a}\";\nset :lower \"b\" \"X@Y\";\nredirect \"${b}\";\nredirect \"${1}@gmail.com\";\nredirect \"${unicode:0063 0040}d.vn\";";
    assert_eq!(
        redirects(script),
        [
            "4 an@gmail.com",
            "4 binh@gmail.com",
            "6 ?${b}",
            "7 ?${1}@gmail.com",
            "8 c@d.vn"
        ]
    );
    // Without `variables` it is an ordinary text.
    assert_eq!(redirects("redirect \"${a}@x.vn\";"), ["1 ${a}@x.vn"]);
}

#[test]
fn notices_programs_and_includes() {
    let script = "require [\"enotify\"];\nnotify :importance \"1\" :message \"a@no.vn\" \"mailto:an%40gmail.com,b@x.vn?subject=c@no.vn\";\n\
        notify :method \"mailto\" :options [\"c@x.vn\"];\nnotify \"d@x.vn\" \"\" \"Subject\" \"body\";\nnotify \"xmpp:x\";\n\
        pipe :try \"send\" [\"x@y\"];\ninclude :global \"all\";\ninclude \"own\";";
    assert_eq!(
        redirects(script),
        [
            "2 notice an@gmail.com",
            "2 notice b@x.vn",
            "3 notice c@x.vn",
            "4 notice d@x.vn",
            "6 program send x@y",
            "7 include all true",
            "8 include own false"
        ]
    );
}

#[test]
fn damaged_scripts_say_where_and_keep_what_stands_before() {
    for (script, line) in [
        ("redirect \"a@b.vn\";\nkeep \"x", 2),
        ("redirect \"a@b.vn\";\n\n/* x", 3),
        ("redirect \"a@b.vn\";\nredirect text:\nx", 2),
        ("redirect \"a@b.vn\";\n\0", 2),
        ("redirect \"a@b.vn\";\nkeep", 2),
    ] {
        let (actions, wrong) = read(script);
        assert_eq!(wrong.unwrap().line, line, "{script:?}");
        assert_eq!(text(&actions[0]), "1 a@b.vn", "{script:?}");
    }
    // An unfinished redirect is told too.
    assert_eq!(read("redirect \"a@b.vn\"").0.len(), 1);
}

#[test]
fn hostile_scripts_cost_little() {
    for script in [
        "{".repeat(500_000),
        "/*/".repeat(200_000),
        "redirect \"a@b\";".repeat(50_000),
        format!(
            "require \"variables\"; {}",
            "set \"a\" \"x@y\"; redirect \"${a}\";".repeat(2_000)
        ),
        "a ".repeat(300_000),
        "text:\n".repeat(100_000),
        "[\"".repeat(200_000),
    ] {
        let (actions, _) = read(&script);
        assert!(actions.len() <= MAX_ACTIONS);
    }
}

#[test]
fn a_script_is_followed_line_by_line() {
    let mut follower = Follower::default();
    let mut seen = Vec::new();
    for line in [
        "require [\"copy\"];",
        "# name x {",
        "if true {",
        "  redirect \"a",
        "zimbraX: y\";",
        "/* c",
        "*/ }",
        "vacation text:",
        "}",
        ".",
        ";",
        "keep",
        ";",
    ] {
        follower.line(line);
        seen.push(follower.within());
    }
    use Within::{Block, Command, Comment, Nothing, Quoted};
    assert_eq!(
        seen,
        [
            Nothing, Nothing, Command, Quoted, Command, Comment, Nothing, Block, Block, Command,
            Nothing, Command, Nothing
        ]
    );
}
