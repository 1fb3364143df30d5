// An MCP server made with the official SDK: Streamable HTTP at /mcp, or the 2024-11-05 SSE transport at /sse. With an
// authority it wants that one's JWT for its own URL.
//
// Options, as JSON in the first argument:
//   authority  the issuer; absent: everybody may come in
//   sse        the older transport
//   metadata   where the protected resource metadata is: "path" (default), "root", "none"
//   named      false: the challenge does not name the metadata
//   dpop       tokens must be bound to a key, and every request must prove that it has it (RFC 9449)
//   needs      scopes that tools need, by tool: a call without one is answered 403 insufficient_scope
// GET /_control reads the counters. POST /_control:
//   {"forget": true}  every token seen so far is refused from now on
//   {"go": true}      lets the tool `hold` end
// One line of JSON with the URL is printed when it listens. It ends when standard input closes.
import http from "node:http";
import { EventEmitter, once } from "node:events";
import { createHash, randomUUID } from "node:crypto";
import { EmbeddedJWK, calculateJwkThumbprint, createRemoteJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { CreateMessageResultSchema } from "@modelcontextprotocol/sdk/types.js";

const options = JSON.parse(process.argv[2] ?? "{}");
const place = options.sse ? "/sse" : "/mcp";
const wellKnown = "/.well-known/oauth-protected-resource";
const document = { path: wellKnown + place, root: wellKnown, none: null }[options.metadata ?? "path"];
const counters = {};
const count = (name) => { counters[name] = (counters[name] ?? 0) + 1; };
const seen = new Set();
const forgotten = new Set();
const transports = new Map();
const signals = new EventEmitter();
const jwks = options.authority && createRemoteJWKSet(new URL(`${options.authority}/jwks`), { cooldownDuration: 0 });
let base;

function peer() {
  const server = new McpServer({ name: "peer", version: "1.0.0" }, { capabilities: { logging: {} } });
  const text = (text) => ({ content: [{ type: "text", text }] });
  const tool = (name, description, inputSchema, run) => server.registerTool(name, { description, inputSchema }, run);
  const progress = (extra, step, total) => {
    const progressToken = extra._meta?.progressToken;
    if (progressToken === undefined) return undefined;
    return extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress: step, total } });
  };
  tool("echo", "Says it again.", { text: z.string() }, async (args) => text(args.text));
  tool("add", "Adds.", { a: z.number(), b: z.number() }, async ({ a, b }) => text(String(a + b)));
  tool("whoami", "Whose token it is.", {}, async (_, extra) => text(extra.authInfo?.clientId ?? "nobody"));
  tool("slow", "Tells its progress.", { steps: z.number() }, async ({ steps }, extra) => {
    for (let step = 1; step <= steps; step++) await progress(extra, step, steps);
    return text("done");
  });
  tool("hold", "Tells its progress, then waits.", {}, async (_, extra) => {
    const gone = once(signals, "go");
    await progress(extra, 1, 2);
    await gone;
    return text("let go");
  });
  tool("ask", "Asks the client.", {}, async (_, extra) => {
    const messages = [{ role: "user", content: { type: "text", text: "your name?" } }];
    const request = { method: "sampling/createMessage", params: { messages, maxTokens: 10 } };
    const answer = await extra.sendRequest(request, CreateMessageResultSchema);
    return text(`the client says ${answer.content.text}`);
  });
  return server;
}

// RFC 9449 section 4.3.
const proofs = new Set();
async function prove(req, token, jkt) {
  const { payload, protectedHeader } = await jwtVerify(req.headers.dpop ?? "", EmbeddedJWK, { typ: "dpop+jwt" });
  const ath = createHash("sha256").update(token).digest("base64url");
  const right = payload.htm === req.method && payload.htu === base + place && payload.ath === ath
    && (await calculateJwkThumbprint(protectedHeader.jwk)) === jkt && !proofs.has(payload.jti);
  if (!right) throw new Error("no proof of possession");
  proofs.add(payload.jti);
  count("proofs");
}

async function allowed(req, res) {
  if (!jwks) return true;
  const scheme = options.dpop ? "DPoP" : "Bearer";
  const [given, token = ""] = (req.headers.authorization ?? "").split(" ");
  try {
    if (given !== scheme) throw new Error("another scheme");
    const { payload } = await jwtVerify(token, jwks, { audience: base + place, issuer: options.authority });
    if (options.dpop) await prove(req, token, payload.cnf?.jkt);
    seen.add(payload.jti);
    if (forgotten.has(payload.jti)) throw new Error("forgotten");
    req.auth = { token, clientId: payload.sub, scopes: (payload.scope ?? "").split(" ") };
    return true;
  } catch {
    count("refused");
    const named = options.named === false || !document ? "" : `, resource_metadata="${base}${document}"`;
    res.writeHead(401, { "www-authenticate": `${scheme} error="invalid_token"${named}` }).end();
    return false;
  }
}

// Whether the token is good for the tool that is called; if not, the answer says what it lacks.
function suffices(req, res, body) {
  const scope = body?.method === "tools/call" ? options.needs?.[body.params.name] : undefined;
  if (!scope || req.auth.scopes.includes(scope)) return true;
  count("insufficient");
  const challenge = `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${base}${document}"`;
  res.writeHead(403, { "www-authenticate": challenge }).end();
  return false;
}

async function parsed(req) {
  let body = "";
  for await (const chunk of req) body += chunk;
  return body ? JSON.parse(body) : undefined;
}

async function streamable(req, res, url) {
  if (url.pathname !== "/mcp") return res.writeHead(404).end();
  const body = req.method === "POST" ? await parsed(req) : undefined;
  if (!suffices(req, res, body)) return undefined;
  const id = req.headers["mcp-session-id"];
  let transport = transports.get(id);
  if (!transport) {
    if (id) return res.writeHead(404).end();
    const onsessioninitialized = (id) => transports.set(id, transport);
    transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized });
    await peer().connect(transport);
  }
  count("requests");
  return transport.handleRequest(req, res, body);
}

async function legacy(req, res, url) {
  if (req.method === "GET" && url.pathname === "/sse") {
    const transport = new SSEServerTransport("/messages", res);
    transports.set(transport.sessionId, transport);
    return peer().connect(transport);
  }
  if (req.method === "POST" && url.pathname === "/messages") {
    const transport = transports.get(url.searchParams.get("sessionId"));
    count("requests");
    return transport ? transport.handlePostMessage(req, res) : res.writeHead(404).end();
  }
  return res.writeHead(req.method === "POST" ? 405 : 404).end();
}

async function control(req, res) {
  const { forget, go } = (await parsed(req)) ?? {};
  if (forget) for (const jti of seen) forgotten.add(jti);
  if (go) signals.emit("go");
  res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(counters));
}

async function answer(req, res) {
  const url = new URL(req.url, base);
  if (url.pathname === "/_control") return control(req, res);
  if (url.pathname.startsWith(wellKnown)) {
    count("metadata");
    if (!jwks || url.pathname !== document) return res.writeHead(404).end();
    const metadata = { resource: base + place, authorization_servers: [options.authority], scopes_supported: ["mcp"] };
    return res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(metadata));
  }
  if (!(await allowed(req, res))) return undefined;
  return options.sse ? legacy(req, res, url) : streamable(req, res, url);
}

const server = http.createServer((req, res) => answer(req, res).catch((error) => {
  console.error(error);
  if (!res.headersSent) res.writeHead(500);
  res.end();
}));
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
base = `http://127.0.0.1:${server.address().port}`;
console.log(JSON.stringify({ url: base }));
process.stdin.on("close", () => process.exit(0)).resume();
