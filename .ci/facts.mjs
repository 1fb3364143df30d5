// An MCP server with one tool, which says whether what servers in node use works: processors, memory, network, programs.
import os from "node:os";
import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline";

function facts() {
  const works = {
    processors: os.cpus().length > 0,
    memory: os.totalmem() > 0,
    network: Object.keys(os.networkInterfaces()).length > 0,
    programs: spawnSync("/bin/echo", ["hello"]).stdout?.toString() === "hello\n",
  };
  const broken = Object.keys(works).filter((name) => !works[name]);
  return broken.length === 0 ? "node works" : `broken: ${broken}`;
}

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "facts", version: "1" },
  }),
  "tools/list": () => ({ tools: [{ name: "facts", inputSchema: { type: "object" } }] }),
  "tools/call": () => ({ content: [{ type: "text", text: facts() }] }),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const answer = answers[method];
  const said = answer ? { result: answer(params) } : { error: { code: -32601, message: "no such method" } };
  console.log(JSON.stringify({ jsonrpc: "2.0", id, ...said }));
});
