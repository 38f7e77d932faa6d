//! See the function of this name.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| wechatpay_customs_fuzz::explain(input));
