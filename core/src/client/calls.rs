//! A method of the client for each operation.

use super::Client;
use crate::{
    each_operation,
    protocol::{api, response::Verified},
    words::error::Error,
};

macro_rules! calls {
    ($($(#[doc = $about:literal])+ $Variant:ident $module:ident,)+) => {
        impl Client {
            $($(#[doc = $about])+
            pub async fn $module(&self, request: &api::$module::Request) -> Result<Verified<api::$module::Response>, Error> {
                self.call(request).await
            })+
        }
    };
}

each_operation!(calls);
