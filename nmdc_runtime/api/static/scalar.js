// Starts Scalar; what it would fetch from or send to its makers is off.
Scalar.createApiReference("#scalar", {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  defaultOpenAllTags: false,
  operationTitleSource: "summary",
});
