//! Amounts in yuan and fen.

use proptest::prelude::*;
use wechatpay_customs::model::Fen;

#[test]
fn yuan_is_read_exactly_or_not_at_all() {
    for (text, fen) in [("8.88", 888), ("8.8", 880), ("8", 800), ("0.05", 5), ("0", 0), ("21474836.47", i32::MAX)] {
        assert_eq!(Fen::from_yuan(text), Ok(Fen(fen)), "{text}");
    }
    for text in
        ["", ".", "8.", ".88", "-1", "+1", "8,88", "1e3", " 8", "8.8 ", "８", "21474836.48", "99999999999", "NaN"]
    {
        assert!(Fen::from_yuan(text).is_err(), "{text}");
    }
    let decimals = Fen::from_yuan("8.880").expect_err("three decimals");
    assert!(decimals.issue.contains("3 decimals"), "{decimals:?}");
}

proptest! {
    #[test]
    fn yuan_survives_the_way_there_and_back(fen in 0..=i32::MAX) {
        prop_assert_eq!(Fen::from_yuan(&Fen(fen).to_yuan()), Ok(Fen(fen)));
    }
}
