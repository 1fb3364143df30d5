//! The gateway between real clients and real servers on loopback.

#[cfg(test)]
mod aggregate;
#[cfg(test)]
mod asked_logins;
#[cfg(test)]
mod assigned_names;
#[cfg(test)]
mod authority;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod bridging;
#[cfg(test)]
mod callers;
#[cfg(test)]
mod callers_tasks;
#[cfg(test)]
mod cancellations;
#[cfg(test)]
mod client;
mod command_line;
mod dropped;
#[cfg(test)]
mod endpoint;
#[cfg(test)]
mod fake_command;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod faults_clients;
#[cfg(test)]
mod faults_ids;
#[cfg(test)]
mod faults_malformed;
#[cfg(test)]
mod faults_said;
#[cfg(test)]
mod faults_slow;
#[cfg(test)]
mod flood;
#[cfg(test)]
mod hub;
#[cfg(test)]
mod kept_lists;
#[cfg(test)]
mod kept_wishes;
#[cfg(test)]
mod list_changes;
mod lists;
#[cfg(test)]
mod logins;
#[cfg(test)]
mod lost_sessions;
#[cfg(test)]
mod modern;
#[cfg(test)]
mod odd;
#[cfg(test)]
mod odd_answers;
#[cfg(test)]
mod odd_commands;
#[cfg(test)]
mod odd_servers;
#[cfg(test)]
mod older;
#[cfg(test)]
mod older_clients;
#[cfg(test)]
mod open_questions;
#[cfg(test)]
mod passed_headers;
mod passing;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod promised;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod remembered;
#[cfg(test)]
mod reopened;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod resuming;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod sessionless;
#[cfg(test)]
mod sessionless_commands;
#[cfg(test)]
mod shared_commands;
#[cfg(test)]
mod shared_lists;
#[cfg(test)]
mod shared_messages;
#[cfg(test)]
mod shared_questions;
#[cfg(test)]
mod shared_sessionless;
#[cfg(test)]
mod starts;
#[cfg(test)]
mod structured;
mod switches;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod time_limits;
mod transports;
#[cfg(test)]
mod unbridged;
#[cfg(test)]
mod waits;
