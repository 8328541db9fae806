// Starts Swagger UI with the published parameters; everything comes from this host.
//
// What is ours is added through Swagger UI's own plugins, so that its next version keeps it.

import { showBanner, showToken } from "./docs/panels.js";
import { loginPlugin } from "./docs/login.js";
import { searchPlugin } from "./docs/search.js";
import { tagsPlugin } from "./docs/tags.js";

const data = JSON.parse(document.getElementById("nmdc-data").textContent);

showBanner(data.banner);
showToken(data);

// The logo beside the title and what the API says of itself.
const logoPlugin = () => ({
  wrapComponents: {
    InfoContainer: (Original, { React }) => (props) =>
      React.createElement(
        "div",
        { className: "nmdc-info" },
        React.createElement("img", {
          src: "/static/NMDC_logo.svg",
          alt: "National Microbiome Data Collaborative",
        }),
        React.createElement(Original, props),
      ),
  },
});

// Who logged in with ORCID need not press Authorize.
function authorize() {
  if (!data.token) return;
  window.ui.preauthorizeApiKey("bearerAuth", data.token.text);
  document.body.dataset.authorized = "true";
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
  plugins: [logoPlugin, tagsPlugin, searchPlugin, loginPlugin(data)],
  onComplete: authorize,
});

// Swagger UI follows the address only when it starts; the browser's Back button changes it later.
window.addEventListener("hashchange", () =>
  window.ui.getSystem().layoutActions.parseDeepLinkHash(decodeURIComponent(location.hash)),
);
