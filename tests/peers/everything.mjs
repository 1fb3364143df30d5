// A server on the TypeScript SDK 2.x with everything that the server scenarios of the conformance suite ask for, in both
// generations: sessions up to 2025-11-25, and 2026-07-28.
//
// Options, as JSON in the first argument:
//   only  "sessions" or "2026-07-28": it speaks nothing else
// One line of JSON with the URL is printed when it listens. It ends when standard input closes.
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CLIENT_CAPABILITIES_META_KEY, McpServer, MissingRequiredClientCapabilityError, ProtocolError, ResourceNotFoundError,
  ResourceTemplate, createMcpHandler, fromJsonSchema, inputRequired, isLegacyRequest,
} from "@modelcontextprotocol/server";
import {
  NodeStreamableHTTPServerTransport, localhostHostValidation, localhostOriginValidation, toNodeHandler, toWebRequest,
} from "@modelcontextprotocol/node";

const { only } = JSON.parse(process.argv[2] ?? "{}");
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const image = { type: "image", data: PIXEL, mimeType: "image/png" };
const audio = { type: "audio", data: "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=", mimeType: "audio/wav" };
const words = (text) => ({ type: "text", text });
const embedded = (uri) => ({ type: "resource", resource: { uri, mimeType: "text/plain", text: "An embedded resource." } });
const said = (...content) => ({ content: content.map((one) => (typeof one === "string" ? words(one) : one)) });
const object = (properties, required = Object.keys(properties)) => ({ type: "object", properties, required });
const string = { type: "string" };

// What a tool may ask the client.
const form = (message, requestedSchema) => ({ method: "elicitation/create", params: { mode: "form", message, requestedSchema } });
const name = form("What is your name?", object({ name: string }));
const sample = (text) => ({
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: words(text) }], maxTokens: 100 },
});
const roots = { method: "roots/list", params: {} };

// The state that a client gives back is signed.
const key = randomBytes(32);
const signature = (state) => createHmac("sha256", key).update(state).digest("base64url");
const seal = (state) => `${state}.${signature(state)}`;
function unseal(sealed) {
  const [state, signed] = sealed.split(".");
  if (signed !== signature(state)) throw new ProtocolError(-32602, "this state is not ours");
  return state;
}

const ask = (inputRequests, state) => inputRequired({ inputRequests, requestState: state && seal(state) });
const isAnswer = (value) => typeof value === "object" && value !== null;

// A tool that asks its questions until all are answered.
const asking = (questions, answer, state) => (args, call) => {
  const answered = Object.keys(questions).every((one) => isAnswer(call.answers[one]));
  return answered ? answer(call.answers, args) : ask(questions, state);
};

const choices = (...names) => names.map((one) => ({ const: one, title: `The ${one} one` }));
const defaults = object({
  name: { type: "string", default: "John Doe" },
  age: { type: "integer", default: 30 },
  score: { type: "number", default: 95.5 },
  status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
  verified: { type: "boolean", default: true },
}, []);
const enums = object({
  untitledSingle: { type: "string", enum: ["one", "two", "three"] },
  titledSingle: { type: "string", oneOf: choices("one", "two", "three") },
  legacyEnum: { type: "string", enum: ["one", "two"], enumNames: ["The first", "The second"] },
  untitledMulti: { type: "array", minItems: 1, maxItems: 3, items: { type: "string", enum: ["one", "two", "three"] } },
  titledMulti: { type: "array", minItems: 1, maxItems: 3, items: { anyOf: choices("one", "two", "three") } },
}, []);
const json202012 = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  ...object({ name: string, address: { $ref: "#/$defs/address" }, by: { type: "string", enum: ["phone", "email"] }, phone: string, email: string }, []),
  $defs: { address: { $anchor: "addressDef", ...object({ street: string, city: string }, []) } },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { by: { const: "phone" } }, required: ["by"] },
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

const accepted = (what) => (answers) => said(`${what}: ${JSON.stringify(answers)}`);

