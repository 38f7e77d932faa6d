//! One call: signs, verifies and sends unless the caller does, and leaves everything else to Python.

use std::{
    future::{Future, pending},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyBytes, PyDict, PyList, PyTuple},
};
use serde_json::Value;
use tokio::{sync::oneshot, time::sleep};
use wechatpay_customs::{
    Error,
    client::{Connections, Sending, Transport, first, now, seed, unsupported},
    crypto::{Signer, Verifier},
    engine::{Account, Action, Emit, Engine, Event, Outcome, Step},
    host,
    options::Convention,
};

use crate::{
    Received, fork,
    mailbox::Mailbox,
    plain::plain,
    raised, raised_from,
    runtime::{detached, runtime},
    to_python,
};

/// The interval at which a waiting call looks for signals, such as Ctrl-C.
const LOOK_AROUND: Duration = Duration::from_millis(50);

/// The means that the calls of a client share.
pub struct Ours {
    pub account: Arc<Account>,
    /// `None` if the caller signs.
    signer: Option<Arc<dyn Signer>>,
    verifier: Arc<dyn Verifier>,
    /// `None` if the caller sends.
    transport: Option<Transport>,
}

impl Ours {
    pub fn new(account: Arc<Account>, transport: Option<Transport>) -> Result<Ours, Error> {
        let signer = account.signer()?;
        let verifier = account.verifier().ok_or_else(|| unsupported("no verifier is built in"))?;
        Ok(Ours { account, signer, verifier, transport })
    }
}

/// An engine with the action that is still to be carried out.
struct Drive {
    ours: Arc<Ours>,
    engine: Engine,
    pending: Option<Action>,
    /// A library's own description of the last failure.
    why: Option<String>,
}

/// The data for Python: observations, and the next task.
pub struct Turn {
    emits: Vec<Emit>,
    next: Next,
    why: Option<String>,
    drive: Option<Drive>,
    home: Arc<Mutex<Option<Drive>>>,
}

enum Next {
    /// Only go on, once the observations have been passed on.
    GoOn,
    Action(Action),
    /// A signal handler raised this exception.
    Raised(PyErr),
}

impl Drive {
    /// Goes on until Python has a task; with `observed`, also until there is something to observe.
    async fn advance(
        mut self,
        mut event: Option<Event>,
        observed: bool,
        clock_ahead_ms: i64,
        home: Arc<Mutex<Option<Drive>>>,
        mut cancelled: impl Future<Output = ()> + Unpin,
    ) -> Turn {
        loop {
            let action = {
                let _computing = fork::computing();
                match (event.take(), self.pending.take()) {
                    (Some(event), _) => {
                        let mut now = now();
                        now.unix_ms = now.unix_ms.saturating_add(clock_ahead_ms);
                        let Step { mut emits, action } = host::step(&mut self.engine, event, now, Convention::Python);
                        if !observed {
                            emits.clear();
                        }
                        let ours = self.is_ours(&action);
                        if ours && !emits.is_empty() {
                            self.pending = Some(action);
                            return Turn { emits, next: Next::GoOn, why: None, drive: Some(self), home };
                        }
                        if !ours {
                            let why = self.why.take();
                            return Turn { emits, next: Next::Action(action), why, drive: Some(self), home };
                        }
                        action
                    }
                    (None, Some(action)) => action,
                    // The call has already ended; the engine reports that.
                    (None, None) => {
                        event = Some(Event::Start);
                        continue;
                    }
                }
            };
            event = Some(self.carry_out(action, &mut cancelled).await);
        }
    }

    /// Can this side carry out the action?
    fn is_ours(&self, action: &Action) -> bool {
        match action {
            Action::Sign { .. } => self.ours.signer.is_some(),
            Action::Send { .. } => self.ours.transport.is_some(),
            Action::Verify { .. } => true,
            _ => false,
        }
    }

    async fn carry_out(&mut self, action: Action, cancelled: &mut (impl Future<Output = ()> + Unpin)) -> Event {
        match (action, &self.ours.signer, &self.ours.transport) {
            (Action::Sign { message, entropy, .. }, Some(signer), _) => {
                let _computing = fork::computing();
                let signature = entropy.map_or_else(seed, Ok).and_then(|entropy| signer.sign(&message, &entropy));
                // The engine refuses an empty signature as one that could not be made.
                Event::Signed { signature: signature.unwrap_or_default() }
            }
            (Action::Verify { spki_der, message, signature, .. }, ..) => {
                let _computing = fork::computing();
                Event::Verified { ok: self.ours.verifier.verify(&spki_der, &message, &signature) }
            }
            (Action::Send { method, url, headers, body, timeout_ms, max_body }, _, Some(transport)) => {
                let open = {
                    let _computing = fork::computing();
                    transport.open(&url)
                };
                let timeout = Duration::from_millis(timeout_ms);
                let sent = match open {
                    Ok(connections) => {
                        let send = Connections::send(&connections, method, url, headers, body, timeout, max_body);
                        first(send, cancelled).await
                    }
                    Err(sending) => Some(sending),
                };
                let Some(Sending { event, why, between }) = sent else { return Event::Cancel };
                self.why = why;
                self.engine.between(between);
                event
            }
            _ => Event::HostFailed,
        }
    }
}

