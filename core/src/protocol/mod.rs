//! The protocol: requests checked, built and signed; answers verified and read; signatures explained.
//!
//! It may use [`crate::keys`], [`crate::words`] and [`crate::base`]. Nothing here sends, waits or reads a clock. Begin with
//! [`api`], one file for each operation; then [`request`] and [`response`], whose types are the steps that a message takes.

pub mod api;
pub mod check;
pub(crate) mod clock;
pub mod customs_message;
pub mod explain;
pub(crate) mod form;
pub(crate) mod hiding;
pub mod life;
pub mod merchant;
pub mod message;
pub mod options;
pub mod own_options;
pub mod pages;
pub mod plan_split;
pub mod realtime_upload;
pub(crate) mod recovery;
pub mod request;
pub mod response;
pub(crate) mod written;
