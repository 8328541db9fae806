// The login dialog: who each form is for, a way to ORCID, and logging out for good.

const HEADINGS = { password: "User login", clientCredentials: "Site client login" };
const BEARER = "bearerAuth";

// The button in the bar ends the session at the hub; a page alone could only forget its token.
function endSession() {
  const logout = document.getElementById("nmdc-logout");
  if (logout) logout.submit();
  return Boolean(logout);
}

export const loginPlugin = (data) => ({ React }) => {
  const { createElement, useEffect, useRef } = React;

  const orcid = () =>
    createElement(
      "section",
      { className: "nmdc-orcid" },
      createElement("h3", null, "User login with ORCID"),
      createElement(
        "a",
        { href: data.orcid_login },
        createElement("img", { src: "/static/ORCID-iD_icon_vector.svg", alt: "" }),
        " Log in with ORCID",
      ),
    );

  function LoginForm({ Original, ...props }) {
    const own = useRef(null);
    // Of the forms in the dialog, most people need the one with a name: it gets the focus.
    useEffect(() => {
      const name = own.current.querySelector("#oauth_username");
      if (name) name.focus();
    }, []);
    return createElement(
      "div",
      { ref: own },
      createElement("h3", null, HEADINGS[props.schema.get("flow")] || props.name),
      createElement(Original, props),
    );
  }

  return {
    afterLoad: (system) => {
      const logout = document.getElementById("nmdc-logout");
      // What the page is authorized with is kept by the browser: it must not outlive the login.
      if (logout) logout.addEventListener("submit", () => system.authActions.logout([BEARER]));
    },
    statePlugins: {
      auth: {
        wrapActions: {
          logoutWithPersistOption: (original) => (names) => {
            const result = original(names);
            if (names.includes(BEARER)) endSession();
            return result;
          },
        },
      },
    },
    wrapComponents: {
      auths: (Original) => (props) =>
        createElement(
          React.Fragment,
          null,
          createElement(Original, props),
          data.orcid_login && props.definitions.has(BEARER) && createElement(orcid),
        ),
      oauth2: (Original) => (props) => createElement(LoginForm, { Original, ...props }),
    },
  };
};
