//! The sandbox over real HTTP: through the core's client, by raw requests, and as a program.

mod client;
mod program;
mod raw;
mod strict;
