//! The columns of every row that is read whole, named one by one, each list for `concat!`.
//!
//! No statement says `*`: prepared statements live as long as their connection, and a newer binary's migration may
//! add a column beside a running server, which then would read rows of another shape than it prepared for.

macro_rules! order_columns {
    () => {
        "id, user_id, business_id, phone_number, display_name, country_code, number_type, charge, monthly_cost, \
         currency, twilio_account_sid, wallet_id, hold_id, state, failure, review_reason, twilio_sid, number_id, \
         send_by, lease, leased_until, first_absent_at, unanswered, opened_at, updated_at"
    };
}

macro_rules! number_columns {
    () => {
        "id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary, \
         is_active, provider, purchase_date, monthly_cost, currency, capabilities, notes, twilio_sid, \
         twilio_account_sid, voice_url, sms_url, status_callback_url, order_id, review_reason, version, \
         release_lease, release_opener_lease, release_leased_until, release_attempts, created_at, updated_at"
    };
}

macro_rules! orphan_columns {
    () => {
        "twilio_sid, twilio_account_sid, phone_number, order_id, state, review_reason, lease, leased_until, attempts, \
         next_attempt_at, updated_at"
    };
}

macro_rules! transfer_columns {
    () => {
        "id, kind, debit_account, credit_account, amount, currency, pending_id, reverses_id, order_id, number_id, \
         description, wallet_id, wallet_version, posted_after, held_after, created_at"
    };
}

macro_rules! statement_columns {
    () => {
        "wallet_id, month, currency, after_version, last_version, lines, opening, total_in, total_out, closing, held, \
         closed_at"
    };
}

macro_rules! business_columns {
    () => {
        "id, user_id, name, time_zone, created_at, updated_at"
    };
}

macro_rules! alarm_columns {
    () => {
        "id, alarm, subject, sentence, details, raised_at, last_raised_at, times, ended_at, end_reason"
    };
}

macro_rules! notice_columns {
    () => {
        "id, user_id, body, mail, email, created_at, lease, attempts"
    };
}

macro_rules! audit_columns {
    () => {
        "sequence, actor, action, subject, user_id, at, reason, details, request_id, address"
    };
}

macro_rules! approval_columns {
    () => {
        "id, user_id, operation, direction, amount, currency, reason, asked_by, asked_at, expires_at, state, \
         decided_by, decision_reason, decided_at"
    };
}

macro_rules! payment_columns {
    () => {
        "id, user_id, kind, amount, currency, description, state, session_id, intent_id, page_url, page_expires_at, \
         paid_amount, paid_currency, decline, opened_at, updated_at"
    };
}

macro_rules! top_up_columns {
    () => {
        "user_id, currency, threshold, amount, monthly_cap, state, customer_id, method_id, method_label, consent_version, \
         consented_by, consented_at, declines, cool_until, version, updated_at"
    };
}

macro_rules! top_up_setup_columns {
    () => {
        "id, user_id, currency, threshold, amount, monthly_cap, customer_id, session_id, consent_version, consented_by, \
         consented_at, expires_at, is_void"
    };
}

macro_rules! key_columns {
    () => {
        "id, hash, kind, user_id, name, scopes, created_at, expires_at, last_used_at, revoked_at, replaces"
    };
}

macro_rules! sign_in_account_columns {
    () => {
        "id, email, subject, user_id, key_id, password, disabled_at, revision, created_at"
    };
}

pub(crate) use {
    alarm_columns, approval_columns, audit_columns, business_columns, key_columns, notice_columns,
    number_columns, order_columns, orphan_columns, payment_columns, sign_in_account_columns,
    statement_columns, top_up_columns, top_up_setup_columns, transfer_columns,
};
