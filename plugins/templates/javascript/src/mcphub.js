// What a provider plugin in JavaScript is written with: short ways, and what is meant where nothing is said.
// The contract is in wit/; records have their fields in camelCase, variants are { tag, val }, enums are strings.

/** How a request of the token endpoint deviates (wit: types.request-shape). */
export const shape = (deviations = {}) => ({
  method: "post", placement: "form", renames: [], omit: [], extra: [], headers: [], authentication: undefined,
  ...deviations,
});

/** Where a token is in an answer (wit: types.token-rule). */
export const tokenRule = (deviations = {}) => ({
  slot: "main", accessToken: "/access_token", refreshToken: "/refresh_token", idToken: "/id_token",
  expiry: { kind: "seconds", at: "/expires_in", defaultSeconds: undefined }, scope: "/scope",
  ...deviations,
});

const asUsual = { tag: "send" };

const defaults = {
  metadata: { discovery: "standard", issuer: undefined, issuerAliases: [], endpoints: [], patch: undefined },
  registration: {
    preference: ["metadata-document", "dynamic", "setup"], bodyPatch: undefined, redirect: { tag: "any" },
    secret: "as-returned", applicationType: "by-redirect", scopeInBody: false,
  },
  authorization: {
    pkce: "by-metadata", extra: [], renames: [], dropEmpty: false, responseMode: undefined, nonce: false,
    inFragment: false,
  },
  callback: { code: "code", state: "state", captures: [] },
  resourceIndicator: { authorize: asUsual, token: asUsual, refresh: asUsual },
  scopes: {
    separator: " ", answerSeparators: " ", unencoded: false, always: [], fixed: [], offline: { tag: "by-metadata" },
    buckets: [], catalogue: [], tools: [], silenceMeansRequested: true,
  },
  tokenRequest: { shape: shape(), echoState: false, redirectUri: "with-the-rest" },
  tokenResponse: { accept: [], error: undefined, tokens: [tokenRule()], captures: [] },
  refresh: {
    presents: "refresh-token", shape: shape(), repeatScope: false, rotation: "unknown",
    marginSeconds: undefined, minAgeSeconds: undefined, idleLifetimeSeconds: undefined,
    absoluteLifetimeSeconds: undefined, onDemandOnly: false,
  },
  revocation: { tokens: "both", authentication: undefined },
  requests: { token: { tag: "authorization", val: "Bearer" }, headers: [], query: [] },
};

/**
 * One part of the profile: only what deviates is written down. Revocation is that of RFC 7009; for another way:
 * { profile: () => ({ tag: "page", val: template("https://…") }) }, or tag "plan" and val plan({ url: "https://…" }).
 */
export const profile = (part, deviations = {}) => {
  const standard = defaults[part];
  if (standard === undefined) throw new Error(`${part} is none of ${Object.keys(defaults).join(", ")}`);
  const unknown = Object.keys(deviations).filter((name) => !(name in standard));
  if (unknown.length > 0) throw new Error(`${part} has no ${unknown.join(", ")}`);
  const said = { ...standard, ...deviations };
  return { profile: () => (part === "revocation" ? { tag: "rfc7009", val: said } : said) };
};

/** Who the plugin is. */
export const describe = (facts) => ({ describe: () => ({ homepage: undefined, hosts: [], ...facts }) });

/** Which servers it serves. */
export const rules = (...list) => ({ rules: () => list });

/** A rule of an ordinary plugin. */
export const rule = (variantId, ...conditions) => ({ conditions, variantId, priority: 100, ask: false, inputs: [] });

/** The server's host is this. */
export const serverHost = (value) => ({ field: "server-host", comparison: "exact", value, capture: undefined });

/** A scope that is not asked for unless something needs it. */
export const scope = (name, title, more = {}) => ({
  name, title, description: "", implies: [], bucket: undefined, askedByDefault: false, risk: "low",
  reviewNeeded: false, ...more,
});

