use std::{fmt, sync::Arc, time::Duration};

use web_time::SystemTime;

use super::{Client, Clock, Observer, Transport, own::OwnTransport};
use crate::{
    base::secret::{KeyMaterial, Secret},
    engine::Emit,
    keys::crypto::Signer,
    protocol::options::{Options, each_option},
    words::{
        choice::{Crypto, FieldEncryption, PathPrefix},
        error::Error,
        rules::Rules,
    },
};

/// Makes a [`Client`], option by option; see [`Client::builder`].
///
/// It has a method for each field of [`Options`], by the same name.
#[derive(Default)]
pub struct Builder {
    options: Options,
    signer: Option<Arc<dyn Signer>>,
    transport: Option<Transport>,
    own_transport: Option<Arc<dyn OwnTransport>>,
    clock: Option<Clock>,
    observer: Option<Observer>,
}

/// Shows which options are given, and none of their values.
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

    /// Sets the level of business rules: error, warning or off.
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

    /// Sends by a transport of the program's own.
    #[must_use]
    pub fn own_transport(mut self, transport: impl OwnTransport + 'static) -> Builder {
        self.own_transport = Some(Arc::new(transport));
        self
    }

    /// Reads the time from a function, for tests: requests are stamped with it, and answers judged by it.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Builder {
        self.clock = Some(Arc::new(clock));
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
        Ok(Client {
            transport: self.transport.unwrap_or(client.transport),
            own_transport: self.own_transport,
            clock: self.clock,
            observer: self.observer,
            ..client
        })
    }
}

/// A setter for an option; `from` converts the argument into the option's type, if `Into` cannot.
macro_rules! setter {
    ($docs:tt $name:ident $Type:ty) => {
        setter! { $docs $name $Type = impl Into<$Type> => Into::into }
    };
    ([$($doc:literal)+] $name:ident $Type:ty = $Given:ty => $from:path) => {
        $(#[doc = $doc])+
        #[must_use]
        pub fn $name(mut self, $name: $Given) -> Self {
            self.options.$name = Some($from($name));
            self
        }
    };
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $name:ident: $Type:ty $(= $Given:ty => $from:ident)?,)+) => {
        impl Builder {
            $(setter! { [$($doc)+] $name $Type $(= $Given => $from)? })+
        }
    };
}

each_option!(setters);

fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

fn keys(keys: impl IntoIterator<Item = (impl Into<String>, impl Into<KeyMaterial>)>) -> Vec<(String, KeyMaterial)> {
    keys.into_iter().map(|(id, key)| (id.into(), key.into())).collect()
}
