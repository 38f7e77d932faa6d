//! Prints how long a fresh process takes for its first signature, in nanoseconds.

use std::time::Instant;

use wechatpay_customs::{Error, Options, engine::Account, engine::SignedBy, options::Convention};

fn main() -> Result<(), Error> {
    let options = serde_json::from_str(include_str!("../tests/vectors/options.json")).unwrap_or_default();
    let account = Account::new(Options::from_value(options, Convention::Python)?, SignedBy::Core)?;
    let begun = Instant::now();
    if let Some(signer) = account.signer()? {
        signer.sign(b"the first", &[7; 32])?;
    }
    println!("{}", begun.elapsed().as_nanos());
    Ok(())
}
