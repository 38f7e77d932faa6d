//! Documented refusals with their remedies, and advice on the service's error codes.

use std::borrow::Cow;

use serde::Serialize;

use crate::words::operation::Operation;

/// The meaning of a refusal, in two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

/// Advice on what to do, in two languages; options and attributes stand between backticks, in the host's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(any(feature = "client", feature = "schema"), derive(serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Advice {
    /// In English.
    pub en: Cow<'static, str>,
    /// In Chinese.
    pub zh: Cow<'static, str>,
}

/// Makes advice from its English and its Chinese text.
pub(crate) const fn advise(en: &'static str, zh: &'static str) -> Advice {
    Advice { en: Cow::Borrowed(en), zh: Cow::Borrowed(zh) }
}

/// One documented cause of a refusal.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The stable name of the cause: the `reason` of an error, unique within an operation.
    pub reason: &'static str,
    /// The operation whose page documents it.
    pub operation: Operation,
    /// The service's code, normalised.
    pub code: &'static str,
    /// Advice on what to do.
    pub advice: Advice,
    /// The things that the service's message must mention, each in one of its spellings.
    words: &'static [Spellings],
}

/// The spellings of one thing, separated by `|`; case, spaces, punctuation and the script of Chinese do not matter.
type Spellings = &'static str;

// The things that messages mention. Each list begins with the English spellings of the pages, which do not print the live
// service's Chinese: a few Chinese spellings come from WeChat Pay's FAQ on the v2 API, the others are inferred.

const AMOUNT: Spellings = "\
    amount|order amount|payment amount|amount differ|amount does not match|金额|订单金额|支付金额|申报金额";
const APPID: Spellings = "AppId|application ID|app ID|公众账号ID|公众号ID|应用ID";
const CURRENCY: Spellings = "currency|fee_type|币种|货币|币别";
const CUSTOMS: Spellings = "customs|海关|报关|备案";
// The bare word stands in too many messages, so these spellings name the field or say that it is missing.
const CUSTOMS_FIELD: Spellings = "\
    customs information|customs info|customs code|customs is not|customs must|customs cannot|customs can not|\
    customs is required|customs is empty|customs is missing|missing customs|海关信息|海关资讯|海关编码|海关代码|\
    海关(customs)|海关未|海关没|海关不|海关为空|海关必|customs未|customs没|customs不|customs为空|customs必";
const EARLIER: Spellings = "\
    re-entered|re-entry|original|resubmitted|previous|earlier|first time|already declared|declared before|重入|\
    重复|重新|原信息|原资讯|原数据|原报关|原申报|原始|原来|首次|第一次|之前|上次|前次";
const MCHID: Spellings = "mchid|mch_id|merchant ID|商户号";
const OUT_TRADE_NO: Spellings = "out_trade_no|merchant order No.|merchant order ID|商户订单号|商户单号";
const RECORD: Spellings = "record|declaration|declaration record|记录|报关单|申报单|申报信息|报关信息";
const REFUND: Spellings = "refund|退款";
const REGISTRATION_NO: Spellings = "\
    customs registration|registration No.|merchant_customs_no|mch_customs_no|备案号|备案编号|海关备案号|\
    商户海关备案号";
const SELF_CLEARANCE: Spellings = "self-clearance|self-service customs clearance|自助清关|不支持申报";
const SETTLEMENT: Spellings = "settlement|结算";
const SPLIT: Spellings = "split|sub-order|拆单|拆分|子订单|子单";
const SUB_ORDER_NO: Spellings = "sub_order_no|sub-order No.|子订单号|子单号|商户子订单号|商户子单号";
const TRANSACTION: Spellings = "\
    transaction order|transaction information|transaction info|transaction data|order information|交易单|\
    交易订单|交易信息|订单信息|支付单信息";
const TRANSACTION_ID: Spellings = "\
    transaction_id|WeChat order No.|WeChat Pay order No.|WeChat order ID|WeChat Pay order ID|微信订单号|\
    微信支付订单号|微信支付单号|微信单号";

// The statements that messages make about those things.

const DIFFERS: Spellings = "\
    differ|different|not the same|not match|mismatch|inconsistent|not consistent|不一致|不同|不相同|不符|不匹配";
const LENGTH: Spellings = "\
    length|required length|digits required|characters required|too long|too short|longer than|at most|长度|过长|\
    超长|过短";
const MISSING_PARAMETERS: Spellings = "\
    missing parameter|missing required parameter|parameter missing|parameters missing|parameters are incomplete|\
    lack of parameters|缺少参数|缺少必填参数|缺失参数|参数缺失|参数缺少|参数不全|参数不完整";
