//! A request of a client without sessions, from its start to its answer.

use std::sync::Arc;

use super::answer::{Asked, ModernAnswer, ModernMessages, ModernStream};
use super::clients::ModernClients;
use super::envelope::Envelope;
use super::hidden::HiddenSession;
use super::methods::{self, ModernMethod};
use super::parked::{self, CallMark, ParkedCall};
use super::running::RunningCall;
use super::sender::Sender;
use super::{discover, inputs, listen, mirrored, results};
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies::{INTERNAL_ERROR, INVALID_PARAMS};
use crate::gateway::message::{Fields, Id, Message, MessageKind, object, raw, text};
use crate::gateway::principal::Principal;
use crate::gateway::request_meta::REQUEST_STATE;
use crate::gateway::roster::ServerScope;
use crate::gateway::session::client_info;

/// Answers a request at this scope. Its envelope was read and found complete.
pub(crate) async fn answer(
    clients: &Arc<ModernClients>,
    scope: ServerScope,
    principal: Principal,
    message: Message,
    envelope: Envelope,
) -> ModernAnswer {
    let MessageKind::Request { id, method } = message.kind().clone() else {
        return ModernAnswer::Whole(Message::error(None, INVALID_PARAMS, "this is not a request"));
    };
    let client = match client_info::of_envelope(&envelope.capabilities, &envelope.client_info) {
        Ok(client) => client,
        Err(error) => return ModernAnswer::Whole(Message::error(Some(id), INVALID_PARAMS, &error.to_string())),
    };
    let sender = Sender::of(scope, client, principal, &message);
    match methods::of(&method) {
        ModernMethod::Removed => ModernAnswer::Whole(results::no_method(id, &method)),
        ModernMethod::Discover => ModernAnswer::Whole(discover::answer(clients, &sender, id).await),
        ModernMethod::Listen => match listen::open(clients, sender, &message, id).await {
            Ok(stream) => ModernAnswer::Stream(ModernMessages::Listen(Box::new(stream))),
            Err(refusal) => ModernAnswer::Whole(*refusal),
        },
        ModernMethod::List(_) => Box::pin(list(clients, &sender, Call { id, message, envelope })).await,
        ModernMethod::Read | ModernMethod::MayAsk | ModernMethod::Other => {
            call(clients, &sender, Call { id, message, envelope }).await
        }
    }
}

/// A request that goes to servers.
struct Call {
    id: Id,
    message: Message,
    envelope: Envelope,
}

/// A list that is not declared, and of which no server has anything, is no method here (Server Capabilities).
async fn list(clients: &Arc<ModernClients>, sender: &Sender, list: Call) -> ModernAnswer {
    let (id, kind) = (list.id.clone(), ListKind::of(list.message.method().unwrap_or_default()));
    let answer = call(clients, sender, list).await;
    let Some(kind) = kind.filter(|kind| is_empty(&answer, *kind)) else { return answer };
    let Ok(hidden) = clients.session(sender).await else { return answer };
    if hidden.session.declared_capabilities().contains_key(kind.capability()) {
        return answer;
    }
    ModernAnswer::Whole(results::no_method(id, kind.method()))
}

fn is_empty(answer: &ModernAnswer, kind: ListKind) -> bool {
    let ModernAnswer::Whole(answer) = answer else { return false };
    // The hub made it: its entries come first, and nothing stands between them.
    answer.result_text().is_some_and(|result| result.starts_with(&format!("{{\"{}\":[]", kind.key())))
}

async fn call(clients: &Arc<ModernClients>, sender: &Sender, call: Call) -> ModernAnswer {
    let Call { id, message, envelope } = call;
    let method = message.method().unwrap_or_default().to_owned();
    let params = message.params();
    let asked = Asked {
        id,
        method: methods::of(&method),
        envelope,
        mark: CallMark::of(sender.fingerprint(), &method, &params),
        token: object(&params, "_meta").shift_remove("progressToken"),
    };
    if params.get(REQUEST_STATE).is_some_and(|state| !state.get().starts_with('"')) {
        let sentence = "requestState is no text; send it back as it came";
        return ModernAnswer::Whole(Message::error(Some(asked.id), INVALID_PARAMS, sentence));
    }
    let state = text(params.get(REQUEST_STATE).map(|raw| &**raw)).filter(|state| parked::is_own(state));
    if let Some(state) = state {
        return retry(clients, &state, &params, asked).await;
    }
    let hidden = match clients.session(sender).await {
        Ok(hidden) => hidden,
        Err(full) => return ModernAnswer::Whole(Message::error(Some(asked.id), INTERNAL_ERROR, &full.to_string())),
    };
    if let Err(refusal) = mirrored::check(&hidden.session, &message, &asked.envelope.mirrored, &asked.id).await {
        return ModernAnswer::Whole(*refusal);
    }
    set_level(&hidden, &asked.envelope).await;
    let running = RunningCall::start(hidden, message, asked.envelope.log_level.is_some());
    ModernStream::new(clients.clone(), running, asked).into_answer().await
}

/// Gives a waiting call the client's answers, and goes on with it.
async fn retry(clients: &Arc<ModernClients>, state: &str, params: &Fields, asked: Asked) -> ModernAnswer {
    let refused =
        |sentence: &str| ModernAnswer::Whole(Message::error(Some(asked.id.clone()), INVALID_PARAMS, sentence));
    let Some(responses) = inputs::responses(params) else {
        return refused("inputResponses is not an object of objects");
    };
    let Some(ParkedCall { call, questions, mark, .. }) = clients.unpark(state, asked.mark) else {
        return refused("this requestState is not known, or its call has ended; begin the call again without it");
    };
    let mut unanswered = Vec::new();
    for question in questions {
        let MessageKind::Request { id, .. } = question.kind() else { continue };
        match responses.get(&inputs::key(id)).and_then(|response| inputs::answer(&question, response)) {
            Some(answer) => call.hidden.session.accept(answer).await,
            None => unanswered.push(question),
        }
    }
    if !unanswered.is_empty() {
        return ModernAnswer::Whole(clients.park(call, unanswered, mark, asked.id));
    }
    ModernStream::new(clients.clone(), call, asked).into_answer().await
}

/// Servers with sessions send log messages once they were told a level. Several requests share the session, so it stays at
/// the lowest level that one of them wanted, and each request gets only its own.
async fn set_level(hidden: &HiddenSession, envelope: &Envelope) {
    let Some(level) = envelope.log_level.filter(|level| hidden.lowers(*level)) else { return };
    let params = [("level".to_owned(), raw(&level.name()))].into();
    let request = Message::request(hidden.session.next_id(), "logging/setLevel", &params);
    // A server may refuse: the level is only a wish.
    drop(hidden.session.request(request).await);
}
