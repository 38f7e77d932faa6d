//! Writes the table of steps into the pages on the life of a declaration.

use wechatpay_customs::life::{Basis, Reason};

use crate::{
    Result,
    errors_page::{quoted, row},
};

const BEGINS: &str = "<!-- table: written by `cargo xtask generate` -->\n";
const ENDS: &str = "<!-- end of table -->";

/// A page with its table; in Chinese or in English.
pub fn life_page(page: &str, chinese: bool) -> Result<String> {
    let (before, rest) = page.split_once(BEGINS).ok_or("the page has no place for its table")?;
    let (_, after) = rest.split_once(ENDS).ok_or("the page's table has no end")?;
    let mut out = format!("{before}{BEGINS}\n");
    out.push_str(match chinese {
        true => "| 原因 | 步骤 | 说明 | 依据 |\n|---|---|---|---|\n",
        false => "| reason | step | why | source |\n|---|---|---|---|\n",
    });
    for reason in Reason::ALL {
        let (why, source) = (reason.why(), reason.source());
        let standing = match (source.standing, chinese) {
            (Basis::Documented, false) => "documented",
            (Basis::Documented, true) => "文档",
            (_, false) => "inferred",
            (_, true) => "推断",
        };
        let page = source.page.zip(source.date).map(|(page, date)| format!(": {page}, {date}"));
        let source = standing.to_owned() + &page.unwrap_or_default();
        let why = if chinese { why.zh } else { why.en };
        row(&mut out, &[&quoted(reason.name()), &quoted(reason.step().as_str()), &why, &source]);
    }
    out.push('\n');
    Ok(out + ENDS + after)
}
