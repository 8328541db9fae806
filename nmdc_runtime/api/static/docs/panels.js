// The announcement, and the access token of who is logged in: plain elements above Swagger UI.

const MASKED = "***";

export function showBanner(html) {
  if (!html) return;
  const banner = document.getElementById("nmdc-banner");
  banner.innerHTML = html; // the hub has left out whatever could run, load or restyle
  banner.hidden = false;
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

async function copy(text) {
  // Over plain http, other than on this machine, browsers offer pages no clipboard.
  if (!navigator.clipboard) throw new Error("no clipboard");
  await navigator.clipboard.writeText(text);
}

export function showToken({ token, name }) {
  if (!token) return;
  const shown = element("code", { id: "nmdc-token-text", textContent: MASKED });
  const toggle = element("button", { type: "button", textContent: "Show token" });
  const copier = element("button", { type: "button", textContent: "Copy token" });
  const said = element("span", { className: "nmdc-said", role: "status" });

  toggle.setAttribute("aria-controls", shown.id);
  toggle.setAttribute("aria-pressed", "false");
  toggle.addEventListener("click", () => {
    const isHidden = shown.textContent === MASKED;
    shown.textContent = isHidden ? token.text : MASKED;
    toggle.textContent = isHidden ? "Hide token" : "Show token";
    toggle.setAttribute("aria-pressed", String(isHidden));
  });
  copier.addEventListener("click", async () => {
    try {
      await copy(token.text);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "Could not copy. Show the token and copy it by hand.";
    }
  });

  const until = element("time", {
    dateTime: token.expires_at,
    textContent: new Date(token.expires_at).toLocaleString(),
  });
  const panel = document.getElementById("nmdc-token");
  panel.append(
    element("p", {}, `You are authorized${name ? ` as ${name}` : ""}: operations below run as you, `, "until ", until, "."),
    element("p", { className: "nmdc-header-line" }, element("span", { textContent: "Authorization: Bearer " }), shown),
    element("p", { className: "nmdc-buttons" }, toggle, copier, said),
  );
  panel.hidden = false;
}