/** An error as a person reads it; the class is a tag, or { tag, val }. */
export const fault = (kind, message, more = {}) => ({
  class: typeof kind === "string" ? { tag: kind, val: undefined } : kind, message, helpUrl: undefined, ...more,
});

/** What a function throws that may refuse: throw refusal("user-denied", "…"). */
export const refusal = (kind, message, more = {}) =>
  Object.assign(new Error(message), { payload: fault(kind, message, more) });

/** What errors mean; the first row that holds decides. */
export const table = (...list) => ({ table: () => list });

/** A row of the error table: by the error's name, or with code undefined by { contains: "text in the body" }. */
export const row = (code, kind, message, more = {}) => ({
  operation: undefined, status: undefined, contains: undefined, code, fault: fault(kind, message), ...more,
});

/** Text in which {…} stands for a slot: {redirect-uri}, {client-id}, {input:tenant}, {access-token}, {random:32}. */
export const template = (text) =>
  text.split(/(\{[a-z-]+(?::[^}]+)?\})/).filter((piece) => piece !== "").map((piece) => {
    const [, name, key] = piece.match(/^\{([a-z-]+)(?::([^}]+))?\}$/) ?? [];
    if (name === undefined) return { tag: "literal", val: piece };
    const val = key ?? (name.endsWith("-token") ? "main" : undefined);
    return { tag: "slot", val: { tag: name, val: name === "random" ? Number(val) : val } };
  });

/** A parameter or header; slots may stand in its value. */
export const param = (name, text) => ({ name, value: template(text) });

/** An endpoint for servers whose metadata does not name one; slots may stand in its address. */
export const endpoint = (kind, url) => ({ kind, url: template(url), mode: "fill" });

/** What a person must give: { key, title, … }. */
export const inputs = (...list) => ({
  inputs: () => list.map((input) => ({
    help: "", pattern: "", choices: [], default: undefined, required: true, secret: false, visibleWhen: [], ...input,
  })),
});

/** A request that the hub makes. Slots may stand in the url. */
export const plan = ({ url, ...deviations }) => ({
  method: "get", url: template(url), query: [], headers: [], body: { tag: "none" }, tokens: [], captures: [],
  accept: [], ...deviations,
});

/** An answer of flow.next: the hub sends this request and calls again. Slots may stand in the url. */
export const send = (request, state = "") => ({ action: { tag: "send", val: plan(request) }, state });

/** An answer of flow.next: that was the last request. */
export const done = (outcome = {}) => {
  const standard = {
    primary: undefined, expiry: undefined, grantedScope: undefined, accountId: undefined, accountLabel: undefined,
    captured: [],
  };
  return { action: { tag: "done", val: { ...standard, ...outcome } }, state: "" };
};

/** A step of a guide; with a field, the value goes there and can be copied. */
export const step = (text, field, value) => ({
  text, field, value: value === undefined ? undefined : template(value), copyable: value !== undefined,
});

/** Guides to a client made by hand; the first is the recommended one. */
export const guides = (...list) => ({ guides: () => list });

/** A guide that ends with a client id and a client secret; checkedOn is when the page was last looked at. */
export const guide = (title, consoleUrl, checkedOn, steps, more = {}) => {
  const output = (tag, label, pattern, shownOnce) =>
    ({ kind: { tag }, label, whereShown: "On the application's page", pattern, shownOnce, required: true });
  return {
    id: title.toLowerCase().replaceAll(" ", "-"), title, whenToChoose: "", consoleUrl: template(consoleUrl),
    prerequisites: [], steps,
    outputs: [
      output("client-id", "Client ID", "[!-~]{4,512}", false),
      output("client-secret", "Client secret", "[!-~]{8,512}", true),
    ],
    redirectRule: "The redirect URI must be listed there, character by character.",
    switches: [], limits: [], later: [], docsUrl: undefined, checkedOn, ...more,
  };
};
