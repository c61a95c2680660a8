//! Every error code that a client can meet, with its status and title. `docs/error-codes.md` has a section for each;
//! a test compares the two.

use axum::http::StatusCode;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:ident, $title:literal;)*) => {
        /// What went wrong, as a client's program tells it apart. A code never changes its meaning or its status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// All codes, in the order of their statuses.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as clients read it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The HTTP status that it always comes with.
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$variant => StatusCode::$status,)*
                }
            }

            /// A few words that are the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)*
                }
            }
        }
    };
}

error_codes! {
    /// A purchase is not decided within the time that its caller waits. Not a failure: the answer has a body of its own.
    OrderPending = "ORDER_PENDING", ACCEPTED, "The purchase is not decided yet";
    /// A credit or correction waits for another operator. Not a failure: the answer has a body of its own.
    ApprovalRequired = "APPROVAL_REQUIRED", ACCEPTED, "Another operator must approve this";
    /// The request contradicts itself or the contract; `fields` says where.
    ValidationFailed = "VALIDATION_FAILED", BAD_REQUEST, "The request is not valid";
    /// No credentials, or none that open anything.
    Unauthenticated = "UNAUTHENTICATED", UNAUTHORIZED, "Who are you?";
    /// The wallet has too little available.
    InsufficientBalance = "INSUFFICIENT_BALANCE", PAYMENT_REQUIRED, "Not enough money in the wallet";
    /// Something is owed, because a payment was taken back after its money was spent.
    WalletInDebt = "WALLET_IN_DEBT", PAYMENT_REQUIRED, "Something is owed";
    /// Not this caller's to do.
    Forbidden = "FORBIDDEN", FORBIDDEN, "Not yours to do";
    /// A limit is reached; `limit` says which.
    LimitExceeded = "LIMIT_EXCEEDED", FORBIDDEN, "A limit is reached";
    /// Whoever approves is the operator who asked.
    SecondOperatorRequired = "SECOND_OPERATOR_REQUIRED", FORBIDDEN, "It needs another operator";
    /// No such route.
    NotFound = "NOT_FOUND", NOT_FOUND, "No such page";
    /// No such number within the caller's reach.
    NumberNotFound = "NUMBER_NOT_FOUND", NOT_FOUND, "No such number";
    /// No such order within the caller's reach.
    OrderNotFound = "ORDER_NOT_FOUND", NOT_FOUND, "No such order";
    /// No such business within the caller's reach.
    BusinessNotFound = "BUSINESS_NOT_FOUND", NOT_FOUND, "No such business";
    /// No such payment within the caller's reach.
    PaymentNotFound = "PAYMENT_NOT_FOUND", NOT_FOUND, "No such payment";
    /// No automatic top-up was ever set up.
    TopUpNotFound = "TOP_UP_NOT_FOUND", NOT_FOUND, "No automatic top-up";
    /// No such approval.
    ApprovalNotFound = "APPROVAL_NOT_FOUND", NOT_FOUND, "No such approval";
    /// The wallet has no such month.
    StatementNotFound = "STATEMENT_NOT_FOUND", NOT_FOUND, "No such statement";
    /// No such alarm is open.
    AlarmNotFound = "ALARM_NOT_FOUND", NOT_FOUND, "No such open alarm";
    /// No such API key within the caller's reach.
    KeyNotFound = "KEY_NOT_FOUND", NOT_FOUND, "No such key";
    /// The business has no such member.
    MemberNotFound = "MEMBER_NOT_FOUND", NOT_FOUND, "No such member";
    /// The named user does not exist.
    UserNotFound = "USER_NOT_FOUND", NOT_FOUND, "No such user";
    /// The route does not know the method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED, "Wrong method";
    /// The body did not arrive in time.
    BodyTooSlow = "BODY_TOO_SLOW", REQUEST_TIMEOUT, "The body took too long";
    /// The number is held or being bought here.
    NumberAlreadyExists = "NUMBER_ALREADY_EXISTS", CONFLICT, "The number is held already";
    /// A primary number cannot be released.
    PrimaryNumberDelete = "PRIMARY_NUMBER_DELETE", CONFLICT, "A primary number cannot be released";
    /// A primary number cannot be switched off.
    PrimaryNumberInactive = "PRIMARY_NUMBER_INACTIVE", CONFLICT, "A primary number cannot be inactive";
    /// The charge is higher than the client accepts.
    PriceChanged = "PRICE_CHANGED", CONFLICT, "The price has changed";
    /// The number is being released or under review.
    NumberBusy = "NUMBER_BUSY", CONFLICT, "The number is busy";
    /// The number does not wait for this decision: its status does not allow it.
    NumberNotUndecided = "NUMBER_NOT_UNDECIDED", CONFLICT, "The number does not wait for this";
    /// The business has live numbers or open orders.
    BusinessInUse = "BUSINESS_IN_USE", CONFLICT, "The business is in use";
    /// The order has ended, or is being worked on: there is nothing to decide.
    OrderNotUndecided = "ORDER_NOT_UNDECIDED", CONFLICT, "There is nothing to decide";
    /// What an operator decides is not what the provider's account shows.
    EvidenceMissing = "EVIDENCE_MISSING", CONFLICT, "The evidence speaks against it";
    /// Somebody goes through the provider's inventory at this moment.
    ReconciliationUnderWay = "RECONCILIATION_UNDER_WAY", CONFLICT, "Another reconciliation is under way";
    /// The API key is revoked or expired, or has a successor already.
    KeyEnded = "KEY_ENDED", CONFLICT, "The key has ended";
    /// The approval is decided otherwise, or past its time.
    ApprovalEnded = "APPROVAL_ENDED", CONFLICT, "The approval does not wait any more";
    /// The payment is paid, expired or failed: there is no page to pay on.
    PaymentEnded = "PAYMENT_ENDED", CONFLICT, "The payment has ended";
    /// The top-up's payment method was forgotten.
    TopUpNeedsMethod = "TOP_UP_NEEDS_METHOD", CONFLICT, "It has no payment method";
    /// The first request with this idempotency key is still running.
    IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS", CONFLICT, "The first request is still running";
    /// The number is taken at the provider, or cooling down here.
    NumberUnavailable = "NUMBER_UNAVAILABLE", GONE, "The number is not to be had";
    /// The body is larger than the server reads.
    BodyTooLarge = "BODY_TOO_LARGE", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The path and query are longer than the server reads.
    UrlTooLong = "URL_TOO_LONG", URI_TOO_LONG, "The path is too long";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE, "Not a JSON body";
    /// The idempotency key was used for something else.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", UNPROCESSABLE_ENTITY, "The key was used for another request";
    /// The provider wants an address of the operator's.
    AddressRequired = "ADDRESS_REQUIRED", UNPROCESSABLE_ENTITY, "The operator must register an address";
    /// The provider wants an approved bundle of the operator's.
    BundleRequired = "BUNDLE_REQUIRED", UNPROCESSABLE_ENTITY, "The operator must register a bundle";
    /// No price in this currency.
    PricingUnavailable = "PRICING_UNAVAILABLE", UNPROCESSABLE_ENTITY, "There is no price for this";
    /// The country has no numbers of this type.
    NumberTypeUnsupported = "NUMBER_TYPE_UNSUPPORTED", UNPROCESSABLE_ENTITY, "The country has no such numbers";
    /// The caller, or their address, asks too often.
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS, "Too many requests";
    /// The headers are larger than the server reads.
    HeadersTooLarge = "HEADERS_TOO_LARGE", REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large";
    /// Our mistake.
    Internal = "INTERNAL", INTERNAL_SERVER_ERROR, "A mistake of ours";
    /// Twilio said no for a reason of the operator's.
    ProviderRejected = "PROVIDER_REJECTED", BAD_GATEWAY, "The carrier refused";
    /// Stripe said no for a reason of the operator's.
    PaymentsRejected = "PAYMENTS_REJECTED", BAD_GATEWAY, "Stripe refused";
    /// The operator has not configured Stripe.
    PaymentsNotConfigured = "PAYMENTS_NOT_CONFIGURED", SERVICE_UNAVAILABLE, "Payments are not set up";
    /// Stripe could not be asked.
    PaymentsUnavailable = "PAYMENTS_UNAVAILABLE", SERVICE_UNAVAILABLE, "Stripe cannot be reached";
    /// The operator has not configured Twilio.
    TwilioNotConfigured = "TWILIO_NOT_CONFIGURED", SERVICE_UNAVAILABLE, "Twilio is not configured";
    /// Twilio could not be asked.
    ProviderUnavailable = "PROVIDER_UNAVAILABLE", SERVICE_UNAVAILABLE, "The carrier cannot be reached";
    /// The database could not be asked, or did not answer.
    StorageUnavailable = "STORAGE_UNAVAILABLE", SERVICE_UNAVAILABLE, "The database is not available";
    /// Nothing is sold now, to nobody.
    SalesPaused = "SALES_PAUSED", SERVICE_UNAVAILABLE, "Numbers are not sold now";
    /// The identity provider's keys could not be had, so a token cannot be judged.
    IdentityUnavailable = "IDENTITY_UNAVAILABLE", SERVICE_UNAVAILABLE, "The identity provider cannot be reached";
    /// The server cannot do its work; only `/readyz` says so.
    NotReady = "NOT_READY", SERVICE_UNAVAILABLE, "The server is not ready";
    /// The server is stopping, answers as much as it can already, or did not get to it in time.
    Overloaded = "OVERLOADED", SERVICE_UNAVAILABLE, "The server has no time for this now";
}
