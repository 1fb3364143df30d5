// The server of the matrix on the TypeScript SDK 2.x: revision 2026-07-28, and the handshake too unless --only-2026.
// Options: see `options` in tools.mjs.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import {
  McpServer, ProtocolError, ResourceNotFoundError, ResourceTemplate, completable, createMcpHandler, fromJsonSchema,
  inputRequired, isLegacyRequest,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from "@modelcontextprotocol/node";
import { z } from "zod";
import { catalogue, completions, greeting, grownTool, listen, makeResources, makeTools, options } from "./tools.mjs";

const given = options("ts-new");
console.warn = () => {}; // or the SDK warns at every request that a tool's name is not ASCII
const listed = [...catalogue.tools];
const lasting = new Set(); // servers that live longer than a request
const resources = makeResources(given.base);
const tools = makeTools({
  ...given,
  async touch(uri) {
    handler?.notify.resourceUpdated(uri);
    const told = [...lasting].filter(({ watched }) => !watched || watched.has(uri));
    for (const { server } of told) await server.server.sendResourceUpdated({ uri });
  },
  grow(name) {
    listed.push(grownTool(name));
    for (const { server } of lasting) register(server, listed.at(-1));
    handler?.notify.toolsChanged();
  },
});

// Thrown where a tool needs answers that it does not have yet.
class Unanswered extends Error {
  constructor(questions, answers) {
    super("unanswered");
    this.result = inputRequired({ inputRequests: questions, requestState: JSON.stringify(answers) });
  }
}

function callOf(ctx) {
  const { mcpReq, http } = ctx;
  const answers = { ...JSON.parse(mcpReq.requestState() ?? "{}"), ...mcpReq.inputResponses };
  return {
    signal: mcpReq.signal,
    revision: http?.req?.headers.get("mcp-protocol-version") ?? null,
    header: (name) => http?.req?.headers.get(name) ?? null,
    log: (level, data) => mcpReq.log(level, data, "matrix"),
    async progress(progress, total, message) {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken === undefined) return;
      await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total, message } });
    },
    async ask(questions) {
      if (Object.keys(questions).every((key) => key in answers)) return answers;
      throw new Unanswered(questions, answers);
    },
  };
}

function register(server, { name, inputSchema, outputSchema, ...rest }) {
  const output = outputSchema && fromJsonSchema(outputSchema);
  const schemas = { inputSchema: fromJsonSchema(inputSchema), outputSchema: output };
  const tool = Object.hasOwn(tools, name) ? tools[name] : () => ({ content: [{ type: "text", text: name }] });
  server.registerTool(name, { ...rest, ...schemas }, async (args, ctx) => {
    try {
      return await tool(args, callOf(ctx));
    } catch (error) {
      if (error instanceof Unanswered) return error.result;
      throw error;
    }
  });
}

function make({ era }) {
  const capabilities = { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true }, logging: {} };
  const info = { name: given.name, version: "1.0.0" };
  const server = new McpServer(info, { capabilities, instructions: catalogue.instructions });
  for (const tool of listed) register(server, tool);
  const read = async ({ href }) => {
    const content = resources.read(href);
    if (!content) throw new ResourceNotFoundError(href);
    return { contents: [content] };
  };
  for (const { uri, name, ...rest } of resources.list) server.registerResource(name, uri, rest, read);
  const { uriTemplate, name, ...rest } = resources.template;
  const complete = { id: (value) => completions("id", value) };
  server.registerResource(name, new ResourceTemplate(uriTemplate, { list: undefined, complete }), rest, read);
  const [greet, broken] = catalogue.prompts;
  const who = completable(z.string(), (value) => completions("who", value));
  const argsSchema = z.object({ who, tone: z.string().optional() });
  server.registerPrompt(greet.name, { description: greet.description, argsSchema }, greeting);
  server.registerPrompt(broken.name, { description: broken.description }, () => {
    const { code, message, data } = catalogue.promptError;
    throw new ProtocolError(code, message, data);
  });
  if (era === "modern" && !given.stdio) return server;
  const watched = era === "legacy" ? new Set() : undefined;
  const session = { server, watched };
  if (watched) {
    server.server.setRequestHandler("resources/subscribe", ({ params }) => (watched.add(params.uri), {}));
    server.server.setRequestHandler("resources/unsubscribe", ({ params }) => (watched.delete(params.uri), {}));
  }
  server.server.onclose = () => lasting.delete(session);
  lasting.add(session);
  return server;
}

const transports = new Map();

// The handshake's side, with sessions.
async function old(req, res, body) {
  const id = req.headers["mcp-session-id"];
  let transport = transports.get(id);
  if (id && !transport) return res.writeHead(404).end();
  if (!transport) {
    const onsessioninitialized = (id) => transports.set(id, transport);
    const onsessionclosed = (id) => transports.delete(id);
    const session = { sessionIdGenerator: randomUUID, onsessioninitialized, onsessionclosed };
    transport = new NodeStreamableHTTPServerTransport(session);
    await make({ era: "legacy" }).connect(transport);
  }
  return transport.handleRequest(req, res, body);
}

const handler = given.stdio ? undefined : createMcpHandler(make, { legacy: "reject" });

async function answer(req, res) {
  if (given.only2026) return toNodeHandler(handler)(req, res);
  const request = await toWebRequest(req);
  const body = req.method === "POST" ? await request.clone().json().catch(() => undefined) : undefined;
  return (await isLegacyRequest(request)) ? old(req, res, body) : toNodeHandler(handler)(req, res, body);
}

if (given.stdio) serveStdio(make, { legacy: given.only2026 ? "reject" : "serve" });
else await listen(createServer((req, res) => answer(req, res).catch((error) => res.destroy(error))), given);
