//! The contract suites that every store of provisioning must pass.
//!
//! ```ignore
//! async fn fixture() -> trunkline_provisioning::contract::Fixture { /* a fresh, empty store */ }
//! trunkline_provisioning::provisioning_store_contract!(fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, in a module per port, so a failure names what is broken. The
//! cases speak to the ports alone and move the store's clock by hand. [`ledger::replay`] plays any sequence of steps
//! against a pure model of the wallet; feed it from a property test.

pub mod adoption;
pub mod decision;
pub mod fixture;
pub mod ledger;
pub mod limits;
pub mod number;
pub mod operator;
pub mod orphan;
pub mod purchase;
pub mod reconciliation;
pub mod release;
pub mod repair;
pub mod sales;

pub use fixture::Fixture;
pub use trunkline_wallet::contract::ManualClock;

/// Makes a test of every case of the suites; `$fixture` names an `async fn() -> Fixture`.
#[macro_export]
macro_rules! provisioning_store_contract {
    ($fixture:path) => {
        $crate::provisioning_store_contract!(@each purchase $fixture,
            an_order_opens_with_claim_hold_and_lease,
            a_lost_acknowledgement_of_opening_is_mended_by_asking_again,
            money_that_is_not_there_is_not_held,
            an_empty_wallet_has_nothing_available,
            a_number_is_ordered_once,
            a_number_is_owned_once,
            a_cooling_number_is_for_nobody,
            a_record_elsewhere_blocks_nobody,
            a_refusal_is_kept_under_its_key,
            a_key_sees_its_order_through,
            a_key_of_another_command_is_told_apart,
            a_retryable_end_frees_the_key,
            keys_of_open_orders_outlive_a_day,
            parallel_openings_of_one_number_open_one,
            parallel_openings_spend_no_more_than_there_is,
            parallel_repeats_of_one_key_open_one,
            orders_are_read_within_their_scope,
            orders_are_found_within_businesses,
            orders_are_listed_newest_first_in_pages,
        );
        $crate::provisioning_store_contract!(@each decision $fixture,
            a_settlement_completes_everything_together,
            a_settlement_is_repeated_harmlessly,
            yes_is_accepted_from_any_state_and_without_a_lease,
            yes_comes_too_late_for_a_failed_order,
            a_second_sid_does_not_change_a_completed_order,
            a_sid_belongs_to_one_number,
            an_abort_gives_the_money_back_and_frees_the_claim,
            an_abort_may_leave_the_claim_cooling,
            an_abort_is_repeated_harmlessly,
            an_order_ends_once,
            decisions_need_the_current_lease,
            a_parked_order_is_left_by_its_worker,
            a_parking_is_repeated_harmlessly,
            a_parked_order_is_due_when_it_said,
            a_worker_takes_over_when_the_lease_has_run_out,
            the_oldest_orders_are_taken_over_first,
            an_order_under_review_waits_for_an_operator,
            a_referral_is_repeated_harmlessly,
            an_operator_does_not_interfere_with_a_worker,
            a_late_success_is_kept_on_the_failed_order,
        );
        $crate::provisioning_store_contract!(@each release $fixture,
            a_release_runs_from_begin_to_finish,
            a_released_number_can_be_bought_again,
            only_the_owner_of_a_live_number_begins,
            a_release_begins_within_its_businesses_alone,
            a_primary_number_is_kept,
            a_second_release_is_busy,
            a_lost_acknowledgement_of_beginning_is_mended_by_asking_again,
            the_record_of_a_number_elsewhere_is_removed_at_once,
            a_refused_release_goes_back_to_active,
            a_parked_release_is_due_when_it_said,
            a_release_changes_hands_when_the_lease_has_run_out,
            a_release_under_review_can_still_be_finished,
            evidence_needs_no_lease_but_a_release,
            a_key_sees_its_release_through,
            a_refusal_is_kept_under_its_key,
            parallel_releases_begin_one,
        );
        $crate::provisioning_store_contract!(@each orphan $fixture,
            an_orphan_of_a_failed_order_is_released,
            an_orphan_takes_a_free_number,
            a_number_whose_order_is_unknown_or_alive_is_left_alone,
            a_number_that_somebody_has_is_left_alone,
            a_claim_of_another_order_is_respected,
            a_cooling_claim_of_another_failed_order_cools_on,
            an_orphan_has_one_worker,
            an_orphan_is_parked_and_taken_over,
            an_orphan_under_review_waits_for_an_operator,
            one_pass_at_a_time,
            a_pass_is_kept_by_renewing_it,
            a_complete_pass_ends_cooling,
            an_incomplete_pass_ends_nothing,
            a_pass_ends_nothing_of_another_account,
            a_pass_that_lost_its_lease_ends_nothing,
        );
        $crate::provisioning_store_contract!(@each number $fixture,
            a_number_is_read_within_its_scope,
            numbers_are_found_within_businesses,
            a_number_is_found_by_its_identity_for_ever,
            a_number_is_found_by_phone_while_it_holds_the_claim,
            an_update_stores_the_changeable_parts,
            an_update_of_an_older_version_is_stale,
            a_number_that_is_leaving_takes_no_changes,
            a_business_has_one_primary_number,
            a_record_is_stored_once_per_user,
            a_record_of_what_the_user_owns_is_refused,
            numbers_are_listed_newest_first_in_pages,
            lists_are_filtered,
            released_numbers_are_listed_when_asked_for,
            numbers_are_found_by_what_they_are,
            lists_say_what_all_of_them_cost,
        );
        $crate::provisioning_store_contract!(@each adoption $fixture,
            an_adoption_makes_everything_together,
            an_adoption_is_repeated_harmlessly,
            a_number_that_a_row_has_is_known,
            an_order_that_exists_is_not_made_again,
            a_claim_that_somebody_needs_is_respected,
            a_cooling_claim_is_taken_over,
            an_adoption_without_money_leaves_nothing,
            parallel_adoptions_make_one,
            an_adoption_and_an_orphans_release_exclude_each_other,
        );
        $crate::provisioning_store_contract!(@each operator $fixture,
            a_live_number_is_written_off_from_every_status,
            a_number_that_is_written_off_is_free,
            a_write_off_leaves_a_worker_without_a_say,
            parallel_write_offs_and_ends_of_a_release_agree,
            a_release_is_resumed_with_its_attempts_counted_anew,
            a_resumed_release_is_taken_over_like_any_other,
            a_review_is_kept,
            every_release_is_stopped,
            only_reviews_are_ended,
            parallel_ends_of_a_review_end_it_once,
            an_orphans_release_is_resumed,
            a_leftovers_release_is_resumed,
            an_orphan_is_resumed_only_as_it_was_read,
            files_show_what_there_is,
            orphans_in_review_are_listed,
        );
        $crate::provisioning_store_contract!(@each reconciliation $fixture,
            bought_numbers_are_read_in_the_order_of_their_ids,
            bought_numbers_are_read_page_by_page,
            released_numbers_were_bought_and_records_were_not,
            whole_books_contradict_nothing,
            a_report_is_kept_whole,
            a_report_is_kept_once,
            parallel_repeats_of_one_report_keep_one,
            reports_of_different_moments_and_accounts_are_apart,
            the_newest_report_comes_first,
            the_latest_reports_stay,
        );
        $crate::provisioning_store_contract!(@each sales $fixture,
            sales_are_open_until_somebody_stops_them,
            a_stop_refuses_what_is_new_and_nothing_else,
            a_refused_key_stays_free,
            a_stop_answers_repeats_as_ever,
            a_stop_and_its_end_happen_once,
            a_pause_and_its_end_happen_once,
            a_stop_and_a_pause_are_apart,
            nothing_opens_after_a_stop_is_answered,
            parallel_openings_keep_to_the_days_cap,
            failed_orders_do_not_count,
            a_new_day_begins_at_midnight,
        );
        $crate::provisioning_store_contract!(@each limits $fixture,
            a_user_begins_without_limits,
            limits_are_set_once_on_what_was_read,
            parallel_changes_of_limits_do_not_lose_one,
            parallel_openings_keep_to_the_numbers_limit,
            openings_in_two_currencies_keep_to_one_limit,
            numbers_held_are_counted_exactly,
            what_a_limit_refuses_leaves_nothing_behind,
            what_the_user_has_already_is_said_before_a_limit,
            limits_come_before_money,
            purchases_of_a_day_are_counted,
            a_price_is_limited_in_its_currency,
            countries_and_types_are_limited,
            churn_is_limited_by_what_is_held,
            own_limits_come_first,
        );
        $crate::provisioning_store_contract!(@each repair $fixture,
            a_leftover_is_released_as_an_orphan_is,
            a_leftover_that_comes_back_is_begun_again,
            a_number_that_is_not_given_back_is_no_leftover,
            a_leftover_whose_phone_number_somebody_has_is_left_alone,
            mending_begins_on_the_row_that_was_read,
            an_address_once_used_stays_known,
            the_last_whole_reconciliation_is_known,
        );
    };
    (@each $suite:ident $fixture:path, $($case:ident),+ $(,)?) => {
        mod $suite {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::contract::$suite::$case(&$fixture().await).await;
                }
            )+
        }
    };
}
