//! The committed corpora of fuzzing, once more: what was found once stays found, without a nightly compiler.

use std::fs;

use proptest::{collection::vec, prelude::*};
use wechatpay_customs_conformance::root;
use wechatpay_customs_fuzz::TARGETS;

#[test]
fn nothing_of_the_corpora_panics() {
    let corpora = root().join("core/fuzz/corpus");
    for (name, target) in TARGETS {
        let mut inputs = 0;
        for entry in fs::read_dir(corpora.join(name)).unwrap_or_else(|error| panic!("the corpus of {name}: {error}")) {
            let path = entry.expect("an entry").path();
            let input = fs::read(&path).expect("a file");
            // Its name, where it panics.
            println!("{}", path.display());
            target(&input);
            inputs += 1;
        }
        assert!(inputs > 0, "the corpus of {name} is empty");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_confuses_an_engine(script in vec(any::<u8>(), 0..800)) {
        wechatpay_customs_fuzz::engine_events(&script);
    }
}
