//! The trace of a login: one for all of its steps, whichever task or request they happen in.
//!
//! A login begins with the first step that looks for a way to log in, which may be long before a person comes, and ends with a
//! grant or a refusal. A step that a client's request led to is linked with the span of that request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::exchange;
use super::spans::{SpanKind, SpanRecord, SpanValue, Spans, spans};
use super::trace_context::TraceContext;

/// The login of one server that goes on now.
#[derive(Default)]
pub(crate) struct LoginTrace(Mutex<LoginSpan>);

#[derive(Clone, Copy, Default)]
struct LoginSpan {
    running: Option<(TraceContext, SystemTime)>,
    /// The last one that ended: what is left to do after a grant belongs to it.
    ended: Option<TraceContext>,
}

/// A step that has ended, without secrets.
pub(crate) struct TracedStep<'a> {
    pub(crate) server: &'a str,
    pub(crate) stage: &'a str,
    /// Whether it begins a login if none goes on.
    pub(crate) begins_login: bool,
    /// Whether it belongs to a login at all: a refresh does not.
    pub(crate) is_of_login: bool,
    pub(crate) start: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) asked: &'a str,
    pub(crate) answered: &'a str,
    pub(crate) has_failed: bool,
}

impl LoginTrace {
    pub(crate) fn step(&self, step: &TracedStep<'_>) {
        let Some(spans) = spans() else { return };
        let request = exchange::current_span();
        let parent = if step.is_of_login { Some(self.login(step, spans)) } else { request };
        let context = parent.map_or_else(|| TraceContext::first(&spans.random), |parent| parent.another(&spans.random));
        spans.record(SpanRecord {
            context,
            parent: parent.map(|parent| parent.span),
            link: request.filter(|_| step.is_of_login),
            kind: SpanKind::Internal,
            name: format!("login.{}", step.stage),
            start: step.start,
            duration: step.duration,
            attributes: vec![
                ("mcphub.server", SpanValue::Text(step.server.to_owned())),
                ("mcphub.login.asked", SpanValue::Text(step.asked.to_owned())),
                ("mcphub.login.answered", SpanValue::Text(step.answered.to_owned())),
            ],
            failure: step.has_failed.then(|| step.answered.to_owned()),
        });
    }

    pub(crate) fn end(&self, server: &str, is_granted: bool) {
        let Some(spans) = spans() else { return };
        let mut login = self.lock();
        let Some((context, start)) = login.running.take() else { return };
        login.ended = Some(context);
        drop(login);
        spans.record(SpanRecord {
            context,
            parent: None,
            link: None,
            kind: SpanKind::Internal,
            name: "login".to_owned(),
            start,
            duration: spans.clock.now().duration_since(start).unwrap_or_default(),
            attributes: vec![("mcphub.server", SpanValue::Text(server.to_owned()))],
            failure: (!is_granted).then(|| "failed".to_owned()),
        });
    }

    /// The span of the login that a step belongs to.
    fn login(&self, step: &TracedStep<'_>, spans: &Spans) -> TraceContext {
        let mut login = self.lock();
        match (login.running, login.ended) {
            (Some((running, _)), _) => running,
            (None, Some(ended)) if !step.begins_login => ended,
            (None, _) => {
                let context = TraceContext::first(&spans.random);
                login.running = Some((context, step.start));
                context
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, LoginSpan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
