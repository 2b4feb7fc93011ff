//! Zimbra's directory.

use crate::tree::{Tree, set};

const ACCOUNTS: &str = "# name an@xa.gov.vn
cn: An
zimbraFeatureMailForwardingEnabled: TRUE
zimbraMailForwardingAddress: an.luu@gmail.com
zimbraMailSieveScript: require [\"fileinto\", \"reject\", \"tag\", \"flag\", \"copy\"];

# name ceo@xa.gov.vn
if anyof (header :contains [\"subject\"] \"
zimbraMailForwardingAddress: no@gmail.com
# name no@xa.gov.vn\") {
    redirect \"loc@yahoo.com\";
    stop;
}
zimbraPrefMailForwardingAddress: an@gmail.com, binh@mic.gov.vn
zimbraPrefNewMailNotificationAddress: bao@gmail.com
zimbraPrefNewMailNotificationEnabled: TRUE

# name binh@xa.gov.vn
zimbraFeatureMailForwardingEnabled: FALSE
zimbraPrefMailForwardingAddress: cu@hotmail.com
zimbraPrefNewMailNotificationAddress: tat@gmail.com
zimbraPrefNewMailNotificationEnabled: FALSE
zimbraPrefCalendarForwardInvitesTo: lich@icloud.com

# name chi@xa.gov.vn
zimbraMailSieveScript:
zimbraPrefOutOfOfficeReply: redirect \"x@gmail.com\";

";

#[test]
fn forwards_filters_and_notices_are_listed() {
    let tree = Tree::empty();
    tree.write("gaa.txt", ACCOUNTS);
    let report = tree.report(&["--zimbra", "/gaa.txt"]);
    assert_eq!(
        report.forwards(),
        set([
            "zimbra-hidden an@xa.gov.vn > an.luu@gmail.com public unknown /gaa.txt:4",
            "zimbra-filter an@xa.gov.vn > loc@yahoo.com public unknown /gaa.txt:11",
            "zimbra an@xa.gov.vn > an@gmail.com public unknown /gaa.txt:14",
            "zimbra-notice an@xa.gov.vn > bao@gmail.com public unknown /gaa.txt:15",
            "zimbra binh@xa.gov.vn > cu@hotmail.com public unknown /gaa.txt:20",
            "zimbra-notice binh@xa.gov.vn > lich@icloud.com public unknown /gaa.txt:23",
        ])
    );
    assert!(
        report.to("cu@hotmail.com")["remark"]
            .as_str()
            .unwrap()
            .contains("not in force")
    );
    assert_eq!(
        (report.json["accounts"].as_u64(), report.unread()),
        (Some(3), set([]))
    );
}

#[test]
fn members_of_lists_are_listed() {
    let tree = Tree::empty();
    tree.write(
        "gadl.txt",
        "# distributionList ds@xa.gov.vn memberCount=2\nmail: ds@xa.gov.vn\nzimbraMailForwardingAddress: an@xa.gov.vn\nzimbraMailForwardingAddress: ngoai@cty.com.vn\n\nmembers\nan@xa.gov.vn\nmoi@gmail.com\n\n# distributionList b@xa.gov.vn memberCount=0\n",
    );
    let report = tree.report(&["--zimbra", "/gadl.txt"]);
    assert_eq!(
        report.forwards(),
        set([
            "zimbra-list ds@xa.gov.vn > ngoai@cty.com.vn other unknown /gadl.txt:4",
            "zimbra-list ds@xa.gov.vn > moi@gmail.com public unknown /gadl.txt:8",
        ])
    );
}

#[test]
fn a_script_that_never_ends_hides_nothing_behind_it() {
    let tree = Tree::empty();
    tree.write("gaa.txt", "# name an@xa.gov.vn\nzimbraMailSieveScript: redirect \"a@gmail.com\"; keep \"\nzimbraPrefMailForwardingAddress: an@gmail.com\n\n# name b@xa.gov.vn\nzimbraPrefMailForwardingAddress: b@gmail.com\n");
    let report = tree.report(&["--zimbra", "/gaa.txt"]);
    assert!(
        report
            .forwards()
            .iter()
            .any(|it| it.contains("a@gmail.com"))
    );
    assert_eq!(
        (report.status, report.unread()),
        (2, set(["damaged /gaa.txt:2"]))
    );
    tree.write(
        "b.txt",
        "# name a@xa.gov.vn\nzimbraPrefMailForwardingAddress:: YW5AZ21haWwuY29t\n",
    );
    let report = tree.report(&["--zimbra", "/b.txt"]);
    assert_eq!(report.unread(), set(["damaged /b.txt:2"]));
    // What is no output of zmprov is said.
    tree.write("x.txt", "an@xa.gov.vn\n");
    let report = tree.report(&["--zimbra", "/x.txt", "--zimbra", "/none"]);
    assert_eq!(report.unread(), set(["damaged /x.txt", "missing /none"]));
}