/// One call, as Python drives it.
#[pyclass(frozen, name = "Call")]
pub struct Handle {
    /// The operation's name, or the name of another kind of call.
    #[pyo3(get)]
    name: String,
    /// `None` while the call is under way.
    drive: Arc<Mutex<Option<Drive>>>,
    cancel: Mutex<Option<oneshot::Sender<()>>>,
    /// Does it wait for the network, and does it sign?
    waits: bool,
    signs: bool,
}

#[pymethods]
impl Handle {
    /// Answers the last action, and returns observations, the next task, and its arguments. Waits; Ctrl-C ends that.
    #[pyo3(signature = (event, members, content, observed, clock_ahead_ms))]
    fn advance<'py>(
        &self,
        py: Python<'py>,
        event: Option<&str>,
        members: Option<&Bound<'py, PyAny>>,
        content: Option<&[u8]>,
        observed: bool,
        clock_ahead_ms: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (drive, event) = (self.drive(py)?, read(event, members, content)?);
        let home = Arc::clone(&self.drive);
        if !self.waits {
            // Anything but signing is done sooner than the GIL could be taken again.
            if (!self.signs || matches!(event, Some(Event::Response { .. })))
                && let Some(_computing) = fork::computing_now()
            {
                let advanced = at_once(drive.advance(event, observed, clock_ahead_ms, home, pending()));
                return advanced.ok_or_else(|| busy(py))?.into_python(py);
            }
            let advanced = detached(py, || at_once(drive.advance(event, observed, clock_ahead_ms, home, pending())));
            return advanced.ok_or_else(|| busy(py))?.into_python(py);
        }
        let runtime = runtime(py)?;
        let (cancel, cancelled) = oneshot::channel::<()>();
        let (mut cancel, mut interrupt) = (Some(cancel), None);
        let cancelled = pin!(async { drop(cancelled.await) });
        let mut advance = pin!(drive.advance(event, observed, clock_ahead_ms, home, cancelled));
        let mut turn = loop {
            let slice = async { first(advance.as_mut(), pin!(sleep(LOOK_AROUND))).await };
            let turn = detached(py, || runtime.block_on(slice));
            match turn {
                Some(turn) => break turn,
                None => {
                    if let Err(error) = py.check_signals() {
                        interrupt.get_or_insert(error);
                        cancel.take().map(|cancel| cancel.send(()));
                    }
                }
            }
        };
        if let (Some(error), Next::Action(Action::Done { .. })) = (interrupt, &turn.next) {
            turn.next = Next::Raised(error);
        }
        turn.into_python(py)
    }

    /// Does the same without waiting: the result is put into the mailbox, addressed to `to`.
    #[pyo3(signature = (event, members, content, observed, clock_ahead_ms, mailbox, to))]
    #[expect(clippy::too_many_arguments, reason = "those of `advance`, and where to put what comes of it")]
    fn advance_soon(
        &self,
        py: Python<'_>,
        event: Option<&str>,
        members: Option<&Bound<'_, PyAny>>,
        content: Option<&[u8]>,
        observed: bool,
        clock_ahead_ms: i64,
        mailbox: &Mailbox,
        to: Py<PyAny>,
    ) -> PyResult<()> {
        let runtime = runtime(py)?;
        let (drive, event) = (self.drive(py)?, read(event, members, content)?);
        let (cancel, cancelled) = oneshot::channel::<()>();
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = Some(cancel);
        let (home, slot) = (Arc::clone(&self.drive), mailbox.slot());
        runtime.spawn(async move {
            let cancelled = pin!(async {
                // A dropped sender does not cancel.
                if cancelled.await.is_err() {
                    pending::<()>().await;
                }
            });
            slot.put(to, drive.advance(event, observed, clock_ahead_ms, home, cancelled).await);
        });
        Ok(())
    }

    /// Has the call begun, and does it now wait for an answer from Python?
    fn waits_for_answer(&self) -> bool {
        self.drive.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Cancels the work under way; its result still comes to the mailbox.
    fn cancel(&self) {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner).take();
        cancel.map(|cancel| cancel.send(()));
    }
}

