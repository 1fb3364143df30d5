// The client of the matrix on the TypeScript SDK 1.x. Arguments: URL or command, "legacy", prefix of the names.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { isSse, run } from "./features.mjs";

await run(async (target, mode, handlers) => {
  const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } };
  const client = new Client({ name: "matrix-ts-old", version: "1.0.0" }, { capabilities });
  for (const schema of [ElicitRequestSchema, CreateMessageRequestSchema, ListRootsRequestSchema]) {
    client.setRequestHandler(schema, ({ method, params }) => handlers.ask(method, params));
  }
  client.fallbackNotificationHandler = async ({ method, params }) => void handlers.told(method, params);
  const [command, ...args] = target.split(/\s+/);
  const transport = target.startsWith("http")
    ? new (isSse(target) ? SSEClientTransport : StreamableHTTPClientTransport)(new URL(target))
    : new StdioClientTransport({ command, args, stderr: "ignore" });
  await client.connect(transport);
  return {
    revision: transport.protocolVersion ?? "unknown",
    modern: false,
    greeting: `${client.getServerVersion().name}: ${client.getInstructions()}`,
    listTools: () => client.listTools(),
    listResources: () => client.listResources(),
    listTemplates: () => client.listResourceTemplates(),
    listPrompts: () => client.listPrompts(),
    read: (uri) => client.readResource({ uri }),
    getPrompt: (params) => client.getPrompt(params),
    complete: (params) => client.complete(params),
    call: (params, { signal, onprogress } = {}) => client.callTool(params, undefined, { signal, onprogress }),
    async logs(level, run) {
      await client.setLoggingLevel(level);
      await run();
    },
    async watch({ uri }) {
      if (!uri) return () => {};
      await client.subscribeResource({ uri });
      return () => client.unsubscribeResource({ uri });
    },
    close: () => client.close(),
  };
});
