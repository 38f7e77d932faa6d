//! Documented refusals with their remedies, and the service's error codes.

use serde::Serialize;

use crate::api::Operation;

/// What to do, in two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

/// One documented cause of a refusal.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its stable name: the `reason` of an error.
    pub reason: &'static str,
    /// The operation whose page names it.
    pub operation: Operation,
    /// The service's code, normalised.
    pub code: &'static str,
    /// What to do.
    pub advice: Advice,
    /// Words that the service's message holds, in lower case; any one group must be there whole.
    words: &'static [&'static [&'static str]],
}

/// Every entry (declare page, 2023-02-17; advice in our own words).
pub const ENTRIES: &[Entry] = &[Entry {
    reason: "declared_data_differs",
    operation: Operation::Declare,
    code: "INVALID_REQUEST",
    advice: Advice {
        en: "This order was declared before with other data. To change it, call modify; to push it again unchanged, call redeclare.",
        zh: "该订单此前已用不同的数据申报。如需修改，请调用修改接口；如需原样重推，请调用重推接口。",
    },
    words: &[&["different", "original"], &["differ", "original"], &["不一致", "原"], &["不一致", "首次"]],
}];

/// Finds the documented cause of a refusal by the words of its message.
pub fn entry(operation: Operation, code: &str, message: &str) -> Option<&'static Entry> {
    let message = message.to_lowercase();
    ENTRIES.iter().find(|entry| {
        entry.operation == operation
            && entry.code == code
            && entry.words.iter().any(|group| group.iter().all(|word| message.contains(word)))
    })
}

/// One spelling for the codes of which the pages print several.
pub(crate) fn normalised(code: &str) -> &str {
    match code {
        "NO_AUTH" => "NOAUTH",
        "SYSTEM_ERROR" => "SYSTEMERROR",
        "RATELIMIT_EXCEEDED" | "FREQUENCY_LIMITED" => "RATE_LIMITED",
        other => other,
    }
}

/// What a refusal says about trying again: by code first, then by status.
pub(crate) struct Consequence {
    /// Was the request surely not processed?
    pub not_processed: bool,
    /// Is the cause expected to pass?
    pub passing: bool,
}

pub(crate) fn consequence(code: Option<&str>, status: u16) -> Consequence {
    let (not_processed, passing) = match (code, status) {
        (Some("RATE_LIMITED"), _) => (true, true),
        (Some("SYSTEMERROR" | "SERVICE_UNAVAILABLE"), _) => (false, true),
        (
            Some(
                "PARAM_ERROR" | "INVALID_REQUEST" | "SIGN_ERROR" | "NOAUTH" | "ORDER_NOT_EXIST" | "RESOURCE_NOT_EXISTS",
            ),
            _,
        ) => (true, false),
        (_, 429) => (true, true),
        (Some(_), 400..=499) => (true, false),
        // Not the API's words: whoever said it may not know what became of the request.
        (None, 400..=499) => (false, false),
        _ => (false, true),
    };
    Consequence { not_processed, passing }
}
