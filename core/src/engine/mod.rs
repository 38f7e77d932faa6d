//! Calls as state machines, without I/O: the engine decides, and a driver does what the engine asks.
//!
//! [`Engine::step`] takes an [`Event`] and the time, and returns a [`Step`]: observations, and one [`Action`]. Each action
//! but [`Action::Done`] is answered by one event:
//!
//! | action | answer |
//! |---|---|
//! | (none, to begin) | `Start` |
//! | `Sign` | `Signed`; `HostFailed` if a signer of the host's own raised, `TimedOut` after `timeout_ms` |
//! | `Send` | `Response`; `Failed` if no answer came, also after `timeout_ms` |
//! | `Verify` | `Verified`; `HostFailed`, `TimedOut` |
//! | `LoadKeys` | `KeysReady`; `KeysFailed`, `TimedOut` |
//! | `Sleep` | `Woke` |
//! | `Done` | (none: the call is over) |
//!
//! `Cancel` may replace any answer. Any other event ends the call with `UNEXPECTED_EVENT`.
//!
//! A driver must never send twice, follow a redirect, change a byte of what it sends or received, answer `sent: no` without
//! proof that no connection stood, wait longer than the action allows, or decide what an answer means. It hands over all
//! headers as they came, and stops reading a body after `max_body` bytes.
//!
//! `LoadKeys` asks for a download that all calls of a client share: the driver runs one engine for [`Call::LoadKeys`] with
//! the same `flight`, however many calls wait for it, and answers all of them.
//!
//! # A driver
//!
//! ```
//! use wechatpay_customs::{
//!     Error, Operation, Options,
//!     engine::{Account, Action, Call, Failure, Engine, Event, Now, Outcome, Sent, SignedBy},
//!     options::CallOptions,
//! };
//!
//! /// Drives a call to its end, with `now` for a clock and 32 random bytes for a `seed`.
//! fn drive(account: std::sync::Arc<Account>, call: Call, now: fn() -> Now, seed: [u8; 32]) -> Result<Outcome, Error> {
//!     let (signer, verifier) = (account.signer()?, account.verifier());
//!     let mut engine = Engine::new(call, account, CallOptions::default(), seed);
//!     let mut event = Event::Start;
//!     loop {
//!         event = match engine.step(event, now()).action {
//!             Action::Done { outcome } => return Ok(outcome),
//!             Action::Sign { message, entropy, .. } => match &signer {
//!                 Some(signer) => Event::Signed { signature: signer.sign(&message, &entropy.unwrap_or(seed))? },
//!                 None => Event::HostFailed,
//!             },
//!             Action::Verify { spki_der, message, signature, .. } => {
//!                 Event::Verified { ok: verifier.as_ref().is_some_and(|it| it.verify(&spki_der, &message, &signature)) }
//!             }
//!             // A real driver sends here; this one has no network.
//!             Action::Send { .. } => Event::Failed { sent: Sent::No, cause: Failure::Connect },
//!             Action::LoadKeys { .. } => Event::KeysFailed { error: serde_json::Value::Null },
//!             _ => Event::Cancel,
//!         }
//!     }
//! }
//! # let options = Options { mchid: Some("1230000109".into()), ..Options::default() };
//! # let account = std::sync::Arc::new(Account::new(options, SignedBy::Core)?);
//! # let call = Call::Operation { operation: Operation::Query, fields: serde_json::json!({}) };
//! # let outcome = drive(account, call, || Now { unix_ms: 0, mono_ms: 0 }, [0; 32])?;
//! # assert!(matches!(outcome, Outcome::Err(error) if error.message.contains("serial_no")));
//! # Ok::<(), Error>(())
//! ```
//!
//! # Inside
//!
//! Each state is a type with its own method to take an answer, so an event meets a state only where that state waits for
//! one. `start` covers the time before a request; `attempt` one signature, one host, one answer; `course` the call around
//! them: its limits, and the events that interrupt any state. `single` is the machine of one call, `run` that of several;
//! `ensure` and `wait` decide what such a run does. This floor may use [`crate::protocol`] and those below.

