//! A login that stopped at a question, as JSON. This is the only place where its code and tokens are written out for
//! the store.

use std::collections::BTreeMap;

use mcphub_oauth::grant::Token;
use mcphub_oauth::hook::{MaskedAnswer, Question};
use mcphub_oauth::mask::Mask;
use mcphub_oauth::profile::Pair;
use mcphub_oauth::secret::{AuthorizationCode, State};
use serde_json::{Map, Value, json};

use super::accepted::{AcceptedLogin, OpenQuestion, Point};
use super::stored::{self, StoredLogin, text};
use crate::connect::core::error::ConnectError;
use crate::connect::grant::plugin_steps::Progress;
use crate::store::{grant_from_json, grant_to_json, pairs_from_json, pairs_to_json, token_from_json, token_to_json};

/// The stored data of such a login, checked.
pub(crate) struct StoredQuestion {
    pub(crate) login: StoredLogin,
    pub(crate) state: State,
    pub(crate) code: AuthorizationCode,
    pub(crate) captured: Vec<Pair>,
    pub(crate) answers: Vec<Pair>,
    pub(crate) question: Question,
    pub(crate) point: Point,
}

/// The members of a login and its question. Those of the login are the same as while it waited for its callback.
pub(crate) fn to_json(login: &AcceptedLogin, open: &OpenQuestion) -> Result<Value, ConnectError> {
    let authorization = &login.accepted.pending;
    let mut data = stored::to_json(stored::StoredParts {
        entry: &login.entry,
        discovered: &login.discovered,
        authorization,
        is_bound: login.is_bound,
        attempt: login.attempt,
    })?;
    let (progress, grant) = match &open.point {
        Point::Exchange(progress) => (progress, None),
        Point::Lookup(grant, progress) => (progress, Some(grant_to_json(&login.entry.key, grant, 0))),
    };
    let question = &open.question;
    let asked = json!({ "key": question.key, "title": question.title, "options": pairs_to_json(&question.options) });
    let members = [
        ("state", authorization.state.secret().as_str().into()),
        ("code", login.accepted.code.secret().as_str().into()),
        ("captured", pairs_to_json(&login.accepted.captured)),
        ("answers", pairs_to_json(&login.answers)),
        ("question", asked),
        ("grant", grant.unwrap_or_default()),
        ("progress", progress_to_json(progress)),
    ];
    data.extend(members.map(|(name, value)| (name.to_owned(), value)));
    Ok(Value::Object(data))
}

fn progress_to_json(progress: &Progress) -> Value {
    let tokens: Map<String, Value> =
        progress.tokens.iter().map(|(slot, token)| (slot.clone(), token_to_json(token))).collect();
    let last = progress.last.as_ref().map(|last| {
        json!({
            "status": last.status, "headers": pairs_to_json(&last.headers), "body": last.body,
            "claims": pairs_to_json(&last.claims),
        })
    });
    json!({
        "steps": progress.steps, "pluginState": progress.plugin_state, "last": last, "tokens": tokens,
        "scopes": progress.scopes, "captured": pairs_to_json(&progress.captured),
        "secrets": progress.secrets.secrets().collect::<Vec<_>>(),
    })
}

impl StoredQuestion {
    /// Reads a question. `None` means that the data is not a question, and that the person has to log in again.
    pub(crate) fn read(data: &Value) -> Option<Self> {
        let pairs = |name: &str| pairs_from_json(data.get(name));
        let question = data.get("question")?;
        let options = pairs_from_json(question.get("options"));
        let progress = progress_from_json(data.get("progress")?)?;
        let point = match data.get("grant").filter(|grant| !grant.is_null()) {
            Some(grant) => Point::Lookup(Box::new(grant_from_json(grant)?.1.value), Box::new(progress)),
            None => Point::Exchange(Box::new(progress)),
        };
        Some(Self {
            login: StoredLogin::read(data)?,
            state: State::new(text(data, "state")?),
            code: AuthorizationCode::new(text(data, "code")?),
            captured: pairs("captured"),
            answers: pairs("answers"),
            question: Question { key: text(question, "key")?, title: text(question, "title")?, options },
            point,
        })
    }
}

fn progress_from_json(data: &Value) -> Option<Progress> {
    let token = |(slot, token): (&String, &Value)| Some((slot.clone(), token_from_json(token)?));
    let tokens: BTreeMap<String, Token> = data.get("tokens")?.as_object()?.iter().map(token).collect::<Option<_>>()?;
    let texts = |name: &str| -> Option<Vec<String>> {
        data.get(name)?.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let last = match data.get("last").filter(|last| !last.is_null()) {
        Some(last) => Some(MaskedAnswer {
            status: u16::try_from(last.get("status")?.as_u64()?).ok()?,
            headers: pairs_from_json(last.get("headers")),
            body: text(last, "body")?,
            claims: pairs_from_json(last.get("claims")),
        }),
        None => None,
    };
    Some(Progress {
        steps: u8::try_from(data.get("steps")?.as_u64()?).ok()?,
        plugin_state: text(data, "pluginState")?,
        last,
        tokens,
        scopes: texts("scopes"),
        captured: pairs_from_json(data.get("captured")),
        secrets: Mask::of(texts("secrets")?),
    })
}
