//! The customs that a payment can be declared to.

use super::code::code;

/// The standing of a customs code: how well it is known to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// In the list of the current API.
    Listed,
    /// Documented for the v2 API (2024-11) only.
    V2Only,
    /// Suspended, or an older spelling.
    Legacy,
}

/// The place that a customs code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// The standing of the code.
    pub standing: Standing,
}

macro_rules! customs {
    ($($Variant:ident = $word:literal $en:literal $zh:literal $Standing:ident,)+) => {
        code! {
            /// The customs that a payment is declared to.
            ///
            /// Read in a third-party transcription of the v3 pages and on the v2 page of 2024-11-14. The list is open: an
            /// unlisted code gives a warning and is never refused.
            CustomsCode {
                $(#[doc = $en] $Variant = $word,)+
            }
        }

        impl CustomsCode {
            /// The place, if the code is known.
            pub fn place(&self) -> Option<Place> {
                match self {
                    $(CustomsCode::$Variant => Some(Place { en: $en, zh: $zh, standing: Standing::$Standing }),)+
                    CustomsCode::Other(_) => None,
                }
            }
        }
    };
}

customs! {
    GuangzhouZs = "GUANGZHOU_ZS" "Guangzhou (GACC unified version)" "广州（总署版）" Listed,
    HangzhouZs = "HANGZHOU_ZS" "Hangzhou (GACC unified version)" "杭州（总署版）" Listed,
    Ningbo = "NINGBO" "Ningbo" "宁波" Listed,
    ZhengzhouBs = "ZHENGZHOU_BS" "Zhengzhou bonded logistics centre" "郑州（保税物流中心）" Listed,
    Chongqing = "CHONGQING" "Chongqing" "重庆" Listed,
    ShanghaiZs = "SHANGHAI_ZS" "Shanghai (GACC unified version)" "上海（总署版）" Listed,
    Shenzhen = "SHENZHEN" "Shenzhen" "深圳" Listed,
    ZhengzhouZhZs = "ZHENGZHOU_ZH_ZS" "Zhengzhou comprehensive bonded zone (GACC)" "郑州综保（总署版）" Listed,
    Tianjin = "TIANJIN" "Tianjin" "天津" Listed,
    Zongshu = "ZONGSHU" "General Administration of Customs" "总署" V2Only,
    GuangzhouHpGj = "GUANGZHOU_HP_GJ" "Guangzhou Huangpu CIQ" "广州黄埔国检" Legacy,
    GuangzhouNsGj = "GUANGZHOU_NS_GJ" "Guangzhou Nansha CIQ" "广州南沙国检" Legacy,
    Xian = "XIAN" "Xi'an" "西安" Legacy,
    Beijing = "BEIJING" "Beijing" "北京" Legacy,
    No = "NO" "no declaration" "无需申报" Legacy,
    Shanghai = "SHANGHAI" "Shanghai, before the unified version" "上海" Legacy,
    Guangzhou = "GUANGZHOU" "Guangzhou, before the unified version" "广州" Legacy,
    Hangzhou = "HANGZHOU" "Hangzhou, before the unified version" "杭州" Legacy,
    ZhengzhouZh = "ZHENGZHOU_ZH" "Zhengzhou comprehensive zone, before the unified version" "郑州综保" Legacy,
}
