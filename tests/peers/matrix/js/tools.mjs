// What the servers do, whatever the SDK.
//
// A tool is given its arguments and `call`, what the SDK offers to it:
//   call.signal                            aborts when the call is cancelled
//   call.progress(step, total, message)    tells the progress
//   call.log(level, data)                  logs
//   call.ask({ key: { method, params } })  asks the client, answers by key; a tool may be run anew for each answer,
//                                          so it does nothing that matters before its last question
//   call.header(name)                      a header of the request, null where there is none
//   call.revision                          the protocol revision of the request
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const catalogue = JSON.parse(readFileSync(new URL("../catalogue.json", import.meta.url), "utf8"));

const text = (text) => ({ content: [{ type: "text", text }] });
const structured = (value) => ({ ...text(JSON.stringify(value)), structuredContent: value });
const elicit = (params) => ({ method: "elicitation/create", params });
const form = (message, requestedSchema) => elicit({ mode: "form", message, requestedSchema });
const only = (name) => ({ type: "object", properties: { [name]: catalogue.form.properties[name] }, required: [name] });
const page = (url) => elicit({ mode: "url", message: "Please open this page.", url });
const sample = (text) => ({
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text } }], maxTokens: 100 },
});
const roots = { method: "roots/list", params: {} };

// A header's value, which is wrapped in base64 where it is not plain ASCII.
function unwrapped(value) {
  const wrapped = /^=\?base64\?(.*)\?=$/.exec(value ?? "");
  return wrapped ? Buffer.from(wrapped[1], "base64").toString() : value;
}

// `base` is what the resources' URIs begin with. `touch` and `grow` tell all clients.
export function makeTools({ sdk, base, touch, grow }) {
  const runs = new Map();
  const run = (key) => runs.get(key) ?? runs.set(key, { started: 0, cancelled: 0 }).get(key);
  return {
    about: (_, call) => structured({ sdk, base, revision: call.revision }),
    echo: (args) => text(args.text),
    add: ({ a, b }) => structured({ sum: a + b }),
    mirror: ({ value }) => structured({ value }),
    fail: () => ({ ...text("failed on purpose"), isError: true }),
    "räw日本": (args) => text(`räw: ${args.text}`),
    routed: (args, call) => structured({ ...args, header: unwrapped(call.header("mcp-param-region")) }),
    content: () => ({ content: catalogue.content }),
    big: ({ bytes }) => text("0123456789abcdef".repeat(Math.ceil(bytes / 16)).slice(0, bytes)),
    async slow({ key, steps, delay, quiet }, call) {
      run(key).started++;
      for (let step = 1; step <= steps; step++) {
        if (!quiet) await call.progress(step, steps, `${key} ${step}`);
        await sleep(delay, undefined, { signal: call.signal }).catch((error) => {
          run(key).cancelled++;
          throw error;
        });
      }
      return text(key);
    },
    cancelled: ({ key }) => structured(run(key)),
    async touch({ uri }) {
      await touch(uri);
      return text("touched");
    },
    async log({ token }, call) {
      await call.log("info", { token, level: "info" });
      await call.log("debug", { token, level: "debug" });
      return text("logged");
    },
    async ask({ message }, call) {
      return structured((await call.ask({ form: form(message, catalogue.form) })).form);
    },
    async visit({ url }, call) {
      return structured((await call.ask({ page: page(url) })).page);
    },
    async sample(args, call) {
      const { model, content } = (await call.ask({ sample: sample(args.text) })).sample;
      return structured({ model, text: content.text });
    },
    async roots(_, call) {
      return structured({ roots: (await call.ask({ roots })).roots.roots });
    },
    async rounds(_, call) {
      const { name } = (await call.ask({ first: form("Your name?", only("name")) })).first.content;
      const { colour } = (await call.ask({ second: form(`${name}, your colour?`, only("colour")) })).second.content;
      return structured({ name, colour });
    },
    async many(_, call) {
      const answers = await call.ask({ form: form("Your name?", only("name")), sample: sample("both"), roots });
      const { content } = answers.sample;
      return structured({ name: answers.form.content.name, text: content.text, roots: answers.roots.roots.length });
    },
    async grow({ name }) {
      await grow(name);
      return text("grown");
    },
  };
}

export const grownTool = (name) => ({ name, description: `Grown: ${name}.`, inputSchema: { type: "object" } });

export const makeResources = (base) => ({
  template: { uriTemplate: `${base}items/{id}`, name: "item", mimeType: "text/plain" },
  list: [
    { uri: `${base}notes/today`, name: "today", mimeType: "text/plain", description: "A note." },
    { uri: `${base}notes/bytes`, name: "bytes", mimeType: "application/octet-stream" },
  ],
  // The content at a URI, or undefined.
  read(uri) {
    const id = uri.startsWith(`${base}items/`) && uri.slice(`${base}items/`.length);
    if (id) return { uri, mimeType: "text/plain", text: `item ${id}` };
    const [today, bytes] = this.list;
    if (uri === today.uri) return { uri, mimeType: today.mimeType, text: "today: räw 日本" };
    if (uri === bytes.uri) return { uri, mimeType: bytes.mimeType, blob: "AAH+/w==" };
    return undefined;
  },
});

export const greeting = ({ who, tone }) => ({
  description: "A greeting.",
  messages: [{ role: "user", content: { type: "text", text: `Greet ${who}${tone ? `, ${tone}` : ""}.` } }],
});

const known = { who: catalogue.people, id: catalogue.items };
export const completions = (name, value) => (known[name] ?? []).filter((one) => one.startsWith(value));

// The options of a server's command line: --stdio | --sse | nothing for Streamable HTTP, --port N, --name NAME,
// --only-2026, --tied.
export function options(sdk) {
  const given = (name) => process.argv.includes(name);
  const value = (name) => (given(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
  const name = value("--name") ?? sdk;
  const port = Number(value("--port") ?? process.env.PORT ?? 0);
  const [stdio, sse, only2026, tied] = ["--stdio", "--sse", "--only-2026", "--tied"].map(given);
  return { sdk, name, base: `${name}://`, port, stdio, sse, only2026, tied };
}

// Listens, prints one line of JSON with the URL, and ends with standard input if it is tied to it.
export async function listen(http, { port, sse, tied }) {
  await new Promise((ready) => http.listen(port, "127.0.0.1", ready));
  console.log(JSON.stringify({ url: `http://127.0.0.1:${http.address().port}/${sse ? "sse" : "mcp"}` }));
  if (tied) process.stdin.on("close", () => process.exit(0)).resume();
}
