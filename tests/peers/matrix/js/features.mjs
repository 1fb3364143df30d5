// What the clients try, whatever the SDK. Prints one line of JSON for each feature.
//
// `connect(target, mode, handlers)` gives the SDK's side of it:
//   revision, modern, greeting      what was negotiated, and with whom
//   listTools, listResources, listTemplates, listPrompts, read, getPrompt, complete, call
//   logs(level, run)                runs with that log level; `run` is given the `_meta` that a call must carry
//   watch({ uri, tools })           from now on updates of the URI, or changes of the tools, arrive; gives a function
//                                   that ends it
//   close
// and calls handlers.ask(method, params) for a question, handlers.told(method, params) for a notification.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { catalogue } from "./tools.mjs";

const LIMIT = 10_000;
const QUIET = 300; // how long nothing must arrive where nothing may
const UPDATED = "notifications/resources/updated";
const TOOLS = "notifications/tools/list_changed";
const LOG = "notifications/message";
const { answers, form } = catalogue;

// A question is answered by its own words and its schema.
function answerTo(method, params) {
  if (method === "roots/list") return { roots: catalogue.roots };
  if (method === "sampling/createMessage") {
    const { text } = [params.messages[0].content].flat()[0];
    const content = { type: "text", text: `sampled ${text}` };
    return { role: "assistant", model: "matrix-model", content, stopReason: "endTurn" };
  }
  if (params.mode === "url") return { action: "accept" };
  if (params.message.includes("refuse")) return { action: "decline" };
  const asked = Object.keys(params.requestedSchema.properties);
  return { action: "accept", content: Object.fromEntries(asked.map((name) => [name, answers[name]])) };
}

async function eventually(check, what) {
  for (const end = Date.now() + LIMIT - 1000; Date.now() < end; ) {
    const value = await check();
    if (value) return value;
    await sleep(50);
  }
  throw new Error(`never: ${what}`);
}

function waiting(events, name, check) {
  let stop;
  const seen = new Promise((resolve) => {
    const on = (params) => check(params) && resolve(params);
    events.on(name, on);
    stop = () => events.off(name, on);
  });
  return { seen, stop };
}

// Whether the transport of 2024-11-05 is at this address.
export const isSse = (target) => new URL(target).pathname.startsWith("/sse");

