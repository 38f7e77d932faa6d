//! The reasons for a step, each with its step, its words and its source.

use serde::Serialize;

use crate::words::catalogue::{Advice, advise};

/// The next step for a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Step {
    /// Declare the payment.
    Declare,
    /// Look again later.
    Wait,
    /// Change the declaration.
    Modify,
    /// Push the declaration again.
    Redeclare,
    /// Nothing more: customs has accepted it.
    Done,
    /// A person must decide; the reason says what.
    Person,
}

impl Step {
    /// Every step, with its meaning.
    pub const ALL: &[(Step, &'static str)] = &[
        (Step::Declare, "Declare the payment."),
        (Step::Wait, "Look again later."),
        (Step::Modify, "Change the declaration."),
        (Step::Redeclare, "Push the declaration again."),
        (Step::Done, "Nothing more: customs has accepted it."),
        (Step::Person, "A person must decide; the reason says what."),
    ];

    /// The step as a word, such as `declare`.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Declare => "declare",
            Step::Wait => "wait",
            Step::Modify => "modify",
            Step::Redeclare => "redeclare",
            Step::Done => "done",
            Step::Person => "person",
        }
    }
}

/// The standing of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[non_exhaustive]
pub enum Basis {
    /// A page of WeChat Pay's says so.
    Documented,
    /// Concluded from a page, or from what merchants have seen.
    Inferred,
}

/// The source of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Source {
    /// Is it documented, or inferred?
    pub standing: Basis,
    /// The page that says it, or from which it is concluded; null for a choice of this library's.
    pub page: Option<&'static str>,
    /// The page's date.
    pub date: Option<&'static str>,
}

/// A page of WeChat Pay's, with its date.
type Page = Option<(&'static str, &'static str)>;

pub(crate) const DECLARE: Page = Some(("Customs Declaration API, WeChat Pay Global", "2023-02-17"));
const MODIFY: Page = Some(("Customs Declaration Modification API, WeChat Pay Global", "2020-06-02"));
const QUERY: Page = Some(("Query Customs Declaration API, WeChat Pay Global", "2020-06-02"));
const REDECLARE: Page = Some(("Repush Customs Declaration, WeChat Pay Global", "2025-01-07"));
const FAQ: Page = Some(("FAQ on customs declarations, v2", "2025-12-19"));
pub(crate) const V2: Page = Some(("Customs Declaration API, v2", "2024-11-14"));
pub(crate) const OURS: Page = None;

impl Source {
    pub(crate) const fn of(standing: Basis, page: Page) -> Source {
        match page {
            Some((page, date)) => Source { standing, page: Some(page), date: Some(date) },
            None => Source { standing, page: None, date: None },
        }
    }
}

/// What stands behind a reason.
struct Row {
    name: &'static str,
    step: Step,
    source: Source,
    en: &'static str,
    zh: &'static str,
}

macro_rules! reasons {
    ($($Name:ident $name:literal $Step:ident $Basis:ident $page:ident $en:literal $zh:literal,)+) => {
        /// A reason for a step.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Reason {
            $(#[doc = $en] $Name,)+
        }

        impl Reason {
            /// Every reason, roughly in the order in which they are looked for; those of `ensure` alone come last.
            pub const ALL: &[Reason] = &[$(Reason::$Name),+];

            const ROWS: &[Row] = &[
                $(Row {
                    name: $name,
                    step: Step::$Step,
                    source: Source::of(Basis::$Basis, $page),
                    en: $en,
                    zh: $zh,
                },)+
            ];
        }
    };
}

impl Reason {
    fn row(self) -> &'static Row {
        const NOTHING: &Row =
            &Row { name: "", step: Step::Person, source: Source::of(Basis::Inferred, OURS), en: "", zh: "" };
        Reason::ROWS.get(self as usize).unwrap_or(NOTHING)
    }

    /// Its stable name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The step that follows.
    pub fn step(self) -> Step {
        self.row().step
    }

    /// The source of the rule behind it.
    pub fn source(self) -> Source {
        self.row().source
    }

    /// The reason in English.
    pub fn about(self) -> &'static str {
        self.row().en
    }

    /// The reason in words, in English and Chinese.
    pub fn why(self) -> Advice {
        let Row { en, zh, .. } = self.row();
        advise(en, zh)
    }

    /// Is its step one that sends a request?
    pub(crate) fn acts(self) -> bool {
        matches!(self.step(), Step::Declare | Step::Modify | Step::Redeclare)
    }
}

