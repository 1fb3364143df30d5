// A real browser without a window, driven line by line. Names that end in .test are this machine.
//
// Standard input takes one JSON object a line, and each is answered with one line {url, status, text, error}:
//   {"do": "open", "url"}                  follows a link
//   {"do": "press", "what", "within"}      presses the button with this text, in the element that this selector finds
//   {"do": "click", "what", "within"}      the same for a button that then says something else
//   {"do": "fill", "name", "value"}        fills a field
//   {"do": "until", "part", "url"}         follows a link up to the first address that has this part, which is not asked for
//   {"do": "run", "script"}                runs a script in the page; its result is the text
//   {"do": "renew", "scripted"}            forgets all cookies and pages; from now on pages have scripts, or none
// The first argument is the browser's path. It ends when standard input closes.
import readline from "node:readline";
import { chromium } from "playwright-core";

const quiet = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.test 127.0.0.1",
];
const patience = 20_000;
const browser = await chromium.launch({ executablePath: process.argv[2], args: quiet, headless: true });
let page, status;

async function renew({ scripted }) {
  await page?.context().close();
  const context = await browser.newContext({ javaScriptEnabled: scripted });
  await context.grantPermissions(["clipboard-write"]);
  page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on("response", (response) => {
    if (response.request().isNavigationRequest() && response.frame() === page.mainFrame()) status = response.status();
  });
}

const button = ({ what, within }) => page.locator(within ?? "body").getByRole("button", { name: what, exact: true });

const actions = {
  renew,
  open: ({ url }) => page.goto(url),
  fill: ({ name, value }) => page.locator(`[name="${name}"]`).fill(value),
  async click(order) {
    await button(order).click();
    await button(order).waitFor({ state: "hidden" });
  },
  async press(order) {
    const loaded = page.waitForEvent("load");
    await button(order).click();
    await loaded;
  },
  async until({ part, url }) {
    // The driver's own way to stop requests passes over those that a redirect leads to.
    const wire = await page.context().newCDPSession(page);
    await wire.send("Fetch.enable", { patterns: [{ urlPattern: `*${part}*` }] });
    const paused = new Promise((resolve, reject) => {
      wire.once("Fetch.requestPaused", resolve);
      setTimeout(() => reject(new Error(`${part} was not reached`)), patience).unref();
    });
    const opened = page.goto(url).catch(() => {});
    const { requestId, request } = await paused;
    await wire.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
    await opened;
    await wire.detach();
    return request.url;
  },
  async run({ script }) {
    return JSON.stringify(await page.evaluate(script));
  },
};

await renew({ scripted: true });
console.log("ready");
for await (const line of readline.createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  try {
    const result = await actions[order.do](order);
    const text = typeof result === "string" ? result : await page.locator("body").innerText();
    console.log(JSON.stringify({ url: page.url(), status, text }));
  } catch (error) {
    const text = await page.locator("body").innerText().catch(() => "");
    console.log(JSON.stringify({ url: page.url(), status, text, error: String(error) }));
  }
}
await browser.close();
