// Starts Swagger UI with the published parameters; everything comes from this host.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  layout: "BaseLayout",
  deepLinking: true,
  showExtensions: true,
  showCommonExtensions: true,
  withCredentials: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  persistAuthorization: true,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [],
});
