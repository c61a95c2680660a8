//! The protocol's matrix: each test is one event, or one alternative of it, and its end.
//!
//! | event | end | test |
//! | --- | --- | --- |
//! | crash before TX1; after TX1 before the POST; lost acknowledgement of TX1; of TX2 | none; none; one order, no second hold; one and one | `purchase::crash_*`, `purchase::lost_acknowledgement_*` |
//! | POST acted, answer lost; the list shows it at once; late within the window; beyond it | one and one; one and one; none, orphan released | `purchase::answer_lost_*` |
//! | slow opener has a SID after its lease ended; has not posted yet | one and one; `send_by` stops it | `purchase::slow_opener_*` |
//! | late POST after a void; another tenant has bought the number since; the operator has in the console | orphan released; the other keeps it; the operator keeps it | `purchase::late_post_*` |
//! | two replicas on one order; their clocks 90 s apart | one and one | `rivals::two_replicas_*` |
//! | two tenants, one number, the same moment; while the first settles | one wins, the other is refused | `rivals::two_tenants_*` |
//! | console bought it between look and POST; 201 for another number; for another type | review | `doubt::*` |
//! | marker renamed in the console before settle; after | review; the SID decides | `doubt::marker_renamed_*` |
//! | 21422 after an unknown; certain no | look; none | `purchase::unknown_is_looked_for_*`, `purchase::certain_no_*` |
//! | client gone between 201 and TX2; dropped at any await | one and one | `purchase::client_gone_*`; `crate::saga`, `the_caller_leaves_at_a_call` |
//! | release racing recovery; credit; a second release | the row's lock decides, no double charge, no refund | `release::racing_*` |
//! | release: unknown; refused; its account is not the configured one; moved to another | again; active; review; review | `release::*` |
//! | restored backup; second deployment; changed account SID; a pass beside a purchase in flight | report only; report only; review; skipped | `doubt::*` |
//! | reconcile beside a purchase in flight; restored backup; second deployment; changed account SID | skipped; report only; report only; nothing "gone" | `reconcile::*` |

mod doubt;
mod purchase;
mod reconcile;
mod release;
mod rivals;

use crate::engine::on_every_engine;

/// Makes a test of every row.
macro_rules! rows {
    ($fixture:path) => {
        $crate::matrix::rows!(@each purchase $fixture,
            crash_before_tx1_leaves_none,
            crash_after_tx1_before_the_post_leaves_none,
            lost_acknowledgement_of_tx1_is_one_order_and_no_second_hold,
            lost_acknowledgement_of_tx2_is_one_and_one,
            answer_lost_and_the_list_shows_it_at_once_is_one_and_one,
            answer_lost_and_the_list_shows_it_late_within_the_window_is_one_and_one,
            answer_lost_and_the_list_shows_it_beyond_the_window_is_none_and_the_orphan_released,
            slow_opener_with_a_sid_after_its_lease_ended_is_one_and_one,
            slow_opener_that_has_not_posted_yet_is_stopped_by_send_by,
            late_post_after_a_void_is_an_orphan_and_released,
            late_post_after_another_tenant_bought_the_number_changes_nothing_of_theirs,
            late_post_after_the_console_bought_the_number_releases_nothing,
            unknown_is_looked_for_and_never_sent_again,
            certain_no_leaves_none,
            client_gone_between_201_and_tx2_is_one_and_one,
        );
        $crate::matrix::rows!(@each rivals $fixture,
            two_replicas_on_one_order_are_one_and_one,
            two_replicas_whose_clocks_are_90_s_apart_are_one_and_one,
            two_tenants_at_the_same_moment_one_wins,
            two_tenants_while_the_first_settles_the_first_wins,
        );
        $crate::matrix::rows!(@each doubt $fixture,
            console_bought_it_between_look_and_post_is_for_review,
            answer_for_another_number_is_for_review,
            answer_for_another_type_is_for_review,
            marker_renamed_before_settle_is_for_review,
            marker_renamed_after_settle_changes_nothing,
            restored_backup_is_report_only,
            second_deployment_is_report_only,
            changed_account_sid_is_for_review,
            pass_beside_a_purchase_in_flight_skips_it,
        );
        $crate::matrix::rows!(@each reconcile $fixture,
            beside_a_purchase_in_flight_skips_it,
            after_a_restored_backup_is_report_only,
            of_a_second_deployment_is_report_only,
            under_a_changed_account_sid_calls_nothing_gone,
            of_what_was_given_back_and_is_there_still_gives_it_back,
        );
        $crate::matrix::rows!(@each release $fixture,
            racing_recovery_ends_once,
            racing_a_credit_changes_no_charge,
            racing_a_second_release_refuses_the_second,
            unknown_is_sent_again,
            refused_goes_back_to_active,
            not_found_on_another_account_is_for_review,
            transferred_away_is_for_review,
        );
    };
    (@each $part:ident $fixture:path, $($row:ident),+ $(,)?) => {
        mod $part {
            $(
                #[tokio::test]
                async fn $row() {
                    $crate::matrix::$part::$row($crate::saga::World::on($fixture().await)).await;
                }
            )+
        }
    };
}

use rows;

on_every_engine!(crate::matrix::rows!(provisioning));
