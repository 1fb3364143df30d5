//! The gateway between real clients and real servers on loopback.

#[cfg(test)]
mod aggregate;
#[cfg(test)]
mod asked_logins;
#[cfg(test)]
mod assigned_names;
#[cfg(test)]
mod authority;
mod batches;
#[cfg(test)]
mod bridging;
#[cfg(test)]
mod cancellations;
#[cfg(test)]
mod client;
mod command_line;
#[cfg(test)]
mod endpoint;
#[cfg(test)]
mod fake_command;
#[cfg(test)]
mod hub;
#[cfg(test)]
mod kept_lists;
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
mod passing;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod remembered;
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
mod shared_sessionless;
#[cfg(test)]
mod starts;
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