const NOT: Spellings = "not|unregistered|未|没|无|不支持";
const NOT_ALLOWED: Spellings = "\
    not allow|not permit|not support|cannot|can not|can't|forbidden|has been refunded|already refunded|不允许|\
    不能|不可|不支持|不得|禁止|无法|已退款|已全额退款";
const NOT_CONFIGURED: Spellings = "\
    not configure|unconfigured|not set|未配置|没有配置|未设置|未设定|没有设置|未添加|没有添加";
const NOT_ENABLED: Spellings = "not enable|not activated|not open|disabled|未开通|没有开通|未启用|未打开|不支持申报";
const NOT_FOUND: Spellings = "not exist|not found|no record|no declaration|不存在|未找到|找不到|没有找到|查无";
const NOT_SET: Spellings = "\
    not set|not provided|not given|not specified|must be set|must be given|required|empty|blank|null|missing|\
    lack|未设置|未设定|没有设置|未填|没有填|未传|没有传|未提供|为空|不能空|必填|必传|缺少|缺失";
const PARAMETER_WRONG: Spellings = "\
    parameter error|error in parameter|invalid parameter|incorrect parameter|wrong parameter|parameter invalid|\
    parameters invalid|parameter incorrect|parameters incorrect|missing parameter|parameter missing|param error|\
    invalid param|参数错误|参数有误|参数不正确|参数无效|参数非法|参数不合法|参数异常|参数缺失|参数长度|无效参数|\
    非法参数|错误的参数|缺少参数";
const REGISTER: Spellings = "regist|备案|登记|注册|不支持该海关|不支持此海关|不支持当前海关";
const SYSTEM_WRONG: Spellings = "\
    system error|system busy|system exception|internal error|internal server error|系统错误|系统异常|系统繁忙|\
    系统出错|系统超时";
const WRONG: Spellings = "\
    incorrect|wrong|invalid|error|not correct|not match|mismatch|inconsistent|differ|not equal|exceed|\
    greater than|larger than|more than|错误|有误|不正确|不匹配|不一致|不符|不等|不相等|超过|超出|大于|异常";

macro_rules! entries {
    ($($CODE:ident { $($reason:ident on [$($Operation:ident),+] when $words:tt
        cause $cause_en:literal $cause_zh:literal
        advice $advice_en:literal $advice_zh:literal)+ })+) => {
        /// The documented refusals: every row of the tables of errors on the declare page (2023-02-17, 25 rows) and the
        /// redeclare page (2025-01-07, 6 rows), in the order of the pages; causes and advice in our own words.
        pub const ENTRIES: &[Entry] = &[$($($(
            Entry {
                reason: stringify!($reason),
                operation: Operation::$Operation,
                code: stringify!($CODE),
                advice: advise($advice_en, $advice_zh),
                words: &$words,
            },
        )+)+)+];

        /// The meanings, in the order of [`ENTRIES`] but apart from them, so that a program that only gives advice does not
        /// carry them.
        const CAUSES: &[Meaning] = &[$($($({
            let _ = Operation::$Operation;
            Meaning { en: $cause_en, zh: $cause_zh }
        },)+)+)+];
    };
}

