//! The journal on real stores: SQLite files, and a PostgreSQL server that the test starts in a folder
//! of its own. Every body runs on both.

#[allow(dead_code)]
#[path = "../cli/mta.rs"]
mod mta;
mod postgres;
#[allow(dead_code)]
#[path = "../cli/program.rs"]
mod program;
mod road;
mod service;
mod store;

use gacthu::journal::Storage;
use postgres::Server;

/// A store that a body has for itself.
pub struct Ground<'s> {
    /// Its name in `gacthu.yaml`.
    pub url: String,
    /// Removed at the end.
    pub folder: tempfile::TempDir,
    /// None: SQLite.
    pub server: Option<&'s Server>,
}

impl Ground<'_> {
    pub fn storage(&self) -> Storage {
        Storage::parse(&self.url, self.folder.path()).unwrap()
    }

    /// Makes the store unreachable until the guard is gone.
    pub fn away(&self) -> Away<'_> {
        match self.server {
            Some(server) => server.stop(),
            None => {
                let journal = self.folder.path().join("journal");
                let _ = std::fs::rename(&journal, self.folder.path().join("elsewhere"));
                // No folder can be made where a file stands.
                std::fs::write(&journal, "").unwrap();
            }
        }
        Away(self)
    }
}

pub struct Away<'g>(&'g Ground<'g>);

impl Drop for Away<'_> {
    fn drop(&mut self) {
        match self.0.server {
            Some(server) => server.start(),
            None => {
                let journal = self.0.folder.path().join("journal");
                std::fs::remove_file(&journal).unwrap();
                let _ = std::fs::rename(self.0.folder.path().join("elsewhere"), &journal);
            }
        }
    }
}

type Body = fn(&Ground<'_>);

const BODIES: &[(&str, Body)] = &[
    ("once", store::what_comes_again_is_stored_once),
    ("search", store::each_search_finds_its_rows_and_no_others),
    (
        "months",
        store::rows_stand_in_their_month_and_are_found_in_order,
    ),
    ("unanswered", store::a_lost_answer_is_told_of_its_decision),
    ("hostile", store::hostile_values_are_stored_and_found),
    ("refused", store::what_is_no_event_does_not_stand_in_the_way),
    ("purge", store::what_is_too_old_is_forgotten_by_class),
    ("newer", store::a_newer_format_is_left_alone),
    ("pages", store::many_rows_come_page_by_page),
    (
        "away",
        road::a_store_that_is_away_costs_lag_and_nothing_else,
    ),
    ("kill", road::nothing_that_was_answered_is_lost_by_kill),
    (
        "commands",
        service::the_commands_find_what_the_service_decided,
    ),
    ("reconcile", service::reconcile_names_what_does_not_agree),
];

fn run(bodies: &[(&str, Body)], ground: impl Fn(&str) -> Ground<'static>) {
    for (name, body) in bodies {
        eprintln!("-- {name}");
        body(&ground(name));
    }
}

#[test]
fn sqlite() {
    run(BODIES, |_| Ground {
        url: "sqlite:journal".to_owned(),
        folder: tempfile::tempdir().unwrap(),
        server: None,
    });
}

#[test]
fn postgresql() {
    let server = Server::begin();
    for (name, body) in BODIES {
        eprintln!("-- {name}");
        body(&Ground {
            url: server.database(name),
            folder: tempfile::tempdir().unwrap(),
            server: Some(&server),
        });
    }
}
