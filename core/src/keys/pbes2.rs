//! What opens an encrypted key: PBES2 (RFC 8018) with all that `pkcs5` knows.

use der::Decode;
use pkcs5::{
    EncryptionScheme, Error,
    pbes2::{Kdf, Parameters},
};

use super::{MOST_ROUNDS, Unopened, asn1::Element};

/// Algorithms whose work is affordable.
pub(super) struct Scheme<'a>(Parameters<'a>);

impl<'a> Scheme<'a> {
    /// Reads an AlgorithmIdentifier.
    pub fn read(algorithm: &Element<'a>) -> Option<Scheme<'a>> {
        let EncryptionScheme::Pbes2(parameters) = EncryptionScheme::from_der(algorithm.der).ok()? else { return None };
        let affordable = match &parameters.kdf {
            Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MOST_ROUNDS,
            // 256 MiB.
            Kdf::Scrypt(kdf) => {
                let work = kdf.cost_parameter.saturating_mul(kdf.block_size.into());
                work.saturating_mul(kdf.parallelization.into()) <= 1 << 21
            }
            _ => false,
        };
        affordable.then_some(Scheme(parameters))
    }

    pub fn open(&self, password: &str, locked: &[u8]) -> Result<Vec<u8>, Unopened> {
        self.0.decrypt(password, locked).map_err(|error| match error {
            Error::UnsupportedAlgorithm { .. } => Unopened::Unsupported,
            _ => Unopened::WrongPassword,
        })
    }
}
