//! Project Wycheproof's cases: the awkward signatures and ciphertexts that other implementations got wrong.

use wechatpay_customs::crypto::{
    Verifier,
    aead::{ApiV3Key, NONCE},
};
use wycheproof::{TestResult, aead, rsa_pkcs1_verify};

/// Runs the suite for 2048 bits and SHA-256, the only ones that WeChat Pay uses.
fn verifies(verifier: &dyn Verifier) {
    let set = rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa2048Sha256).expect("the suite");
    let (mut ran, mut wrong) = (0, Vec::new());
    for group in &set.test_groups {
        for test in &group.tests {
            ran += 1;
            // "Acceptable" is a DigestInfo without the NULL of its algorithm. RFC 8017 (section 8.2.2, note 2) lets a
            // verifier take it, but no signer may write it, so nothing of WeChat Pay's is lost by refusing it.
            let expected = test.result == TestResult::Valid;
            if verifier.verify(&group.der, &test.msg, &test.sig) != expected {
                wrong.push(format!("{}: {} ({:?})", test.tc_id, test.comment, test.result));
            }
        }
    }
    println!("{ran} cases of RSASSA-PKCS1-v1_5 with SHA-256 and 2048 bits");
    assert_eq!(ran, set.number_of_tests);
    assert!(ran > 200 && wrong.is_empty(), "of {ran}: {}", wrong.join("\n"));
}

#[test]
#[cfg(feature = "aws-lc")]
fn signatures_by_aws_lc() {
    verifies(&wechatpay_customs::crypto::aws_lc::AwsLcVerifier::default());
}

#[test]
#[cfg(feature = "rsa")]
fn signatures_by_rsa() {
    verifies(&wechatpay_customs::crypto::rsa::RsaVerifier::default());
}

/// All cases run; those with another length of key or nonce than WeChat Pay's have to be refused, sound or not.
#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).expect("the suite");
    let (mut ran, mut opened, mut wrong) = (0, 0, Vec::new());
    for group in &set.test_groups {
        let ours = group.key_size == 8 * 32 && group.nonce_size == 8 * NONCE && group.tag_size == 8 * 16;
        for test in &group.tests {
            ran += 1;
            let open = |tag: &[u8]| {
                ApiV3Key::new(&test.key)?.open(&test.nonce, &test.aad, &[test.ct.as_slice(), tag].concat())
            };
            // There is no "acceptable" case of these lengths; there, one would have to be refused too.
            let expected = (ours && test.result == TestResult::Valid).then_some(test.pt.as_slice());
            let plain = open(&test.tag);
            opened += usize::from(plain.is_some());
            // The suite has no shorter tags.
            if plain.as_deref() != expected || open(&test.tag[..12]).is_some() {
                wrong.push(format!("{}: {} ({:?})", test.tc_id, test.comment, test.result));
            }
        }
    }
    println!("{ran} cases of AES-GCM, of which {opened} open");
    assert_eq!(ran, set.number_of_tests);
    assert!(opened > 30 && wrong.is_empty(), "of {ran}: {}", wrong.join("\n"));
}