mod account;
mod action;
mod asked;
mod attempt;
mod call;
mod certificates;
mod clock;
mod course;
mod ensure;
mod exchange;
mod failure;
mod follow;
mod hosts;
mod look;
mod pace;
mod question;
mod repeat;
mod retry;
mod run;
mod single;
mod start;
mod trust;
mod wait;

use std::sync::Arc;

use serde_json::Value;

pub(crate) use account::two_signers;
pub use account::{Account, SignedBy};
pub use action::{Action, Emit, Event, Failure, Now, Outcome, Phase, Sent, Step};
use attempt::{Loading, Sending, Verifying};
pub use call::Call;
use exchange::Ended;
use repeat::Pausing;
use run::Run;
use single::Single;
use start::{Preloading, Ready};

use crate::{
    protocol::{
        life::{EnsureOptions, WaitOptions},
        options::CallOptions,
    },
    words::error::Error,
};

/// One call, or a run of calls, as a state machine.
pub struct Engine(Machine);

enum Machine {
    Single(Box<Single>),
    Run(Box<Run>),
}

enum State {
    Ready(Ready),
    Preloading(Preloading),
    Pausing(Pausing),
    Signing(attempt::Signing),
    Sending(Sending),
    Loading(Loading),
    Verifying(Box<Verifying>),
    Finished,
}

/// The result of a step, before it is known what follows an attempt.
enum Progress {
    /// The next state, and the action for the driver.
    Next(State, Action),
    /// An attempt has ended, but not the call.
    Ended(Ended),
}

type Turn = Result<Progress, Error>;

fn next(state: State, action: Action) -> Turn {
    Ok(Progress::Next(state, action))
}

impl Engine {
    /// Makes the engine for one call.
    ///
    /// `seed` is 32 fresh bytes from a secure generator; the nonce and the blinding come from it.
    pub fn new(call: Call, account: Arc<Account>, options: CallOptions, seed: [u8; 32]) -> Engine {
        Engine(Machine::Single(Box::new(Single::new(call, account, options, seed))))
    }

    /// Makes the engine that makes a declaration be as `wanted` (the fields of a declare), whatever happened before; it ends
    /// with an [`Ensured`](crate::protocol::life::Ensured) as data.
    pub fn ensure(wanted: Value, account: Arc<Account>, options: EnsureOptions, seed: [u8; 32]) -> Engine {
        Engine(Machine::Run(Box::new(ensure::run(wanted, account, options, &seed))))
    }

    /// Makes the engine that looks at a declaration until it stops moving; it ends with the record. `which` holds `customs`
    /// and one of `out_trade_no`, `transaction_id`, `sub_order_no` and `sub_order_id`.
    pub fn wait(which: Value, account: Arc<Account>, options: WaitOptions, seed: [u8; 32]) -> Engine {
        Engine(Machine::Run(Box::new(wait::run(which, account, options, &seed))))
    }

    /// Takes a description of an obstacle between this machine and the host, such as a proxy, and what it did: the error
    /// for the failure that is the next event mentions it. It is shown, so it must not hold a password.
    pub fn between(&mut self, what: Option<String>) {
        match &mut self.0 {
            Machine::Single(single) => single.between(what),
            Machine::Run(run) => run.between(what),
        }
    }

    /// Takes the answer to the last action and returns the next one.
    pub fn step(&mut self, event: Event, now: Now) -> Step {
        match &mut self.0 {
            Machine::Single(single) => single.step(event, now),
            Machine::Run(run) => run.step(event, now),
        }
    }

    /// Milliseconds that the whole call may still take, at most what a host's timer can count; for drivers that hand a step
    /// to another thread.
    pub fn time_left(&self, now: Now) -> u64 {
        match &self.0 {
            Machine::Single(single) => single.time_left(now),
            Machine::Run(run) => run.time_left(now),
        }
    }
}