entries! {
    INVALID_REQUEST {
        declaration_not_found on [Redeclare] when [RECORD, NOT_FOUND]
            cause "There is no declaration to push again."
                "没有可以重推的申报。"
            advice "Check the ids and `customs` with query. If the order was never declared, call declare; if it was, ask WeChat Pay's support, naming the request id."
                "请先用查询接口核对各单号与 customs。如从未申报，请调用申报接口；如已申报，请带上请求编号咨询微信支付客服。"
        declared_data_differs on [Declare] when [EARLIER, DIFFERS]
            cause "This order was declared before, with other data."
                "该订单此前已申报，且数据与本次不同。"
            advice "This order was declared before with other data. To change it, call modify; to push it again unchanged, call redeclare."
                "该订单此前已用不同的数据申报。如需修改，请调用修改接口；如需原样重推，请调用重推接口。"
        customs_not_configured on [Declare, Redeclare] when [CUSTOMS, NOT_CONFIGURED]
            cause "The merchant has given WeChat Pay no customs information."
                "商户尚未在微信支付配置海关信息。"
            advice "Enter the merchant's customs and registrations at https://pay.weixin.qq.com/index.php/extend/customs, then call again."
                "请先在 https://pay.weixin.qq.com/index.php/extend/customs 填写商户的海关与备案资料，然后重新调用。"
        order_amount_differs on [Declare] when [AMOUNT, WRONG]
            cause "The amount to be declared is not the amount that was paid."
                "申报的金额与实际支付的金额不相等。"
            advice "Declare what was paid: compare `order_fee` (in fen) with the payment order, correct it, and call again."
                "申报金额必须等于支付金额：请将 order_fee（单位：分）与支付订单核对，更正后重新调用。"
        // The page prints the remedy of NOAUTH here by mistake: registering does not make a refunded order declarable.
        refunded_order on [Declare] when [REFUND, NOT_ALLOWED]
            cause "The payment was refunded, and refunded payments are not declared."
                "该笔支付已退款，已退款的订单不接受申报。"
            advice "This order cannot be declared at all; do not send it again. If nothing was refunded, check that `transaction_id` is the right one."
                "该订单无法再申报，请勿重试。如并未退款，请核对 transaction_id 是否为本订单的支付单号。"
    }
    NOAUTH {
        customs_not_registered on [Declare, Redeclare] when [CUSTOMS, NOT, REGISTER]
            cause "The merchant is not registered with this customs."
                "商户没有在该海关备案。"
            advice "Register with this customs and enter the registration with WeChat Pay, then call again. If that is done, check that `customs` and `merchant_customs_no` are as entered there."
                "请先在该海关完成备案并在微信支付登记，然后重新调用。如已完成，请核对 customs 与 merchant_customs_no 是否与登记的一致。"
        self_clearance_not_enabled on [Declare, Redeclare] when [SELF_CLEARANCE, NOT_ENABLED]
            cause "The merchant has not opened Self-Clearance."
                "商户尚未开通自助清关。"
            advice "Open it on the WeChat Pay Merchants Platform (Product Center > Apply for Self-Clearance), then call again. If it is open, check that a customs registration is entered."
                "请在微信支付商户平台（产品中心 > 自助清关）开通该功能，然后重新调用。如已开通，请检查是否已填写海关备案资料。"
    }
    PARAM_ERROR {
        mchid_not_set on [Declare] when [MCHID, NOT_SET]
            cause "`mchid` is missing or empty; the service may call it mch_id."
                "缺少 mchid（服务端可能称之为 mch_id），或其值为空。"
            advice "Give `mchid`, in the call or in the client's options."
                "请在调用参数或客户端选项中提供 mchid。"
        mchid_length on [Declare] when [MCHID, LENGTH]
            cause "`mchid` is shorter or longer than the service expects."
                "mchid 的长度不符合服务端的要求。"
            advice "Check `mchid`. The page asks for 10 digits; overseas ids of nine exist, and if yours is one, ask WeChat Pay's support."
                "请检查 mchid。文档要求 10 位数字；境外商户号也有 9 位的，如属此情况，请咨询微信支付客服。"
        currency_not_set on [Declare] when [CURRENCY, NOT_SET]
            cause "A split order came without its currency."
                "拆单申报没有传币种。"
            advice "Send `fee_type` as CNY with every split order."
                "拆单申报时请传 fee_type，其值为 CNY。"
        out_trade_no_not_set on [Declare] when [OUT_TRADE_NO, NOT_SET]
            cause "`out_trade_no` is missing or empty."
                "缺少 out_trade_no，或其值为空。"
            advice "Give `out_trade_no`: the merchant's own number of the payment order."
                "请提供 out_trade_no，即支付时的商户订单号。"
        transaction_id_not_set on [Declare] when [TRANSACTION_ID, NOT_SET]
            cause "`transaction_id` is missing or empty."
                "缺少 transaction_id，或其值为空。"
            advice "Give `transaction_id`: WeChat Pay's number of the payment, from its notification or from the order query."
                "请提供 transaction_id，即支付通知或订单查询返回的微信支付订单号。"
        transaction_id_length on [Declare] when [TRANSACTION_ID, LENGTH]
            cause "`transaction_id` does not have 28 digits."
                "transaction_id 不是 28 位数字。"
            advice "Check `transaction_id`: copy it whole from the payment, and keep it as text, since a number of 28 digits loses the last ones."
                "请检查 transaction_id：应完整取自支付结果，并始终按字符串保存，按数值保存会丢失末尾数字。"
        customs_not_set on [Declare] when [CUSTOMS_FIELD, NOT_SET]
            cause "`customs` is missing or empty."
                "缺少 customs，或其值为空。"
            advice "Give `customs`: the code of the customs that is declared to, such as SHANGHAI_ZS."
                "请提供 customs，即申报海关的代码，例如 SHANGHAI_ZS。"
        merchant_customs_no_not_set on [Declare] when [REGISTRATION_NO, NOT_SET]
            cause "`merchant_customs_no` is missing or empty."
                "缺少 merchant_customs_no，或其值为空。"
            advice "Give `merchant_customs_no`: the merchant's registration number at this customs."
                "请提供 merchant_customs_no，即商户在该海关的备案号。"
        merchant_customs_no_length on [Declare] when [REGISTRATION_NO, LENGTH]
            cause "`merchant_customs_no` is shorter or longer than the service expects."
                "merchant_customs_no 的长度不符合服务端的要求。"
            advice "Compare `merchant_customs_no` with the registration, letter by letter. The page asks for 6 characters, while real numbers have 10; if yours is right, ask WeChat Pay's support."
                "请将 merchant_customs_no 与备案资料逐字核对。文档写明为 6 位，而实际备案号为 10 位；如确认无误，请咨询微信支付客服。"
        sub_order_no_length on [Declare] when [SUB_ORDER_NO, LENGTH]
            cause "`sub_order_no` has more than 32 characters."
                "sub_order_no 超过 32 个字符。"
            advice "Give the sub-order a number of at most 32 characters."
                "请使用不超过 32 个字符的子订单号。"
        appid_not_set on [Declare] when [APPID, NOT_SET]
            cause "`appid` is missing or empty."
                "缺少 appid，或其值为空。"
            advice "Give `appid`, in the call or in the client's options: the one that the payment was made with."
                "请在调用参数或客户端选项中提供 appid，即支付时所用的应用 ID。"
        // The page prints this twice, with two remedies. A message cannot tell them apart, so it always leads to this
        // entry, the first; the other is found by its reason.
        settlement_currency_differs on [Declare] when [CURRENCY, SETTLEMENT, DIFFERS]
            cause "The currency of the payment is not the one in which the merchant is settled."
                "交易币种不是商户的结算币种。"
            advice "Check that `fee_type` was given and is CNY. If it is, see `settlement_currency_still_differs`: declare again, or ask WeChat Pay's support."
                "请检查是否已传 fee_type 且其值为 CNY。如无误，参见 settlement_currency_still_differs：请重新申报，或咨询微信支付客服。"
        parameter_error on [Declare, Redeclare] when [PARAMETER_WRONG]
            cause "A parameter is wrong or missing."
                "有参数错误或缺失。"
            advice "See whether the message or `detail` names the field; if neither does, compare all fields with those that the operation requires."
                "请先查看提示信息或 detail 是否指明字段；如没有，请将全部参数与接口要求逐一核对。"
        order_amount_incorrect on [Declare] when [AMOUNT, WRONG]
            cause "The amount of the order is not that of the payment order."
                "订单金额与支付订单的金额不相等。"
            advice "Look up the payment order's amount, correct yours (in fen), and declare again."
                "请查明支付订单的金额，更正申报金额（单位：分）后重新申报。"
        transaction_data_incorrect on [Declare] when [TRANSACTION, WRONG]
            cause "The data of the payment do not fit together."
                "交易单信息彼此不符。"
            advice "Check that `transaction_id`, `out_trade_no`, `mchid` and `appid` belong to the same payment, then declare again."
                "请核对 transaction_id、out_trade_no、mchid 与 appid 是否属于同一笔支付，然后重新申报。"
        split_amount_too_high on [Declare] when [SPLIT, AMOUNT, WRONG]
            cause "The amount of the split order is more than what was paid."
                "拆单申报的金额大于原支付金额。"
            advice "Compare `order_fee` (in fen), and the sum of all parts, with the payment; correct it and declare again."
                "请将 order_fee（单位：分）以及各子订单金额之和与原支付金额核对，更正后重新申报。"
        settlement_currency_still_differs on [Declare] when [CURRENCY, SETTLEMENT, DIFFERS]
            cause "The currency of the payment is not the one in which the merchant is settled, although `fee_type` is right."
                "fee_type 无误，但交易币种仍与商户的结算币种不同。"
            advice "Declare again; if it is refused again, ask WeChat Pay's support, naming the request id."
                "请重新申报；如仍被拒绝，请带上请求编号咨询微信支付客服。"
        split_parameters_missing on [Declare] when [SPLIT, MISSING_PARAMETERS]
            cause "A split order came without all of its fields."
                "拆单申报的参数不完整。"
            advice "Send `fee_type`, `order_fee`, `transport_fee` and `product_fee` with every `sub_order_no`."
                "传 sub_order_no 时，请一并传 fee_type、order_fee、transport_fee 和 product_fee。"
    }
    SYSTEMERROR {
        system_error on [Declare] when [SYSTEM_WRONG]
            cause "The service failed; the declaration may have been taken all the same."
                "服务端发生故障，申报仍有可能已被受理。"
            advice "Declare again with the same data; if it fails for long, ask WeChat Pay's support, naming the request id."
                "请用相同的数据重新申报；如持续失败，请带上请求编号咨询微信支付客服。"
        // The page says "declare again", as the declare page does; a re-push is not known to be repeatable.
        system_error on [Redeclare] when [SYSTEM_WRONG]
            cause "The service failed; the re-push may have been taken all the same."
                "服务端发生故障，重推仍有可能已被受理。"
            advice "Query the declaration first, and push it again only if `state` and `modify_time` are still what they were; if it fails for long, ask WeChat Pay's support, naming the request id."
                "请先查询申报状态，仅当 state 与 modify_time 均未变化时再重推；如持续失败，请带上请求编号咨询微信支付客服。"
    }
}

