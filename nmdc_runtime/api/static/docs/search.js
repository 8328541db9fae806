// Finding an endpoint by its path, method, summary or section, and going to it.

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

// All operations of an OpenAPI document, by path, then method.
export function operationsOf(document) {
  const found = [];
  for (const [path, item] of Object.entries(document.paths || {})) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const tag = (operation.tags || ["default"])[0];
      found.push({
        path,
        method: method.toUpperCase(),
        summary: operation.summary || "",
        tag,
        link: `#/${encodeURIComponent(tag)}/${encodeURIComponent(operation.operationId)}`,
      });
    }
  }
  const order = (each) => `${each.path} ${each.method}`;
  return found.sort((one, other) => (order(one) < order(other) ? -1 : 1));
}

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

// The operations in which every word of the text stands somewhere.
export function matching(operations, text) {
  const words = wordsOf(text);
  if (!words.length) return [];
  return operations.filter((each) => {
    const fields = [each.path, each.method, each.summary, each.tag].map((of) => of.toLowerCase());
    return words.every((word) => fields.some((field) => field.includes(word)));
  });
}

// The pieces of a text, each with whether a word matched there.
export function piecesOf(text, searched) {
  const lower = text.toLowerCase();
  const isMarked = new Array(text.length).fill(false);
  // Few letters change their length when they become small; then nothing is marked.
  for (const word of lower.length === text.length ? wordsOf(searched) : []) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
      isMarked.fill(true, at, at + word.length);
    }
  }
  const pieces = [];
  for (let at = 0; at < text.length; at += 1) {
    const last = pieces[pieces.length - 1];
    if (last && last.isMarked === isMarked[at]) last.text += text[at];
    else pieces.push({ text: text[at], isMarked: isMarked[at] });
  }
  return pieces;
}

const isTyping = (target) =>
  target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);

export const searchPlugin = ({ React }) => {
  const { createElement, useEffect, useMemo, useRef, useState } = React;

  const marked = (text, searched) =>
    piecesOf(text, searched).map(({ text: piece, isMarked }, at) =>
      createElement(isMarked ? "mark" : "span", { key: at }, piece),
    );

  function Result({ operation, searched, id, isActive, onFollow }) {
    const own = useRef(null);
    useEffect(() => {
      if (isActive) own.current.scrollIntoView({ block: "nearest" });
    }, [isActive]);
    const { path, method, summary, tag, link } = operation;
    return createElement(
      "li",
      { id, role: "option", "aria-selected": isActive, ref: own },
      createElement(
        "a",
        { href: link, tabIndex: -1, onClick: onFollow },
        createElement("b", { className: `nmdc-method nmdc-${method.toLowerCase()}` }, marked(method, searched)),
        createElement("code", null, marked(path, searched)),
        createElement("span", { className: "nmdc-summary" }, marked(summary, searched)),
        createElement("small", null, marked(tag, searched)),
      ),
    );
  }

  function Search({ spec, layoutActions }) {
    const [text, setText] = useState("");
    const [active, setActive] = useState(-1);
    const box = useRef(null);
    const operations = useMemo(() => operationsOf(spec ? spec.toJS() : {}), [spec]);
    const results = useMemo(() => matching(operations, text), [operations, text]);
    const isAsked = text.trim() !== "";

    useEffect(() => {
      const onKey = (event) => {
        const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
        if (!isSlash || isTyping(event.target)) return;
        event.preventDefault();
        box.current.focus();
      };
      document.addEventListener("keydown", onKey);
      return () => document.removeEventListener("keydown", onKey);
    }, []);

    const ask = (wanted) => {
      setText(wanted);
      setActive(-1);
    };
    const follow = (link) => {
      if (location.hash === link) layoutActions.parseDeepLinkHash(decodeURIComponent(link));
      else location.hash = link;
    };
    const onKeyDown = (event) => {
      const last = results.length - 1;
      if (event.key === "ArrowDown") setActive(active < last ? active + 1 : 0);
      else if (event.key === "ArrowUp") setActive(active > 0 ? active - 1 : last);
      else if (event.key === "Enter" && results.length) follow(results[Math.max(active, 0)].link);
      else if (event.key === "Escape") ask("");
      else return;
      event.preventDefault();
    };

    const found = results.length === 1 ? "1 endpoint found." : `${results.length} endpoints found.`;
    return createElement(
      "div",
      { className: "nmdc-search wrapper", role: "search" },
      createElement("label", { htmlFor: "nmdc-search" }, "Find an endpoint"),
      createElement("input", {
        id: "nmdc-search",
        ref: box,
        type: "text",
        role: "combobox",
        placeholder: "Find an endpoint…",
        autoComplete: "off",
        spellCheck: false,
        value: text,
        "aria-expanded": results.length > 0,
        "aria-controls": "nmdc-results",
        "aria-autocomplete": "list",
        "aria-keyshortcuts": "/",
        "aria-activedescendant": results[active] ? `nmdc-result-${active}` : undefined,
        onChange: (event) => ask(event.target.value),
        onKeyDown,
      }),
      createElement(
        "p",
        { className: "nmdc-said", role: "status" },
        isAsked && (results.length ? found : `No endpoint matches “${text.trim()}”.`),
      ),
      createElement(
        "ul",
        { id: "nmdc-results", role: "listbox", "aria-label": "Endpoints", hidden: !results.length },
        results.map((operation, at) =>
          createElement(Result, {
            key: `${operation.method} ${operation.path}`,
            id: `nmdc-result-${at}`,
            operation,
            searched: text,
            isActive: at === active,
            onFollow: (event) => {
              // A new tab is the browser's to open.
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              follow(operation.link);
            },
          }),
        ),
      ),
    );
  }

  return {
    wrapComponents: {
      // Stands below the row with the Authorize button; its own filter of sections is off.
      FilterContainer: (_, system) => () =>
        createElement(Search, {
          spec: system.specSelectors.specJson(),
          layoutActions: system.layoutActions,
        }),
    },
  };
};
