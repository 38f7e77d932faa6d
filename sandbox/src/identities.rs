//! The identities of who paid, as the sandbox was told.

use serde::Deserialize;
use wechatpay_customs::model::Personal;

/// The identity that is on file for a payer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// The order whose payer it is; unless given, every payer without an identity of their own.
    pub out_trade_no: Option<String>,
    certificate_id: Personal,
    certificate_name: Personal,
}

/// The identity on file for every payer, unless another is put there: ID number and name of an invented person. The
/// number's check digit is right, its region is none.
pub const IDENTITY: (&str, &str) = ("00000019000101005X", "张三");

/// The identities on file. Nothing here is ever shown.
pub(crate) struct Identities {
    of_all: Identity,
    own: Vec<Identity>,
}

impl Default for Identities {
    fn default() -> Self {
        let (id, name) = IDENTITY;
        let of_all = Identity { out_trade_no: None, certificate_id: id.into(), certificate_name: name.into() };
        Identities { of_all, own: Vec::new() }
    }
}

impl Identities {
    /// Puts an identity on file.
    pub(crate) fn put(&mut self, identity: Identity) {
        if identity.out_trade_no.is_none() {
            self.of_all = identity;
        } else {
            self.own.retain(|known| known.out_trade_no != identity.out_trade_no);
            self.own.push(identity);
        }
    }

    /// Is it the identity of who paid?
    pub(crate) fn is_on_file(&self, out_trade_no: &str, id: &Personal, name: &Personal) -> bool {
        let own = self.own.iter().find(|identity| identity.out_trade_no.as_deref() == Some(out_trade_no));
        let on_file = own.unwrap_or(&self.of_all);
        id.expose().eq_ignore_ascii_case(on_file.certificate_id.expose()) && name == &on_file.certificate_name
    }
}