/// A refusal that the mainland's API v3 pages explain, for any operation; WeChat Pay Global is presumed to use the same
/// messages (mainland FAQ on signatures, "why 401", and error codes, read 2024-11 to 2026-01).
#[derive(Debug, Clone)]
pub struct Mainland {
    /// The stable name of the cause: the `reason` of an error.
    pub reason: &'static str,
    /// The meaning of the refusal.
    #[cfg(feature = "schema")]
    pub cause: Meaning,
    /// Advice on what to do.
    pub advice: Advice,
    words: &'static [Spellings],
}

macro_rules! mainland {
    ($($reason:ident when $words:tt
        cause $cause_en:literal $cause_zh:literal
        advice $advice_en:literal $advice_zh:literal)+) => {
        /// The refusals that the mainland's pages explain and the customs pages do not.
        pub const MAINLAND: &[Mainland] = &[$(Mainland {
            reason: stringify!($reason),
            #[cfg(feature = "schema")]
            cause: Meaning { en: $cause_en, zh: $cause_zh },
            advice: advise($advice_en, $advice_zh),
            words: &$words,
        },)+];
    };
}

mainland! {
    timestamp_expired when ["timestamp|时间戳", "5 minutes|five minutes|expired|300 seconds|5分钟|过期"]
        cause "The request was stamped more than 5 minutes from the server's clock."
            "请求的时间戳与服务器时间相差超过 5 分钟。"
        advice "Set this machine's clock (NTP), and give timestamps in seconds, not milliseconds."
            "请校准本机时钟（NTP），并确认时间戳以秒为单位，而非毫秒。"
    nonce_wrong when ["nonce_str|随机串|随机字符串", "不合法|有误|错误|重复|已使用|used before|repeated|invalid"]
        cause "The nonce is not one, or was used before."
            "随机串不合法，或已被使用过。"
        advice "Sign every attempt anew, with a nonce of its own (at most 32 letters and digits), and send it once."
            "每次尝试都应重新签名并使用新的随机串（不超过 32 位字母和数字），且只发送一次。"
    authorization_scheme when ["Authorization", "认证类型|scheme|authorization type"]
        cause "`Authorization` names another scheme than WECHATPAY2-SHA256-RSA2048."
            "Authorization 的认证类型不是 WECHATPAY2-SHA256-RSA2048。"
        advice "Send the header as this library made it; look for a proxy or HTTP client that puts its own there."
            "请原样发送本库生成的请求头，并检查代理或 HTTP 客户端是否替换了 Authorization。"
    authorization_malformed when ["Authorization", "格式错误|不合法|缺少|malformed|format|missing"]
        cause "`Authorization` is missing, or not as documented."
            "缺少 Authorization 请求头，或其格式不正确。"
        advice "Send the header as this library made it, in one line; look for a proxy that drops or changes it, and check `mchid` and `serial_no`."
            "请将本库生成的 Authorization 原样放在一行内发送，检查代理是否将其删除或改动，并核对 `mchid` 与 `serial_no`。"
    certificate_serial_wrong when ["商户证书序列号|merchant certificate serial|certificate serial number", "有误|错误|不匹配|incorrect|wrong|invalid|not match"]
        cause "`serial_no` is not that of a certificate of this `mchid`."
            "`serial_no` 不是该 `mchid` 名下 API 证书的序列号。"
        advice "Give the serial number of apiclient_cert.pem, not that of a platform certificate, and check that it was made for this `mchid`: openssl x509 -in apiclient_cert.pem -noout -serial -subject."
            "请填写 apiclient_cert.pem 的序列号（不是平台证书的），并确认该证书属于此 `mchid`：openssl x509 -in apiclient_cert.pem -noout -serial -subject。"
    certificate_expired when ["商户证书|merchant certificate", "已过期|expired"]
        cause "The merchant's API certificate has expired."
            "商户 API 证书已过期。"
        advice "Renew it on the merchant platform (API security), then give the new `private_key` and `serial_no`."
            "请在商户平台（API 安全）更新证书，然后换用新的 `private_key` 与 `serial_no`。"
    certificate_revoked when ["商户证书|merchant certificate", "作废|revoked|invalidated"]
        cause "The merchant's API certificate was revoked."
            "商户 API 证书已作废。"
        advice "Apply for another one on the merchant platform (API security), then give its `private_key` and `serial_no`."
            "请在商户平台（API 安全）重新申请证书，然后换用新的 `private_key` 与 `serial_no`。"
    certificate_replaced when ["已更换证书|证书已更换|certificate has been replaced|use the new certificate"]
        cause "The merchant has a newer API certificate."
            "商户已申请了新的 API 证书。"
        advice "Give the `private_key` and `serial_no` of the newer certificate."
            "请换用新证书的 `private_key` 与 `serial_no`。"
    certificate_never_made when ["未申请过证书|没有申请过证书|not applied for a certificate"]
        cause "The merchant never applied for an API certificate."
            "商户从未申请过 API 证书。"
        advice "Apply for one on the merchant platform (API security), then give its `private_key` and `serial_no`."
            "请先在商户平台（API 安全）申请 API 证书，再填写其 `private_key` 与 `serial_no`。"
    api_v3_key_not_set when ["未设置APIv3密钥|没有设置APIv3密钥|APIv3 key is not set"]
        cause "The merchant has set no APIv3 key."
            "商户没有设置 APIv3 密钥。"
        advice "Set it on the merchant platform (API security), then give it as `api_v3_key`."
            "请先在商户平台（API 安全）设置 APIv3 密钥，再填入 `api_v3_key`。"
    mchid_differs when ["mchid|商户号", "http header|Authorization|请求头", "不匹配|不一致|not match|differ"]
        cause "`mchid` in the request is not the one that signed it."
            "请求中的 `mchid` 与签名所用的 `mchid` 不一致。"
        advice "Leave `mchid` out of the request, so that the client's own is sent, or make a client for that merchant."
            "请不要在请求参数中另传 `mchid`（将使用客户端自身的），或为该商户另建客户端。"
    appid_mchid_not_match when ["appid", "mchid|mch_id|商户号", "不匹配|not match|mismatch"]
        cause "`appid` is not bound to `mchid`."
            "`appid` 与 `mchid` 没有绑定关系。"
        advice "Use the `appid` that the payment was made with, and bind it to `mchid` on the merchant platform (Product Center > AppID account management)."
            "请使用支付时所用的 `appid`，并在商户平台（产品中心 > AppID 账号管理）将其与 `mchid` 绑定。"
}