export async function run(connect) {
  const [target, mode, prefix = ""] = process.argv.slice(2);
  const events = new EventEmitter();
  const asked = [];
  const handlers = {
    told: (method, params) => events.emit(method, params),
    ask(method, params) {
      asked.push({ method, params });
      return answerTo(method, params);
    },
  };
  let peer;
  let about;
  let listed = [];
  // The name that a hub may have given to a tool.
  const named = (name) => {
    const { description } = catalogue.tools.find((tool) => tool.name === name);
    const mine = listed.filter((tool) => tool.name.startsWith(prefix));
    const exact = mine.find((tool) => tool.name === prefix + name);
    return (exact ?? mine.find((tool) => tool.description === description))?.name ?? prefix + name;
  };
  const call = (name, args = {}, options) =>
    peer.call({ name: named(name), arguments: args, _meta: options?.meta }, options);
  const value = async (...args) => {
    const { structuredContent, isError, content } = await call(...args);
    assert.ok(!isError, content?.[0]?.text);
    return structuredContent;
  };
  const text = async (...args) => (await call(...args)).content[0].text;
  const refused = async (promise) => {
    const error = await promise.then((value) => assert.fail(`not refused: ${JSON.stringify(value)}`), (error) => error);
    if (error instanceof assert.AssertionError) throw error;
    return error;
  };
  async function cancelling(quiet) {
    const key = randomUUID();
    const abort = new AbortController();
    const onprogress = quiet ? undefined : () => abort.abort("enough");
    const ended = refused(call("slow", { key, steps: 40, delay: 200, quiet }, { signal: abort.signal, onprogress }));
    if (quiet) {
      await eventually(async () => (await value("cancelled", { key })).started, "the call arrives");
      abort.abort("enough");
    }
    const error = await ended;
    const started = Date.now();
    await eventually(async () => (await value("cancelled", { key })).cancelled === 1, "the server hears of it");
    return `${error.message}; the server knew after ${Date.now() - started} ms`;
  }

  const features = {
    async connect() {
      peer = await connect(target, mode, handlers);
      if (mode !== "auto") assert.equal(peer.modern, mode === "2026-07-28");
      return `${peer.revision} with ${peer.greeting}`;
    },
    async list_tools() {
      listed = (await peer.listTools()).tools;
      for (const { name, inputSchema, outputSchema, annotations } of catalogue.tools) {
        const tool = listed.find((tool) => tool.name === named(name));
        assert.ok(tool, `${name} is missing`);
        assert.deepEqual(tool.inputSchema, inputSchema);
        assert.deepEqual(tool.outputSchema, outputSchema);
        assert.deepEqual(tool.annotations, annotations);
      }
      return `${listed.length} tools`;
    },
    async call() {
      about = await value("about");
      assert.equal(await text("echo", { text: "hello" }), "hello");
      return JSON.stringify(about);
    },
    async structured() {
      assert.deepEqual(await value("add", { a: 0.1, b: 0.2 }), { sum: 0.1 + 0.2 });
    },
    async content() {
      assert.deepEqual((await call("content")).content, catalogue.content);
    },
    async tool_error() {
      const { isError, content } = await call("fail");
      assert.deepEqual([isError, content], [true, [{ type: "text", text: "failed on purpose" }]]);
    },
    async unicode_name() {
      assert.equal(await text("räw日本", { text: "x" }), "räw: x");
      return named("räw日本");
    },
    async header() {
      const args = { region: " zürich 日本", text: "x" };
      const { header, ...rest } = await value("routed", args);
      assert.deepEqual(rest, args);
      assert.ok(header === null || header === args.region, `the header says ${header}`);
      return `header: ${header}`;
    },
    async odd() {
      assert.deepEqual(await value("mirror", { value: catalogue.odd }), { value: catalogue.odd });
    },
    async big() {
      assert.equal((await text("big", { bytes: 1_000_000 })).length, 1_000_000);
      // Less than a megabyte even where each of them is escaped: a client may refuse longer events.
      const long = "ä".repeat(150_000);
      assert.ok((await text("echo", { text: long })) === long);
    },
    async progress() {
      const seen = [];
      const onprogress = (progress) => seen.push(progress);
      assert.equal(await text("slow", { key: "p", steps: 3, delay: 20 }, { onprogress }), "p");
      assert.deepEqual(seen, [1, 2, 3].map((progress) => ({ progress, total: 3, message: `p ${progress}` })));
    },
    cancel: () => cancelling(false),
    cancel_silent: () => cancelling(true),
    async parallel() {
      const calls = Array.from({ length: 20 }, async (_, index) => {
        const key = `parallel ${index}`;
        const seen = [];
        const onprogress = ({ message }) => seen.push(message);
        assert.equal(await text("slow", { key, steps: 3, delay: 20 }, { onprogress }), key);
        assert.deepEqual(seen, [1, 2, 3].map((step) => `${key} ${step}`));
      });
      await Promise.all(calls);
    },
    async resources() {
      const { resources } = await peer.listResources();
      const find = (name) => resources.find(({ uri }) => uri === `${about.base}notes/${name}`);
      const [today, bytes] = [find("today"), find("bytes")];
      const wanted = { uri: today.uri, mimeType: "text/plain", text: "today: räw 日本" };
      assert.equal(today.mimeType, "text/plain");
      assert.deepEqual((await peer.read(today.uri)).contents, [wanted]);
      assert.equal((await peer.read(bytes.uri)).contents[0].blob, "AAH+/w==");
    },
    async templates() {
      const { resourceTemplates } = await peer.listTemplates();
      assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === `${about.base}items/{id}`));
      assert.equal((await peer.read(`${about.base}items/7`)).contents[0].text, "item 7");
    },
    async missing_resource() {
      const uri = `${about.base}notes/none`;
      const { code, data } = await refused(peer.read(uri));
      assert.ok([-32602, -32002].includes(code), `code ${code}`);
      assert.deepEqual(data, { uri });
      return `code ${code}`;
    },
    async prompts() {
      const { prompts } = await peer.listPrompts();
      const greet = prompts.find(({ name }) => name === `${prefix}greet`);
      assert.deepEqual(greet.arguments.map(({ name, required }) => [name, required]), [["who", true], ["tone", false]]);
      const { messages } = await peer.getPrompt({ name: greet.name, arguments: { who: "Ädä", tone: "kindly" } });
      assert.equal(messages[0].content.text, "Greet Ädä, kindly.");
    },
    async prompt_error() {
      const { code, message, data } = await refused(peer.getPrompt({ name: `${prefix}broken` }));
      assert.deepEqual([code, data], [catalogue.promptError.code, catalogue.promptError.data], message);
      assert.ok(message.includes(catalogue.promptError.message), message);
    },
    async completion() {
      const ofPrompt = { ref: { type: "ref/prompt", name: `${prefix}greet` }, argument: { name: "who", value: "a" } };
      assert.deepEqual((await peer.complete(ofPrompt)).completion.values, ["ada", "alan"]);
      const template = { type: "ref/resource", uri: `${about.base}items/{id}` };
      const ofTemplate = { ref: template, argument: { name: "id", value: "1" } };
      assert.deepEqual((await peer.complete(ofTemplate)).completion.values, ["1", "10"]);
    },
    async subscribe() {
      const uri = `${about.base}notes/today`;
      const end = await peer.watch({ uri });
      const updated = waiting(events, UPDATED, (params) => params.uri === uri);
      await call("touch", { uri });
      await updated.seen;
      updated.stop();
      await end();
      await sleep(QUIET); // what was on its way comes over another stream than the answer
      let late = 0;
      const more = waiting(events, UPDATED, (params) => params.uri === uri && late++);
      await call("touch", { uri });
      await sleep(QUIET);
      more.stop();
      assert.equal(late, 0, "an update after the end");
    },
    async logging() {
      for (const [level, wanted] of [["info", ["info"]], ["debug", ["debug", "info"]]]) {
        const token = randomUUID();
        const seen = [];
        const on = (params) => void (params.data?.token === token && seen.push(params));
        events.on(LOG, on);
        await peer.logs(level, (meta) => call("log", { token }, { meta }));
        await eventually(() => seen.length >= wanted.length, `the messages at ${level}`);
        await sleep(QUIET);
        events.off(LOG, on);
        assert.deepEqual(seen.map(({ level }) => level).sort(), wanted);
        assert.ok(seen.every(({ logger }) => logger === "matrix"));
      }
    },
    async elicit_form() {
      assert.deepEqual(await value("ask", { message: "Who are you?" }), { action: "accept", content: answers });
      const { params } = asked.at(-1);
      assert.deepEqual([params.message, params.requestedSchema], ["Who are you?", form]);
    },
    async elicit_decline() {
      assert.equal((await value("ask", { message: "Please refuse." })).action, "decline");
    },
    async elicit_url() {
      const url = `https://example.com/${randomUUID()}?q=%20ä`;
      let completed = false;
      const complete = waiting(events, "notifications/elicitation/complete", () => (completed = true));
      assert.equal((await value("visit", { url })).action, "accept");
      complete.stop();
      const { params } = asked.at(-1);
      assert.deepEqual([params.mode, params.url], ["url", url]);
      return `elicitationId: ${"elicitationId" in params}, notifications/elicitation/complete: ${completed}`;
    },
    async sampling() {
      assert.deepEqual(await value("sample", { text: "this" }), { model: "matrix-model", text: "sampled this" });
    },
    async roots() {
      assert.deepEqual(await value("roots"), { roots: catalogue.roots });
    },
    async rounds() {
      assert.deepEqual(await value("rounds"), { name: answers.name, colour: answers.colour });
      assert.equal(asked.at(-1).params.message, `${answers.name}, your colour?`);
    },
    async many() {
      assert.deepEqual(await value("many"), { name: answers.name, text: "sampled both", roots: 1 });
    },
    async list_changed() {
      const end = await peer.watch({ tools: true });
      const changed = waiting(events, TOOLS, () => true);
      const name = `grown-${randomUUID().slice(0, 8)}`;
      await call("grow", { name });
      await changed.seen;
      changed.stop();
      await end();
      const shown = prefix + name;
      const isListed = async () => (await peer.listTools()).tools.some((tool) => tool.name === shown);
      await eventually(isListed, "the new tool is listed");
      assert.equal((await peer.call({ name: shown, arguments: {} })).content[0].text, name);
    },
  };

  let green = true;
  for (const [feature, attempt] of Object.entries(features)) {
    const line = { feature, ok: true };
    try {
      if (feature !== "connect") assert.ok(peer, "not connected");
      const late = sleep(LIMIT, undefined, { ref: false }).then(() => assert.fail(`no end within ${LIMIT / 1000} s`));
      line.detail = await Promise.race([attempt(), late]);
    } catch (error) {
      green = line.ok = false;
      line.detail = `${error.code ?? ""} ${error.message}`.trim().slice(0, 500);
    }
    console.log(JSON.stringify(line));
  }
  await Promise.race([peer?.close(), sleep(2000, undefined, { ref: false })]).catch(() => {});
  process.exit(green ? 0 : 1);
}
