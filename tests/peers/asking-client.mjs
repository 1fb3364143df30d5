// A client of an official SDK that opens pages for its user: it calls one tool, and when it is asked to open an address
// (elicitation in URL mode) it prints {"open": URL} and accepts at once. Then it prints {"text": …}.
// Arguments: the URL of the server, the tool, and "2025-11-25" (SDK 1.x) or "2026-07-28" (SDK 2.x).
const [url, name, revision] = process.argv.slice(2);
const say = (line) => console.log(JSON.stringify(line));
const answer = ({ params }) => {
  if (params.mode !== "url") return { action: "decline" };
  say({ open: params.url });
  return { action: "accept" };
};
const about = { name: "asking-client", version: "1.0.0" };
const capabilities = { elicitation: { form: {}, url: {} } };

async function older() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { ElicitRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
  const client = new Client(about, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, answer);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

async function newer() {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const client = new Client(about, { capabilities, versionNegotiation: { mode: { pin: revision } } });
  client.setRequestHandler("elicitation/create", answer);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

const client = await (revision === "2026-07-28" ? newer() : older());
const result = await client.callTool({ name, arguments: { text: "hello" } });
say({ text: result.content[0].text });
await client.close();