/// Finds the mainland's explanation of a message.
pub fn mainland(message: &str) -> Option<&'static Mainland> {
    let message = squeezed(message);
    MAINLAND.iter().find(|entry| fit(entry.words, &message).is_some())
}

/// Finds the documented cause of a refusal by the words of its message.
///
/// If several entries fit, the most specific wins, then the first in the order of the pages.
pub fn entry(operation: Operation, code: &str, message: &str) -> Option<&'static Entry> {
    let (code, message) = (normalised(code), squeezed(message));
    let mut best = None;
    for entry in ENTRIES.iter().filter(|entry| entry.operation == operation && entry.code == code) {
        let Some(fit) = fit(entry.words, &message) else { continue };
        if best.is_none_or(|(known, _)| known < fit) {
            best = Some((fit, entry));
        }
    }
    best.map(|(_, entry)| entry)
}

/// Finds an entry by its `reason`.
pub fn by_reason(operation: Operation, reason: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.operation == operation && entry.reason == reason)
}

impl Entry {
    /// The meaning of the refusal.
    pub fn cause(&self) -> Meaning {
        let same = |entry: &Entry| entry.operation == self.operation && entry.reason == self.reason;
        let place = ENTRIES.iter().position(same);
        place.and_then(|place| CAUSES.get(place)).copied().unwrap_or(Meaning { en: "", zh: "" })
    }
}

