// A real authorization server: npm oidc-provider with dynamic registration, PKCE, rotating refresh tokens whose reuse
// revokes the family, resource indicators with JWT access tokens, RFC 9207, revocation and introspection. It signs
// everybody in and consents to everything.
//
// Options, as JSON in the first argument:
//   accessTokenTTL      seconds, 3600
//   clients             clients that exist from the start
//   initialAccessToken  what registration demands; absent: nothing
//   deviceFlow          RFC 8628 is offered
//   dpop                RFC 9449 is offered, with nonces
//   metadataDocument    a Client ID Metadata Document: what is read, whatever its address
//   port                to listen at, as after a restart; absent: any
// GET /_control reads the counters. POST /_control changes behaviour:
//   {"accessTokenTTL": 5}   of tokens issued from now on
//   {"refuse": true}        the person says no from now on
//   {"approveDevice": CODE} the person enters this code on another device and consents
//   {"forgetGrants": true}  every grant so far ends, its refresh tokens too
// One line of JSON with the URL is printed when it listens. It ends when standard input closes.
import http from "node:http";
import { Provider } from "oidc-provider";
import { exportJWK, generateKeyPair } from "jose";

const options = JSON.parse(process.argv[2] ?? "{}");
const state = { refuse: false, accessTokenTTL: options.accessTokenTTL ?? 3600 };
const counters = {};
const count = (name) => { counters[name] = (counters[name] ?? 0) + 1; };
const grants = new Set();

let listener = (_req, res) => res.writeHead(503).end();
const server = http.createServer((req, res) => listener(req, res));
await new Promise((ready) => server.listen(options.port ?? 0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = await generateKeyPair("RS256", { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: `k${Date.now()}` };

// Whatever is asked for is the client's metadata: there is no internet here.
const readDocument = async () => new Response(JSON.stringify(options.metadataDocument), {
  status: 200, headers: { "content-type": "application/json", "cache-control": "max-age=60" },
});

const provider = new Provider(issuer, {
  ...(options.metadataDocument ? { fetch: readDocument } : {}),
  jwks: { keys: [key] },
  cookies: { keys: ["only for tests"] },
  scopes: ["openid", "offline_access", "mcp", "mcp:write"],
  clients: options.clients ?? [],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: {
    AccessToken: () => state.accessTokenTTL,
    RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 600, AuthorizationCode: 60, IdToken: 600,
  },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true, initialAccessToken: options.initialAccessToken ?? false },
    revocation: { enabled: true },
    deviceFlow: { enabled: options.deviceFlow ?? false },
    dPoP: { enabled: options.dpop ?? false, nonceSecret: options.dpop ? Buffer.alloc(32, 1) : undefined, requireNonce: () => true },
    clientIdMetadataDocument: { enabled: Boolean(options.metadataDocument), ack: "draft-02" },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: "mcp mcp:write", audience: resource, accessTokenTTL: state.accessTokenTTL, accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});

provider.on("server_error", (_ctx, error) => console.error("server_error", error));
provider.on("registration_create.success", () => count("registrations"));
provider.on("registration_create.error", () => count("registrations_refused"));
provider.on("grant.error", () => count("grants_refused"));
provider.on("grant.success", (ctx) => {
  count(`grant:${ctx.oidc.params.grant_type}`);
  if (ctx.oidc.entities.Grant) grants.add(ctx.oidc.entities.Grant.jti);
});
provider.on("refresh_token.destroyed", () => count("refresh_tokens_destroyed"));

async function interact(req, res) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);
  const finish = (result, merge) => provider.interactionFinished(req, res, result, { mergeWithLastSubmission: merge });
  if (state.refuse) return finish({ error: "access_denied", error_description: "the person said no" }, false);
  if (prompt.name === "login") return finish({ login: { accountId: "ann" } }, false);
  const fresh = () => new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const grant = grantId ? await provider.Grant.find(grantId) : fresh();
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) grant.addResourceScope(resource, scopes.join(" "));
  return finish({ consent: { grantId: await grant.save() } }, true);
}

async function forgetGrants() {
  for (const id of grants) {
    await provider.RefreshToken.revokeByGrantId(id);
    await (await provider.Grant.find(id))?.destroy();
  }
  grants.clear();
}

// What a person does on the other device: enters the code, signs in, consents.
async function approveDevice(userCode) {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace(/[^A-Z]/g, ""));
  const grant = new provider.Grant({ accountId: "ann", clientId: code.clientId });
  if (code.params.scope) grant.addOIDCScope(code.params.scope);
  for (const resource of [code.params.resource ?? []].flat()) grant.addResourceScope(resource, "mcp");
  code.accountId = "ann";
  code.authTime = Math.floor(Date.now() / 1000);
  code.resource = code.params.resource;
  code.scope = code.params.scope;
  code.claims = {};
  code.grantId = await grant.save();
  code.consumed = undefined;
  await code.save();
}

async function control(req, res) {
  let body = "";
  for await (const chunk of req) body += chunk;
  const { forgetGrants: forget, approveDevice: userCode, ...changes } = body ? JSON.parse(body) : {};
  Object.assign(state, changes);
  if (userCode) await approveDevice(userCode);
  if (forget) await forgetGrants();
  res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(counters));
}

const callback = provider.callback();
listener = (req, res) => {
  const fail = (error) => { console.error(error); res.writeHead(500).end(); };
  const { pathname } = new URL(req.url, issuer);
  if (pathname === "/_control") return control(req, res).catch(fail);
  if (pathname.startsWith("/.well-known/")) count("metadata");
  if (pathname === "/token/revocation") count("revocations");
  if (pathname.startsWith("/interaction/")) return interact(req, res).catch(fail);
  return callback(req, res);
};
console.log(JSON.stringify({ url: issuer }));
process.stdin.on("close", () => process.exit(0)).resume();