impl Handle {
    pub fn new(name: String, ours: Arc<Ours>, engine: Engine) -> Handle {
        let (waits, signs) = (ours.transport.is_some(), ours.signer.is_some());
        let drive = Drive { ours, engine, pending: None, why: None };
        Handle { name, drive: Arc::new(Mutex::new(Some(drive))), cancel: Mutex::default(), waits, signs }
    }

    fn drive(&self, py: Python<'_>) -> PyResult<Drive> {
        self.drive.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(|| busy(py))
    }
}

fn busy(py: Python<'_>) -> PyErr {
    raised(py, &unsupported("a call was driven twice at the same time"))
}

/// Reads an event from its name, its members and its bytes; the members of a response are the response itself.
fn read(event: Option<&str>, members: Option<&Bound<'_, PyAny>>, content: Option<&[u8]>) -> PyResult<Option<Event>> {
    if let Some(received) = members.and_then(|members| members.cast::<Received>().ok()) {
        return Ok(Some(received.get().0.clone()));
    }
    let members = members.map_or(Ok(Value::Null), |members| plain(members))?;
    Ok(event.map(|name| Event::from_parts(name, members, content.unwrap_or_default().to_vec())))
}

/// The result of a future that does not need to wait.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

impl Turn {
    /// Converts it for Python: observations, the name of the next task, and its arguments.
    pub fn into_python<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Turn { emits, next, why, drive, home } = self;
        let emits = if emits.is_empty() { PyTuple::empty(py).into_any() } else { to_python(py, &emits)? };
        let is_done = matches!(next, Next::Raised(_) | Next::Action(Action::Done { .. }));
        if !is_done {
            *home.lock().unwrap_or_else(PoisonError::into_inner) = drive;
        }
        let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
        let none = || py.None().into_bound(py);
        let (name, takes) = match next {
            Next::GoOn => ("go_on", none()),
            Next::Raised(error) => ("raise", error.into_value(py).into_bound(py).into_any()),
            Next::Action(Action::Sign { message, timeout_ms, .. }) => {
                ("sign", (PyBytes::new(py, &message), seconds(timeout_ms)).into_bound_py_any(py)?)
            }
            Next::Action(Action::Send { method, url, headers, body, timeout_ms, max_body }) => {
                let named = PyDict::new(py);
                headers.iter().try_for_each(|(name, value)| named.set_item(name, value))?;
                let body = body.map(|body| PyBytes::new(py, body.as_bytes()));
                ("send", ((method.as_str(), url, named, body, seconds(timeout_ms)), max_body).into_bound_py_any(py)?)
            }
            Next::Action(Action::LoadKeys { flight, timeout_ms, .. }) => {
                ("load_keys", (flight, seconds(timeout_ms)).into_bound_py_any(py)?)
            }
            Next::Action(Action::Sleep { ms, progress }) => {
                let progress = progress.map_or_else(|| Ok(none()), |progress| to_python(py, &progress))?;
                ("sleep", (seconds(ms), progress).into_bound_py_any(py)?)
            }
            Next::Action(Action::Done { outcome }) => match outcome {
                Outcome::Ok { value, request_id, warnings, attempts } => {
                    let answer = to_python(py, &value)?;
                    answer.set_item("request_id", request_id)?;
                    answer.set_item("warnings", listed(py, &warnings)?)?;
                    answer.set_item("attempts", attempts)?;
                    ("ok", answer)
                }
                Outcome::Prepared { request, warnings } => {
                    let prepared = to_python(py, &request)?;
                    prepared.set_item("warnings", listed(py, &warnings)?)?;
                    ("ok", prepared)
                }
                Outcome::Plain { value } => ("plain", to_python(py, &value)?),
                Outcome::Err(error) => {
                    let raised = raised_from(py, &error, why);
                    ("raise", raised.into_value(py).into_bound(py).into_any())
                }
                Outcome::Host => ("host", none()),
                Outcome::Cancelled { .. } => ("cancelled", none()),
            },
            Next::Action(_) => return Err(busy(py)),
        };
        (emits, name, takes).into_bound_py_any(py)
    }
}

fn listed<'py>(py: Python<'py>, items: &[impl serde::Serialize]) -> PyResult<Bound<'py, PyAny>> {
    if items.is_empty() { Ok(PyList::empty(py).into_any()) } else { to_python(py, &items) }
}