/// Scores a squeezed message, if it fits: first how many things match, then how many bytes of it match.
///
/// Bytes are a fair measure: a Chinese character says about as much as three Latin letters.
fn fit(words: &[Spellings], message: &str) -> Option<(usize, usize)> {
    let longest = |spellings: &Spellings| {
        let found = spellings.split('|').map(squeezed).filter(|word| message.contains(word.as_str()));
        found.map(|word| word.len()).max()
    };
    let length = words.iter().map(longest).sum::<Option<usize>>()?;
    Some((words.len(), length))
}

/// The most characters that are read; the service's own messages have at most 256.
const LONGEST: usize = 1024;

/// Words that some messages have and others leave out.
const FILLERS: [&str; 10] = ["a", "an", "are", "be", "been", "is", "the", "was", "were", "yet"];

/// Traditional characters that may occur in the spellings above, then their simplified forms.
const TRADITIONAL: &str =
    "備別參傳單報長錯訂額誤複復覆關號貨幣結據開啟啓來錄沒碼賬帳設數為統無訊異應戶資註冊種編過該當記許於時眾";
const SIMPLIFIED: &str =
    "备别参传单报长错订额误复复复关号货币结据开启启来录没码账账设数为统无讯异应户资注册种编过该当记许于时众";
const _: () = assert!(TRADITIONAL.len() == SIMPLIFIED.len(), "a character lacks its other form");

