//! The stable words for everything that can go wrong, each with its HTTP status.
//!
//! Guarantee: a code is never renamed and never changes its status; programs may match on it.

use poem::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// Why a request was not done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// The word in the problem's `code` and at the end of its `type`.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status it travels with.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// A short text that is the same for every occurrence.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or JSON but no object.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not a JSON object";
    /// A header or the request line breaks the rules.
    InvalidRequest = "invalid_request", BAD_REQUEST, "The request is not well-formed";
    /// No valid session or key.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    /// Wrong email or password.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "Email or password is wrong";
    /// A cookie request that another site may have caused.
    Csrf = "csrf", FORBIDDEN, "The request may come from another site";
    /// An API key asked for what only a signed-in person may do.
    SessionRequired = "session_required", FORBIDDEN, "Only a signed-in person may do this";
    /// The role is too weak.
    Forbidden = "forbidden", FORBIDDEN, "Your role does not allow this";
    /// It does not exist, or not for the caller.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// It did not exist at the time that was asked about.
    NotYet = "not_yet", NOT_FOUND, "It did not exist then";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    /// Too many concurrent writers.
    Conflict = "conflict", CONFLICT, "Others were changing the same thing";
    /// A job is under way.
    Busy = "busy", CONFLICT, "Another job is under way";
    /// The operation does not apply to the state.
    WrongState = "wrong_state", CONFLICT, "Not possible in the present state";
    /// It is protected from deletion.
    Protected = "protected", CONFLICT, "Protected from deletion";
    /// Nobody would be in charge.
    LastOwner = "last_owner", CONFLICT, "An org keeps at least one owner";
    /// The job cannot be canceled where it stands.
    NotCancelable = "not_cancelable", CONFLICT, "The job cannot be canceled";
    /// There is no password yet.
    CredentialNotReady = "credential_not_ready", CONFLICT, "There is no active password";
    /// The name is used in the same place.
    NameTaken = "name_taken", CONFLICT, "The name is taken";
    /// The address has an account.
    EmailTaken = "email_taken", CONFLICT, "The email address has an account";
    /// It still holds things.
    NotEmpty = "not_empty", CONFLICT, "It is not empty";
    /// `If-Match` names another version.
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "It was changed in between";
    /// Over 64 KiB.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// Not `application/json`.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON by its Content-Type";
    /// Fields or parameters break their rules.
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "Some values are not acceptable";
    /// The org's limit.
    QuotaExceeded = "quota_exceeded", UNPROCESSABLE_ENTITY, "The quota is reached";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The idempotency key belongs to another request";
    /// Asked too often.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    /// A fault of ours.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// The control database does not answer.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable";
}