// By name: what a tool does, given its arguments and the call.
const tools = {
  test_simple_text: () => said("A simple text."),
  test_image_content: () => said(image),
  test_audio_content: () => said(audio),
  test_embedded_resource: () => said(embedded("test://embedded-resource")),
  test_multiple_content_types: () => said("Several kinds:", image, embedded("test://mixed-content-resource")),
  test_error_handling: () => ({ ...said("This tool fails on purpose."), isError: true }),
  async test_tool_with_logging(_, call) {
    for (const text of ["started", "at work", "done"]) {
      await call.log(text);
      await sleep(20);
    }
    return said("logged");
  },
  async test_tool_with_progress(_, call) {
    for (const progress of [0, 50, 100]) {
      await call.progress(progress);
      await sleep(20);
    }
    return said("done");
  },
  test_sampling: (args, call) => asking({ sample: sample(args.prompt) }, accepted("sampled"))(args, call),
  test_elicitation: (args, call) => asking({ form: form(args.message, object({ response: string })) }, accepted("told"))(args, call),
  test_elicitation_sep1034_defaults: asking({ form: form("Is all of this right?", defaults) }, accepted("told")),
  test_elicitation_sep1330_enums: asking({ form: form("Which ones?", enums) }, accepted("told")),
  async test_reconnection(_, call) {
    call.closeStream();
    await sleep(100);
    return said("reconnected");
  },
  json_schema_2020_12_tool: () => said("ok"),
  test_x_mcp_header: ({ region }) => said(`region: ${region}`),
  test_missing_capability(_, call) {
    if (call.capabilities.sampling) return said("ok");
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
  },
  test_streaming_elicitation: asking({ form: form("A word?", object({ response: string })) }, accepted("told")),
  async test_logging_tool(_, call) {
    await call.log("logged");
    return said("logged");
  },
  async test_trigger_tool_change() {
    handler.notify.toolsChanged();
    for (const server of sessions) await server.server.sendToolListChanged();
    return said("changed");
  },
  async test_trigger_prompt_change() {
    handler.notify.promptsChanged();
    for (const server of sessions) await server.server.sendPromptListChanged();
    return said("changed");
  },
  test_input_required_result_elicitation: asking({ user_name: name }, accepted("told")),
  test_input_required_result_sampling: asking({ capital: sample("What is the capital of France?") }, accepted("sampled")),
  test_input_required_result_list_roots: asking({ client_roots: roots }, accepted("roots")),
  test_input_required_result_request_state: (args, call) =>
    call.state === "asked" ? said("the state came back") : ask({ confirm: form("Is it?", object({ ok: { type: "boolean" } })) }, "asked"),
  test_input_required_result_tampered_state: (args, call) =>
    call.state === "asked" ? said("the state came back") : ask({ confirm: form("Is it?", object({ ok: { type: "boolean" } })) }, "asked"),
  test_input_required_result_multiple_inputs: asking(
    { user_name: name, greeting: sample("Greet me."), client_roots: roots }, accepted("told"), "several",
  ),
  test_input_required_result_multi_round(_, call) {
    if (call.state === "first" && isAnswer(call.answers.step1)) return ask({ step2: form("Your colour?", object({ colour: string })) }, "second");
    if (call.state === "second" && isAnswer(call.answers.step2)) return said("three rounds");
    return ask({ step1: name }, "first");
  },
  test_input_required_result_capabilities(_, { capabilities }) {
    const questions = {};
    if (capabilities.sampling) questions.sample = sample("Say hello.");
    if (capabilities.elicitation) questions.form = name;
    return ask(questions, "asked");
  },
};
const schemas = {
  test_sampling: object({ prompt: string }),
  test_elicitation: object({ message: string }),
  test_x_mcp_header: object({ region: { type: "string", "x-mcp-header": "Region" } }, []),
  json_schema_2020_12_tool: json202012,
};

const message = (...content) => ({ messages: content.map((one) => ({ role: "user", content: one })) });
const context = { user_context: form("Which context?", object({ context: string })) };
const prompts = {
  test_simple_prompt: () => message(words("A simple prompt.")),
  test_prompt_with_arguments: ({ arg1, arg2 }) => message(words(`Arguments: ${arg1}, ${arg2}`)),
  test_prompt_with_embedded_resource: ({ resourceUri }) => message(embedded(resourceUri), words("Look at it.")),
  test_prompt_with_image: () => message(image, words("Look at it.")),
  test_input_required_result_prompt: asking(context, (answers) => message(words(JSON.stringify(answers)))),
};
const promptArguments = {
  test_prompt_with_arguments: object({ arg1: string, arg2: string }),
  test_prompt_with_embedded_resource: object({ resourceUri: string }),
};

const resources = {
  "test://static-text": { mimeType: "text/plain", text: "A static text." },
  "test://static-binary": { mimeType: "image/png", blob: PIXEL },
  "test://watched-resource": { mimeType: "text/plain", text: "Watched." },
};

// The servers of the sessions, to tell them of changes.
const sessions = new Set();

