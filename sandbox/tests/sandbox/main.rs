//! The sandbox over real HTTP: through the core's client, by raw requests, and as a program.

mod calls;
mod client;
mod control;
mod faults;
mod life;
mod payments;
mod program;
mod raw;
mod redaction;
mod state;
mod strict;
