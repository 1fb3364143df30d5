// Logins at Acme Inc. What is not said here is as the RFCs and the MCP specification say.
import { describe, guide, profile, row, rule, rules, scope, serverHost, step } from "./mcphub.js";

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
export const registration = profile("registration", { preference: ["guide"] });

export const provisioning = {
  guides: () => [
    guide("Application", "https://mcp.acme.example/", [
      step("Create an application.", "Name", "MCPHub"),
      step("Enter the redirect URI.", "Redirect URI", "{redirect-uri}"),
      step("Copy the client ID and the client secret."),
    ]),
  ],
};
// [/guide]

// [pkce]
// S256 works although the metadata does not say so.
export const authorization = profile("authorization", { pkce: "supported" });
// [/pkce]

// [scopes]
export const scopes = profile("scopes", { catalogue: ["@SCOPES@"].map((name) => scope(name, name)) });
// [/scopes]

// A refresh token that is used twice ends the grant.
export const refresh = profile("refresh", { rotation: "family-revoking" });

export const errors = {
  table: () => [row("access_denied", "user-denied", "the sign-in at Acme Inc was cancelled")],
};
