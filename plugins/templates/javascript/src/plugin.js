// Logins at Acme Inc. What is not said here is as the RFCs and the MCP specification say.
import { describe, guide, guides, profile, row, rule, rules, scope, serverHost, step, table } from "./mcphub.js";

export const identity = describe({
  id: "acme",
  version: "0.1.0",
  title: "Acme Inc",
  description: "Logins at Acme Inc",
  // Every host that the plugin may name; a person sees them before trusting it.
  hosts: ["@HOSTS@"],
});

export const matching = rules(rule("mcp", serverHost("mcp.acme.example")));

// [guide]
export const registration = profile("registration", { preference: ["setup"] });

// The steps are a guess: correct them, and the date, with the provider's page before you.
export const setup = guides(
  guide("Application", "https://mcp.acme.example/", "2026-01-01", [
    step("Create an application.", "Name", "MCPHub"),
    step("Enter the redirect URI.", "Redirect URI", "{redirect-uri}"),
    step("Copy the client ID and the client secret."),
  ]),
);
// [/guide]

// [pkce]
// The metadata does not list S256: make sure that it works, and write down where that is said.
export const authorization = profile("authorization", { pkce: "supported" });
// [/pkce]

// [scopes]
export const scopes = profile("scopes", { catalogue: ["@SCOPES@"].map((name) => scope(name, name)) });
// [/scopes]

// A guess: each refresh brings a new refresh token.
export const refresh = profile("refresh", { rotation: "single-use" });

export const errors = table(row("access_denied", "user-denied", "the sign-in at Acme Inc was cancelled"));