/// Removes from a text whatever differs between two ways to write the same thing.
fn squeezed(text: &str) -> String {
    let plain: String = text.chars().take(LONGEST).map(plain).collect();
    // Reads "isn't set" as "is not set".
    let plain = plain.to_ascii_lowercase().replace("n't", " not");
    let words = plain.split(separates).filter(|word| !FILLERS.contains(word));
    words.map(|word| if ["number", "num"].contains(&word) { "no" } else { word }).collect()
}

/// Is it a blank or punctuation, Western or Chinese?
fn separates(character: char) -> bool {
    match character {
        '\u{80}'..='\u{BF}'
        | '\u{2000}'..='\u{206F}'
        | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{3030}' => true,
        _ => character.is_ascii() && !character.is_ascii_alphanumeric(),
    }
}

/// Turns full-width forms into ASCII, and traditional characters into simplified ones.
fn plain(character: char) -> char {
    match character {
        _ if character.is_ascii() => character,
        '’' => '\'',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        _ => {
            let mut pairs = TRADITIONAL.chars().zip(SIMPLIFIED.chars());
            pairs.find(|(traditional, _)| *traditional == character).map_or(character, |(_, simplified)| simplified)
        }
    }
}

/// Advice for each of the service's codes, used when no entry is more specific.
///
/// The codes are those of the customs pages and of the general Global page on status codes; the last is the mainland's.
pub const CODE_ADVICE: &[(&str, Advice)] = &[
    (
        "PARAM_ERROR",
        advise(
            "Correct the field that `detail` names; if it names none, compare all fields with those that the operation requires. Sending the same again will not help.",
            "请更正 detail 指明的字段；如未指明，请将全部参数与接口要求逐一核对。原样重试无效。",
        ),
    ),
    (
        "INVALID_REQUEST",
        advise(
            "The request can be read, but not carried out as things stand. Read the message, check that `mchid`, `appid` and all ids belong to one payment, and query what is on record.",
            "请求格式可读，但在当前状态下无法执行。请查看提示信息，核对 mchid、appid 与各单号是否属于同一笔支付，并查询已有的申报记录。",
        ),
    ),
    (
        "SIGN_ERROR",
        advise(
            "Check that the private key and the serial number belong to the same API certificate of this `mchid`, that the clock is right, and that no proxy changes path or body.",
            "请核对私钥与证书序列号是否属于该 mchid 的同一张 API 证书、本机时钟是否准确，以及代理是否改动了路径或请求体。",
        ),
    ),
    (
        "NOAUTH",
        advise(
            "The merchant is not set up for this call. On the Merchants Platform, check that Self-Clearance is open, that the customs registration is entered, and that `appid` is bound to `mchid`.",
            "商户没有调用权限。请在商户平台检查：是否已开通自助清关、是否已登记海关备案、appid 是否已与 mchid 绑定。",
        ),
    ),
    (
        "ORDER_NOT_EXIST",
        advise(
            "WeChat Pay does not know this order under these ids. Check the number, which kind of number it is, and that `mchid` and `appid` are those of the payment.",
            "微信支付查不到该订单。请核对单号及其类型，以及 mchid 与 appid 是否为支付时所用。",
        ),
    ),
    (
        "RESOURCE_NOT_EXISTS",
        advise(
            "What was asked for does not exist. Check the ids and the path prefix; if platform certificates were asked for, the merchant may have only a WeChat Pay public key: configure that.",
            "请求的资源不存在。请核对单号与路径前缀；如请求的是平台证书，商户可能只启用了微信支付公钥，请改为配置公钥。",
        ),
    ),
    (
        "RATE_LIMITED",
        advise(
            "Nothing was processed. Send the same later and more slowly, and wait for as long as `retry_after` says.",
            "本次请求未被处理。请降低频率，按 retry_after 等待后再发送相同的请求。",
        ),
    ),
    (
        "SYSTEMERROR",
        advise(
            "The service failed and may have processed the call. Send the same again only if `retryable` says so; otherwise query first. If it lasts, ask WeChat Pay's support, naming the request id.",
            "服务端发生故障，请求可能已被处理。仅当 retryable 为真时可原样重试，否则请先查询。如持续失败，请带上请求编号咨询微信支付客服。",
        ),
    ),
    (
        "SERVICE_UNAVAILABLE",
        advise(
            "The service is not available for the moment and may have processed the call. Wait, then send the same again only if `retryable` says so; otherwise query first.",
            "服务暂时不可用，请求可能已被处理。请稍候；仅当 retryable 为真时可原样重试，否则请先查询。",
        ),
    ),
    (
        "APPID_MCHID_NOT_MATCH",
        advise(
            "Use the `appid` that the payment was made with, and bind it to `mchid` on the merchant platform (Product Center > AppID account management).",
            "请使用支付时所用的 `appid`，并在商户平台（产品中心 > AppID 账号管理）将其与 `mchid` 绑定。",
        ),
    ),
];

