use der::Decode;
use pkcs5::{
    EncryptionScheme, Error,
    pbes2::{Kdf, Parameters},
};

use super::{Closed, MOST_ROUNDS};
use crate::base::der::Element;

/// All schemes that the `pkcs5` crate knows.
pub(in crate::keys) struct Pbes2<'a>(Parameters<'a>);

impl<'a> Pbes2<'a> {
    /// Reads an AlgorithmIdentifier; `None` if it is another scheme, or asks for too much work.
    pub fn read(algorithm: &Element<'a>) -> Option<Self> {
        let EncryptionScheme::Pbes2(parameters) = EncryptionScheme::from_der(algorithm.der).ok()? else { return None };
        let affordable = match &parameters.kdf {
            Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MOST_ROUNDS,
            // At most 256 MiB.
            Kdf::Scrypt(kdf) => {
                let work = kdf.cost_parameter.saturating_mul(kdf.block_size.into());
                work.saturating_mul(kdf.parallelization.into()) <= 1 << 21
            }
            _ => false,
        };
        affordable.then_some(Pbes2(parameters))
    }

    pub fn open(&self, password: &str, locked: &[u8]) -> Result<Vec<u8>, Closed> {
        self.0.decrypt(password, locked).map_err(|error| match error {
            Error::UnsupportedAlgorithm { .. } => Closed::Unsupported,
            _ => Closed::WrongPassword,
        })
    }
}
