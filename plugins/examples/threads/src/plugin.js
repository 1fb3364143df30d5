// Logins at Threads. The quirks and their sources are in the README beside this.
import {
  describe, done, endpoint, guide, guides, param, profile, rule, rules, scope, send, step, template, tokenRule,
} from "./mcphub.js";

const GRAPH = "https://graph.threads.net";

export const identity = describe({
  id: "threads",
  version: "0.1.0",
  title: "Threads",
  description: "Logins at Threads",
  homepage: "https://developers.facebook.com/docs/threads",
  hosts: ["threads.net", "graph.threads.net"],
});

// Nobody runs a public server: a person names this plugin with oauth.provider.
export const matching = rules({ ...rule("own"), ask: true });

export const metadata = profile("metadata", {
  discovery: "none",
  issuer: template("https://threads.net"),
  endpoints: [
    endpoint("authorization", "https://threads.net/oauth/authorize"),
    endpoint("token", `${GRAPH}/oauth/access_token`),
    endpoint("refresh", `${GRAPH}/refresh_access_token`),
  ],
});

export const registration = profile("registration", { preference: ["setup"] });

export const authorization = profile("authorization", { pkce: "unsupported" });

const omit = { tag: "omit" };

export const resourceIndicator = profile("resourceIndicator", { authorize: omit, token: omit, refresh: omit });

export const scopes = profile("scopes", {
  separator: ",",
  offline: { tag: "nothing" },
  catalogue: [
    scope("threads_basic", "Read the profile and its posts", { askedByDefault: true }),
    scope("threads_content_publish", "Publish posts"),
    scope("threads_read_replies", "Read replies"),
    scope("threads_manage_replies", "Answer and hide replies"),
    scope("threads_manage_insights", "Read insights"),
  ],
});

// There is no refresh token: the long-lived token is exchanged for a new one, once it is a day old.
export const refresh = profile("refresh", { presents: "access-token", rotation: "none", minAgeSeconds: 86400 });

export const revocation = {
  profile: () => ({ tag: "page", val: template("https://www.threads.net/settings/account") }),
};

export const setup = guides(
  guide("Threads app", "https://developers.facebook.com/apps/", "2026-08-21", [
    step("Create App, and choose the use case Access the Threads API.", "App name", "MCPHub"),
    step("Use cases → Customize → Settings: enter the redirect URI.", "Redirect Callback URLs", "{redirect-uri}"),
    step("App settings → Basic: copy the Threads App ID and the Threads App secret."),
  ], {
    redirectRule: "It must be https and listed there, character by character.",
    docsUrl: "https://developers.facebook.com/docs/threads/get-started",
  }),
);

// An answer has neither a refresh token nor scopes.
const lasting = tokenRule({ refreshToken: undefined, idToken: undefined, scope: undefined });

// The code brings a token for an hour, which has no expires_in …
const exchangeCode = () => send({
  method: "post",
  url: `${GRAPH}/oauth/access_token`,
  body: {
    tag: "form",
    val: [
      param("grant_type", "authorization_code"),
      param("code", "{code}"),
      param("redirect_uri", "{redirect-uri}"),
      param("client_id", "{client-id}"),
      param("client_secret", "{client-secret}"),
    ],
  },
  tokens: [{ ...lasting, slot: "short", expiry: { kind: "fixed", at: undefined, defaultSeconds: 3600 } }],
});

// … which is exchanged for one for sixty days.
const exchangeShort = () => send({
  url: `${GRAPH}/access_token`,
  query: [
    param("grant_type", "th_exchange_token"),
    param("client_secret", "{client-secret}"),
    param("access_token", "{access-token:short}"),
  ],
  tokens: [lasting],
});

const renew = () => send({
  url: `${GRAPH}/refresh_access_token`,
  query: [param("grant_type", "th_refresh_token"), param("access_token", "{access-token}")],
  tokens: [lasting],
});

const requests = { exchange: [exchangeCode, exchangeShort], refresh: [renew] };

export const flow = {
  operations: () => Object.keys(requests),
  next: (_context, operation, number) => requests[operation]?.[number]?.() ?? done({ primary: "main" }),
};
