// The client of the matrix on the TypeScript SDK 2.x. Arguments: URL or command, "auto" | "2026-07-28" | "legacy",
// prefix of the names.
import { Client, LOG_LEVEL_META_KEY, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { run } from "./features.mjs";

await run(async (target, mode, handlers) => {
  const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } };
  const versionNegotiation = { mode: ["auto", "legacy"].includes(mode) ? mode : { pin: mode } };
  const client = new Client({ name: "matrix-ts-new", version: "1.0.0" }, { capabilities, versionNegotiation });
  for (const method of ["elicitation/create", "sampling/createMessage", "roots/list"]) {
    client.setRequestHandler(method, ({ params }) => handlers.ask(method, params));
  }
  client.fallbackNotificationHandler = async ({ method, params }) => void handlers.told(method, params);
  const [command, ...args] = target.split(/\s+/);
  const transport = target.startsWith("http")
    ? new StreamableHTTPClientTransport(new URL(target))
    : new StdioClientTransport({ command, args, stderr: "ignore" });
  await client.connect(transport);
  const modern = client.getProtocolEra() === "modern";
  return {
    revision: client.getNegotiatedProtocolVersion(),
    modern,
    greeting: `${client.getServerVersion()?.name}: ${client.getInstructions()}`,
    listTools: () => client.listTools(),
    listResources: () => client.listResources(),
    listTemplates: () => client.listResourceTemplates(),
    listPrompts: () => client.listPrompts(),
    read: (uri) => client.readResource({ uri }),
    getPrompt: (params) => client.getPrompt(params),
    complete: (params) => client.complete(params),
    call: (params, { signal, onprogress } = {}) => client.callTool(params, { signal, onprogress }),
    async logs(level, run) {
      if (modern) return run({ [LOG_LEVEL_META_KEY]: level });
      await client.setLoggingLevel(level);
      return run();
    },
    async watch({ uri, tools }) {
      if (modern) {
        const subscription = await client.listen(uri ? { resourceSubscriptions: [uri] } : { toolsListChanged: tools });
        return () => subscription.close();
      }
      if (!uri) return () => {};
      await client.subscribeResource({ uri });
      return () => client.unsubscribeResource({ uri });
    },
    close: () => client.close(),
  };
});
