use std::{fmt, sync::Arc};

use super::{Client, Observer, Transport};
use crate::{
    check::Rules,
    crypto::Signer,
    engine::Emit,
    error::Error,
    options::{KeyMaterial, Options},
};

/// Makes a [`Client`], option by option; see [`Client::builder`].
///
/// It has a method for each field of [`Options`], by the same name.
#[derive(Default)]
pub struct Builder {
    pub(crate) options: Options,
    signer: Option<Arc<dyn Signer>>,
    transport: Option<Transport>,
    observer: Option<Observer>,
}

/// Shows which options are given, and of none what it holds.
impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Builder {
    /// Adds one of WeChat Pay's keys to `platform_keys`: a certificate by its serial, or a public key by `PUB_KEY_ID_…`.
    #[must_use]
    pub fn platform_key(mut self, id: impl Into<String>, key: impl Into<KeyMaterial>) -> Builder {
        self.options.platform_keys.get_or_insert_default().push((id.into(), key.into()));
        self
    }

    /// Which rules are errors, warnings or off.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Builder {
        self.options.rules = rules;
        self
    }

    /// Signs by other means than `private_key`, such as an HSM.
    #[must_use]
    pub fn signer(mut self, signer: Arc<dyn Signer>) -> Builder {
        self.signer = Some(signer);
        self
    }

    /// Sends over these connections instead of the process's.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Builder {
        self.transport = Some(transport);
        self
    }

    /// Calls `observer` at the beginning and end of each attempt; see [`Client::on_attempt`].
    #[must_use]
    pub fn on_attempt(mut self, observer: impl Fn(&Emit) + Send + Sync + 'static) -> Builder {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Makes the client. Sends nothing.
    ///
    /// # Errors
    /// As [`Client::new`], or [`Client::with_signer`] where there is a signer.
    pub fn build(self) -> Result<Client, Error> {
        let client = match self.signer {
            Some(signer) => Client::with_signer(self.options, signer),
            None => Client::new(self.options),
        }?;
        Ok(Client { transport: self.transport.unwrap_or(client.transport), observer: self.observer, ..client })
    }
}