reasons! {
    Conflict "conflict" Person Documented MODIFY
        "The record has other ids than wanted, which a modify cannot change: find out which declaration is right."
        "记录的编号与所需不符，而修改接口不能更改编号，请人工核对。",
    DeclaredOtherwise "declared_otherwise" Person Inferred OURS
        "The payment is declared at this customs the other way, whole or in parts: the same money would be declared twice."
        "该支付在此海关已按另一方式（整单或拆单）申报，再报会重复。",
    DeclaredRecently "declared_recently" Wait Inferred FAQ
        "The declare was answered, but its record does not show yet."
        "申报已受理，记录暂未可查，请稍后再查。",
    NotDeclared "not_declared" Declare Documented DECLARE
        "Nothing is declared yet."
        "尚未申报。",
    NothingDeclared "nothing_declared" Person Documented QUERY
        "Nothing is declared, and it is not known what should be: give `wanted`."
        "没有申报记录，也未给出 `wanted`。",
    Stuck "stuck" Person Inferred FAQ
        "It has not moved for 24 hours: ask WeChat Pay's support."
        "超过 24 小时没有进展，请联系微信支付客服。",
    Processing "processing" Wait Inferred DECLARE
        "Customs is working on it; changes go out when that has ended."
        "海关处理中，结束后再作更改。",
    UnknownState "unknown_state" Wait Inferred DECLARE
        "This version does not know the state; look again later."
        "状态未知，请稍后再查。",
    Differs "differs" Modify Documented MODIFY
        "The record differs from what is wanted, in what a modify may change."
        "记录与所需不一致，可用修改接口更正。",
    Queued "queued" Wait Documented FAQ
        "WeChat Pay has it, and submits it to customs within minutes."
        "微信支付已受理，几分钟内提交海关。",
    Lost "lost" Redeclare Documented REDECLARE
        "Customs accepted it, and the electronic port has lost it since: push it again."
        "海关曾受理，电子口岸记录丢失，请重推。",
    Success "success" Done Documented DECLARE
        "Customs has accepted it; what finally counts is its clearance."
        "海关已受理；最终以海关放行为准。",
    ExceptRecent "except_recent" Wait Inferred REDECLARE
        "Customs' interface failed less than 10 minutes ago: wait before anything else."
        "海关接口异常未满 10 分钟，请先等待。",
    Except "except" Redeclare Documented REDECLARE
        "Customs' interface failed: push it again."
        "海关接口异常，请重推。",
    ExceptAgain "except_again" Person Inferred REDECLARE
        "Customs' interface keeps failing, however often it was pushed again: ask WeChat Pay's support."
        "多次重推后海关接口仍异常，请联系微信支付客服。",
    Fail "fail" Person Documented REDECLARE
        "Customs refused it: mend the cause. Corrected data go by modify; it cannot be pushed again."
        "海关退回：请更正原因，数据更正走修改接口，不能重推。",
    Rival "rival" Person Inferred OURS
        "Somebody else has changed the declaration since it stood as wanted."
        "申报达到所需后又被他人更改，请人工核对。",
    LateRead "late_read" Wait Inferred OURS
        "The record shows what stood before the last change; look again."
        "查到的仍是更改前的记录，请稍后再查。",
    NotShown "not_shown" Person Inferred OURS
        "The last change was answered, and does not show after 15 minutes: ask WeChat Pay's support."
        "上次更改已受理，但 15 分钟后仍未可查，请联系微信支付客服。",
    NotDue "not_due" Wait Inferred OURS
        "It is not yet time for the next step."
        "未到下一步的时间。",
    Unanswered "unanswered" Wait Inferred OURS
        "The answer was lost, or cannot be used; see `error`."
        "没有得到可用的应答，见 `error`。",
    Refused "refused" Person Documented DECLARE
        "WeChat Pay refused the request; see `error`."
        "微信支付拒绝了请求，见 `error`。",
}
