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

    /// The part of it that can come: changes of the kinds of list that are declared. A change of one is told where any server in
    /// scope tells of it, and by the hub itself: switches in the settings, and lists that it reads again, change what it lists.
    /// So `listChanged` is declared for each kind that is listed, and for no other.
    pub(super) fn within(self, capabilities: &Fields) -> Self {
        let changes =
            |list: &str| object(capabilities, list).get("listChanged").is_some_and(|flag| flag.get() == "true");
        Self {
            tools_list_changed: self.tools_list_changed && changes("tools"),
            prompts_list_changed: self.prompts_list_changed && changes("prompts"),
            resources_list_changed: self.resources_list_changed && changes("resources"),
            ..self
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::message::fields;

    #[test]
    fn only_what_is_declared_can_come() {
        let asked = json!({ "notifications": {
            "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true, "resourceSubscriptions": ["x:y"] } });
        let declared = json!({ "tools": { "listChanged": true }, "prompts": {} });
        let of = |value: &serde_json::Value| fields(Some(&raw(value)));

        let filter = SubscriptionFilter::read(&of(&asked)).expect("a filter").within(&of(&declared));

        let expected = json!({ "toolsListChanged": true, "resourceSubscriptions": ["x:y"] });
        assert_eq!(serde_json::to_value(filter).expect("JSON"), expected);
    }
}
