// Starts Swagger UI with the published parameters; everything comes from this host.

// What the page is authorised with is kept by the browser: it must not outlive the login.
const logout = document.getElementById("nmdc-logout");
if (logout) {
  logout.addEventListener("submit", () => window.ui.authActions.logout(["bearerAuth"]));
}

// Who logged in with ORCID need not press Authorize: the session is exchanged for a token.
async function authorizeFromLogin() {
  if (!logout) return;
  const session = await (await fetch("/orcid_jwt")).text();
  const answer = await fetch("/token", {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: session }),
  });
  if (answer.ok) {
    window.ui.preauthorizeApiKey("bearerAuth", (await answer.json()).access_token);
    document.body.dataset.authorized = "true";
  }
}

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
  onComplete: authorizeFromLogin,
});
