//! Runs of the command against a server that plays Azure.

mod doors;
mod faults;
mod landed;
mod prices;
mod recorded;
mod server;
mod storage;
mod usage;
