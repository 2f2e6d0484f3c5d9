//! Does the simulation find anything? Each bug of [`dbx_workflows::planted`] is planted alone, and must be found.

use crate::{seeds::live_until_one_fails, weather::Weather};
use dbx_workflows::planted::{self, Bug};

/// Within this many histories each bug is found.
const HISTORIES_MAX: u64 = 4_000;

/// In what weather a bug shows that drawn ones seldom bring out.
const fn weather(bug: Bug) -> Option<Weather> {
    match bug {
        // Two rotations within minutes, and the first one's statement comes last.
        Bug::PasswordNotFenced => Some(Weather { sql_broken: 250, ..Weather::CALM }),
        _ => None,
    }
}

fn assert_found(bug: Bug) {
    let (found, sum) = live_until_one_fails(weather(bug), 1, HISTORIES_MAX, || planted::plant(Some(bug)));
    let (seed, violation) =
        found.unwrap_or_else(|| panic!("{bug:?} was not found in {HISTORIES_MAX} histories"));
    println!("{bug:?}: found in seed {seed}, after {} histories: {violation}", sum.histories);
}

macro_rules! found {
    ($($test:ident = $bug:ident;)*) => {
        $(
            #[test]
            fn $test() {
                assert_found(Bug::$bug);
            }
        )*

        #[test]
        fn no_bug_is_forgotten() {
            assert_eq!([$(Bug::$bug),*], Bug::ALL);
        }
    };
}

found! {
    a_lost_wake_up = LostWakeUp;
    no_ownership_check = NoOwnershipCheck;
    a_skipped_undo = UndoSkipped;
    a_step_recorded_before_its_effect = RecordedBeforeEffect;
    an_append_that_is_not_fenced = AppendNotFenced;
    a_change_that_is_not_fenced = ChangeNotFenced;
    a_reused_number = ReusedCtid;
    sleeping_past_a_newer_event = SleptPastEvent;
    a_delete_that_is_ignored_during_create = DeleteIgnored;
    a_second_volume = SecondVolume;
    a_password_destroyed_in_use = RetiredInUse;
    a_password_that_comes_late = PasswordNotFenced;
    a_clock_set_back_that_puts_off = SetBackClock;
}