/// Advice for one of the service's codes, in any of its spellings.
pub fn code_advice(code: &str) -> Option<Advice> {
    let code = normalised(code);
    CODE_ADVICE.iter().find(|(known, _)| *known == code).map(|(_, advice)| advice.clone())
}

/// The advice for a merchant that has only a WeChat Pay public key: its list of certificates does not exist (rules pages,
/// 2024-09 to 2025-03).
const NO_CERTIFICATES: Advice = advise(
    "This merchant has no platform certificates, only a WeChat Pay public key: download that from the merchant platform and give it in `platform_keys` under its id, PUB_KEY_ID_….",
    "该商户没有平台证书，只启用了微信支付公钥：请在商户平台下载公钥，并以公钥 ID（PUB_KEY_ID_…）为键填入 `platform_keys`。",
);

/// The catalogue's knowledge of a refusal.
pub(crate) struct Found {
    /// The `reason` of its entry.
    pub reason: Option<&'static str>,
    /// The advice for it.
    pub advice: Option<Advice>,
    /// Must the error's message include the advice to be understood?
    pub told: bool,
}

/// Looks up a refusal: by the words of its message, else by its code.
pub(crate) fn found(operation: Operation, code: &str, message: &str) -> Found {
    if operation.spec().brings_keys && code == "RESOURCE_NOT_EXISTS" {
        return Found { reason: None, advice: Some(NO_CERTIFICATES), told: true };
    }
    let page = entry(operation, code, message).map(|entry| (entry.reason, entry.advice.clone()));
    let known = page.or_else(|| mainland(message).map(|entry| (entry.reason, entry.advice.clone())));
    let (reason, advice) = known.unzip();
    Found { reason, advice: advice.or_else(|| code_advice(code)), told: false }
}

/// Unifies a code that the pages spell in several ways.
pub(crate) fn normalised(code: &str) -> &str {
    match code {
        "NO_AUTH" => "NOAUTH",
        "SYSTEM_ERROR" => "SYSTEMERROR",
        "RATELIMIT_EXCEEDED" | "FREQUENCY_LIMITED" => "RATE_LIMITED",
        other => other,
    }
}

/// A refusal's consequences for trying again, by code first, then by status.
pub(crate) struct Consequence {
    /// Was the request surely not processed?
    pub not_processed: bool,
    /// Is the cause expected to pass?
    pub passing: bool,
}

/// Does this code say what became of the request (general Global page on status codes; customs pages)?
pub(crate) fn is_documented(code: &str) -> bool {
    consequence(code, 0).not_processed || ["SYSTEMERROR", "SERVICE_UNAVAILABLE"].contains(&normalised(code))
}

/// Judges a refusal; `code` is empty if there was none.
pub(crate) fn consequence(code: &str, status: u16) -> Consequence {
    let (not_processed, passing) = match (normalised(code), status) {
        ("RATE_LIMITED", _) => (true, true),
        ("SYSTEMERROR" | "SERVICE_UNAVAILABLE", _) => (false, true),
        (
            "PARAM_ERROR" | "INVALID_REQUEST" | "SIGN_ERROR" | "NOAUTH" | "ORDER_NOT_EXIST" | "RESOURCE_NOT_EXISTS",
            _,
        ) => (true, false),
        (_, 429) => (true, true),
        // Not a code that the API is known to send: its sender may not know what became of the request.
        (_, 400..=499) => (false, false),
        _ => (false, true),
    };
    Consequence { not_processed, passing }
}