function callOf(server, { mcpReq, http }) {
  return {
    answers: mcpReq.inputResponses ?? {},
    state: mcpReq.requestState(),
    capabilities: mcpReq._meta?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities() ?? {},
    closeStream: () => http?.closeSSE?.(),
    log: (text) => mcpReq.log("info", text),
    async progress(progress) {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken === undefined) return;
      await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
    },
  };
}

function make({ era }) {
  const list = { listChanged: true };
  const capabilities = { tools: list, prompts: list, resources: { ...list, subscribe: true }, logging: {}, completions: {} };
  const server = new McpServer({ name: "everything", version: "1.0.0" }, { capabilities, requestState: { verify: unseal } });
  for (const [name, tool] of Object.entries(tools)) {
    const inputSchema = fromJsonSchema(schemas[name] ?? object({}));
    server.registerTool(name, { description: `${name}.`, inputSchema }, tool);
  }
  // The SDK makes every error of a tool a result; here some are errors of the protocol.
  server.server.setRequestHandler("tools/call", ({ params }, ctx) => {
    const tool = Object.hasOwn(tools, params.name) ? tools[params.name] : undefined;
    if (!tool) throw new ProtocolError(-32602, `there is no tool ${params.name}`);
    return tool(params.arguments ?? {}, callOf(server, ctx));
  });
  for (const [name, prompt] of Object.entries(prompts)) {
    const argsSchema = fromJsonSchema(promptArguments[name] ?? object({}));
    server.registerPrompt(name, { description: `${name}.`, argsSchema }, (args, ctx) => prompt(args, callOf(server, ctx)));
  }
  for (const [uri, content] of Object.entries(resources)) {
    const { mimeType } = content;
    server.registerResource(uri.slice("test://".length), uri, { mimeType }, () => ({ contents: [{ uri, ...content }] }));
  }
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  server.registerResource("template", template, { mimeType: "text/plain" }, ({ href }, { id }) => {
    if (!id) throw new ResourceNotFoundError(href);
    return { contents: [{ uri: href, mimeType: "text/plain", text: `The data of ${id}` }] };
  });
  server.server.setRequestHandler("completion/complete", () => ({ completion: { values: [], total: 0, hasMore: false } }));
  if (era === "legacy") {
    for (const method of ["resources/subscribe", "resources/unsubscribe"]) server.server.setRequestHandler(method, () => ({}));
    server.server.onclose = () => sessions.delete(server);
    sessions.add(server);
  }
  return server;
}

// What was sent, for streams that break.
function makeEvents() {
  const events = [];
  return {
    async storeEvent(stream, message) {
      return String(events.push({ stream, message }));
    },
    getStreamIdForEventId: async (id) => events[id - 1]?.stream,
    async replayEventsAfter(last, { send }) {
      const { stream } = events[last - 1];
      for (const [index, event] of events.entries()) {
        const isMissed = index >= Number(last) && event.stream === stream && event.message.jsonrpc;
        if (isMissed) await send(String(index + 1), event.message);
      }
      return stream;
    },
  };
}

const transports = new Map();

// The sessions of the handshake.
async function old(req, res, body) {
  const id = req.headers["mcp-session-id"];
  let transport = transports.get(id);
  if (id && !transport) return res.writeHead(404).end();
  if (!transport) {
    transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: makeEvents(),
      retryInterval: 500,
      onsessioninitialized: (id) => transports.set(id, transport),
      onsessionclosed: (id) => transports.delete(id),
    });
    await make({ era: "legacy" }).connect(transport);
  }
  return transport.handleRequest(req, res, body);
}

const handler = createMcpHandler(make, { legacy: "reject" });
const [isOurHost, isOurOrigin] = [localhostHostValidation(), localhostOriginValidation()];

async function answer(req, res) {
  if (!isOurHost(req, res) || !isOurOrigin(req, res)) return undefined;
  if (only === "2026-07-28") return toNodeHandler(handler)(req, res);
  if (only === "sessions") return old(req, res);
  const request = await toWebRequest(req);
  const body = req.method === "POST" ? await request.clone().json().catch(() => undefined) : undefined;
  return (await isLegacyRequest(request)) ? old(req, res, body) : toNodeHandler(handler)(req, res, body);
}

const http = createServer((req, res) => answer(req, res).catch((error) => res.destroy(error)));
await new Promise((ready) => http.listen(0, "localhost", ready));
console.log(JSON.stringify({ url: `http://localhost:${http.address().port}/mcp` }));
process.stdin.on("close", () => process.exit(0)).resume();
