//! What a client wants to be told (Subscriptions, "Filter"), and how each notification names its subscription.

use serde::{Deserialize, Serialize};

use crate::gateway::message::{Fields, Id, Message, object, raw};
use crate::gateway::request_meta::SUBSCRIPTION_ID;

/// Resources of one subscription.
const MAX_RESOURCES: usize = 1000;

/// The notifications that a client asks for. A member that is false or empty is the same as none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SubscriptionFilter {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) tools_list_changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) prompts_list_changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) resources_list_changed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) resource_subscriptions: Vec<String>,
}

impl SubscriptionFilter {
    /// Reads the parameters of `subscriptions/listen`. `None` if `notifications` is missing or is no such filter.
    pub(super) fn read(params: &Fields) -> Option<Self> {
        let filter: Self = serde_json::from_str(params.get("notifications")?.get()).ok()?;
        (filter.resource_subscriptions.len() <= MAX_RESOURCES).then_some(filter)
    }

    /// Whether the client asked for this notification.
    pub(super) fn wants(&self, message: &Message) -> bool {
        match message.method() {
            Some("notifications/tools/list_changed") => self.tools_list_changed,
            Some("notifications/prompts/list_changed") => self.prompts_list_changed,
            Some("notifications/resources/list_changed") => self.resources_list_changed,
            // The session behind the stream is subscribed to nothing else. A server may name a part of a resource.
            Some("notifications/resources/updated") => !self.resource_subscriptions.is_empty(),
            Some(_) | None => false,
        }
    }
}

/// The notification under the id of its subscription.
pub(super) fn marked(message: Message, subscription: &Id) -> Message {
    let mut params = message.params();
    params.insert("_meta".into(), raw(&mark(object(&params, "_meta"), subscription)));
    message.with_params(&params)
}

/// The first message of the stream: what is honoured.
pub(super) fn acknowledged(filter: &SubscriptionFilter, subscription: &Id) -> Message {
    let message = Message::notification("notifications/subscriptions/acknowledged", None);
    let params = [("notifications".to_owned(), raw(filter))].into();
    marked(message.with_params(&params), subscription)
}

/// The last message of a stream that the hub ends.
pub(super) fn ended(subscription: &Id) -> Message {
    let mut result = Fields::new();
    result.insert("resultType".into(), raw(&"complete"));
    result.insert("_meta".into(), raw(&mark(Fields::new(), subscription)));
    Message::result(subscription.clone(), &result)
}

fn mark(mut meta: Fields, subscription: &Id) -> Fields {
    meta.insert(SUBSCRIPTION_ID.into(), subscription.to_raw());
    meta
}
