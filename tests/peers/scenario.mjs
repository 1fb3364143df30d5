// The client of a client scenario of the conformance suite, on the TypeScript SDK 2.x: it does at the hub what the scenario wants
// done at the suite's server. The suite says in the environment which scenario it is and what to call.
//
// Arguments: the URL; "2026-07-28" for that revision and nothing else, anything else for the handshake.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url, revision] = process.argv.slice(2);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT || "{}");

const mode = revision === "2026-07-28" ? { pin: revision } : "legacy";
const capabilities = { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: { listChanged: true } };
const client = new Client({ name: "scenario", version: "1.0.0" }, { capabilities, versionNegotiation: { mode } });
const content = scenario === "elicitation-sep1034-client-defaults" ? {} : { confirmed: true };
client.setRequestHandler("elicitation/create", () => ({ action: "accept", content }));
client.setRequestHandler("roots/list", () => ({ roots: [] }));
client.setRequestHandler("sampling/createMessage", () => ({
  role: "assistant", model: "none", content: { type: "text", text: "ok" },
}));

let failed = 0;
async function attempt(what, action) {
  try {
    return await action();
  } catch (error) {
    failed++;
    console.error(`${what}: ${error.message}`);
    return {};
  }
}
const call = (name, args = {}) => attempt(`tools/call ${name}`, () => client.callTool({ name, arguments: args }));

await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const { tools = [] } = await attempt("tools/list", () => client.listTools());

const steps = {
  // Its server has no tools and says so.
  "request-metadata": () => (failed = 0),
  tools_call: () => call("add_numbers", { a: 5, b: 3 }),
  "sse-retry": () => call("test_reconnection"),
  "elicitation-sep1034-client-defaults": () => call("test_client_elicitation_defaults"),
  async "sep-2322-client-request-state"() {
    for (const name of ["test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_unrelated"]) await call(name);
    // A client may refuse a result without its type; only a second call is wrong.
    const before = failed;
    await call("test_mrtr_no_result_type");
    failed = before;
  },
  async "http-standard-headers"() {
    await call(tools[0]?.name);
    const { resources = [] } = await attempt("resources/list", () => client.listResources());
    await attempt("resources/read", () => client.readResource({ uri: resources[0].uri }));
    const { prompts = [] } = await attempt("prompts/list", () => client.listPrompts());
    await attempt("prompts/get", () => client.getPrompt({ name: prompts[0].name }));
  },
  async "http-custom-headers"() {
    for (const { name, arguments: args } of context.toolCalls ?? []) await call(name, args);
  },
  async "http-invalid-tool-headers"() {
    for (const { name } of tools) await call(name, { region: "us-west1" });
  },
  async "json-schema-2020-12-preservation"() {
    const { inputSchema } = tools.find(({ name }) => name === "json_schema_2020_12_tool") ?? {};
    await call("json_schema_echo", { schema: inputSchema });
  },
};
await steps[scenario]?.();
await client.close().catch(() => {});
process.exit(failed ? 1 : 0);
