// The server of the matrix on the TypeScript SDK 1.x: handshake and sessions. Options: see `options` in tools.mjs.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema, CompleteRequestSchema, CreateMessageResultSchema, ElicitResultSchema, GetPromptRequestSchema,
  ListPromptsRequestSchema, ListResourceTemplatesRequestSchema, ListResourcesRequestSchema, ListRootsResultSchema,
  ListToolsRequestSchema, McpError, ReadResourceRequestSchema, SubscribeRequestSchema, UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { catalogue, completions, greeting, grownTool, listen, makeResources, makeTools, options } from "./tools.mjs";

const given = options("ts-old");
const listed = [...catalogue.tools];
const sessions = new Set();
const resources = makeResources(given.base);
const tools = makeTools({
  ...given,
  touch(uri) {
    const told = [...sessions].filter(({ watched }) => watched.has(uri));
    return Promise.all(told.map(({ server }) => server.sendResourceUpdated({ uri })));
  },
  grow(name) {
    listed.push(grownTool(name));
    return Promise.all([...sessions].map(({ server }) => server.sendToolListChanged()));
  },
});
const results = {
  "elicitation/create": ElicitResultSchema,
  "sampling/createMessage": CreateMessageResultSchema,
  "roots/list": ListRootsResultSchema,
};

function callOf(server, extra) {
  const tell = (method, params) => extra.sendNotification({ method, params });
  async function ask({ method, params }) {
    const elicitationId = params.mode === "url" ? randomUUID() : undefined;
    const answer = await extra.sendRequest({ method, params: { ...params, elicitationId } }, results[method]);
    if (elicitationId) await tell("notifications/elicitation/complete", { elicitationId });
    return answer;
  }
  return {
    signal: extra.signal,
    revision: extra.requestInfo?.headers["mcp-protocol-version"] ?? null,
    header: (name) => extra.requestInfo?.headers[name] ?? null,
    log: (level, data) => server.sendLoggingMessage({ level, logger: "matrix", data }, extra.sessionId),
    async progress(progress, total, message) {
      const progressToken = extra._meta?.progressToken;
      if (progressToken === undefined) return;
      await tell("notifications/progress", { progressToken, progress, total, message });
    },
    async ask(questions) {
      const answered = Object.entries(questions).map(async ([key, question]) => [key, await ask(question)]);
      return Object.fromEntries(await Promise.all(answered));
    },
  };
}

async function serve(transport) {
  const capabilities = {
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    prompts: {},
    logging: {},
    completions: {},
  };
  const info = { name: given.name, version: "1.0.0" };
  const server = new Server(info, { capabilities, instructions: catalogue.instructions });
  const session = { server, watched: new Set() };
  const on = (schema, answer) => server.setRequestHandler(schema, ({ params }, extra) => answer(params, extra));
  on(ListToolsRequestSchema, () => ({ tools: listed }));
  on(CallToolRequestSchema, ({ name, arguments: args = {} }, extra) => {
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
    if (tool) return tool(args, callOf(server, extra));
    if (listed.some((one) => one.name === name)) return { content: [{ type: "text", text: name }] };
    throw new McpError(-32602, `Unknown tool: ${name}`);
  });
  on(ListResourcesRequestSchema, () => ({ resources: resources.list }));
  on(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [resources.template] }));
  on(ReadResourceRequestSchema, ({ uri }) => {
    const content = resources.read(uri);
    if (!content) throw new McpError(-32002, "Resource not found", { uri });
    return { contents: [content] };
  });
  on(SubscribeRequestSchema, ({ uri }) => (session.watched.add(uri), {}));
  on(UnsubscribeRequestSchema, ({ uri }) => (session.watched.delete(uri), {}));
  on(ListPromptsRequestSchema, () => ({ prompts: catalogue.prompts }));
  on(GetPromptRequestSchema, ({ name, arguments: args }) => {
    if (name === "greet") return greeting(args);
    const { code, message, data } = catalogue.promptError;
    throw name === "broken" ? new McpError(code, message, data) : new McpError(-32602, `Unknown prompt: ${name}`);
  });
  on(CompleteRequestSchema, ({ argument: { name, value } }) => ({ completion: { values: completions(name, value) } }));
  server.onclose = () => sessions.delete(session);
  sessions.add(session);
  await server.connect(transport);
}

const transports = new Map();

// The transport of 2024-11-05: a stream at /sse, messages at /messages.
async function answerSse(req, res) {
  if (req.method === "GET") {
    const transport = new SSEServerTransport("/messages", res);
    transports.set(transport.sessionId, transport);
    res.on("close", () => transports.delete(transport.sessionId));
    return serve(transport);
  }
  const transport = transports.get(new URL(req.url, "http://localhost").searchParams.get("sessionId"));
  return transport ? transport.handlePostMessage(req, res) : res.writeHead(404).end();
}

async function answer(req, res) {
  if (given.sse) return answerSse(req, res);
  const id = req.headers["mcp-session-id"];
  let transport = transports.get(id);
  if (id && !transport) return res.writeHead(404).end();
  if (!transport) {
    const onsessioninitialized = (id) => transports.set(id, transport);
    const onsessionclosed = (id) => transports.delete(id);
    const session = { sessionIdGenerator: randomUUID, onsessioninitialized, onsessionclosed };
    transport = new StreamableHTTPServerTransport(session);
    await serve(transport);
  }
  return transport.handleRequest(req, res);
}

if (given.stdio) await serve(new StdioServerTransport());
else await listen(createServer((req, res) => answer(req, res).catch((error) => res.destroy(error))), given);
