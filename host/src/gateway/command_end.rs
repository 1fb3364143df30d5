//! The end of a command as the task sees it that watches its server: by itself, because nobody needs it, or never.

use tokio::sync::watch::Receiver;

use super::error::UpstreamError;
use super::session::Session;
use super::upstream::{CommandState, Upstream};

/// How the end of a command is seen.
pub(super) enum CommandEnd {
    /// Of the hub's own process: set once it has ended by itself, with the reason.
    Own(Receiver<Option<UpstreamError>>),
    /// Of the process that sessions share.
    Shared(Receiver<CommandState>),
    /// The server is no command.
    Never,
}

impl CommandEnd {
    /// The end of the command that the hub's own session uses.
    pub(super) fn of(own_session: &Session, upstream: &Upstream) -> Self {
        let own = || own_session.upstream_sessions.open(upstream.name()).and_then(|session| session.ending());
        match upstream.command_state() {
            Some(state) => Self::Shared(state),
            None => own().map_or(Self::Never, Self::Own),
        }
    }

    /// The reason why the command ended; `None` if it was ended because nobody needs it. Never returns for a server that is
    /// no command, nor for a command that is told to end.
    pub(super) async fn reason(self) -> Option<UpstreamError> {
        match self {
            Self::Own(mut ending) => {
                if let Ok(error) = ending.wait_for(Option::is_some).await {
                    return error.clone();
                }
            }
            Self::Shared(mut state) => {
                let is_over = |state: &CommandState| matches!(state, CommandState::Resting | CommandState::Ended(_));
                if let Ok(state) = state.wait_for(is_over).await {
                    return if let CommandState::Ended(error) = &*state { Some(error.clone()) } else { None };
                }
            }
            Self::Never => {}
        }
        std::future::pending().await
    }
}

/// Waits until a command that does not run is started, or until the server's task is woken. Returns why it did not come up,
/// if it did not.
pub(super) async fn needed(upstream: &Upstream) -> Option<UpstreamError> {
    let mut state = upstream.command_state()?;
    // It may have been started just before the state was followed.
    if !upstream.is_resting() {
        return None;
    }
    let moved = async {
        while state.changed().await.is_ok() {
            match &*state.borrow_and_update() {
                CommandState::NotStarted | CommandState::Resting => {}
                CommandState::Started => return None,
                CommandState::Ended(error) => return Some(error.clone()),
            }
        }
        std::future::pending().await
    };
    tokio::select! {
        () = upstream.wake.notified() => None,
        error = moved => error,
    }
}
