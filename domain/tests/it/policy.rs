//! The whole of the policy table as a page that a reviewer can read.

use crate::golden_file;
use dbx_domain::policy::{Action, Role, allows};
use std::fmt::Write as _;

fn page() -> String {
    let mut page =
        String::from("Who may do what. `yes` and `-` for each role and action, weakest role first.\n\n");
    write!(page, "{:20}", "").unwrap();
    Role::ALL.iter().for_each(|role| write!(page, "{:>8}", role.name()).unwrap());
    for action in Action::ALL {
        write!(page, "\n{:20}", format!("{action:?}")).unwrap();
        for role in Role::ALL {
            write!(page, "{:>8}", if allows(role, *action) { "yes" } else { "-" }).unwrap();
        }
    }
    page.push('\n');
    page
}

#[test]
fn the_table_is_as_agreed() {
    golden_file::assert_matches("policy.txt", &page());
}

#[test]
fn roles_are_named_as_they_are_written() {
    for role in Role::ALL {
        assert_eq!(role.name().parse(), Ok(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.name());
    }
    assert!("Owner".parse::<Role>().is_err());
}
