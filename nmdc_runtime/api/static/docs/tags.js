// Descriptions of sections: the first block is seen, the others fold out.

// The description of a section as Markdown: its first block, and the others.
function blocksOf(text) {
  const [summary, ...details] = (text || "").split(/\n\s*\n/);
  return { summary, details: details.join("\n\n") };
}

export const tagsPlugin = ({ React }) => {
  const { createElement, useState } = React;

  // Swagger UI opens and closes the section when its heading is clicked: that is not meant here.
  const keep = (event) => event.stopPropagation();

  function Folded({ Markdown, tag, summary, details }) {
    const [isOpen, setOpen] = useState(false);
    const id = `nmdc-details-${tag.replace(/\W+/g, "-")}`;
    return createElement(
      "span",
      { className: "nmdc-tag" },
      createElement(Markdown, { source: summary }),
      createElement(
        "button",
        {
          type: "button",
          className: "nmdc-fold",
          "aria-expanded": isOpen,
          "aria-controls": id,
          onClick: (event) => {
            keep(event);
            setOpen(!isOpen);
          },
        },
        createElement("span", { "aria-hidden": true }, isOpen ? "×" : "…"),
        isOpen ? " Hide details" : " Show details",
      ),
      createElement(
        "span",
        { id, className: "nmdc-details", hidden: !isOpen, onClick: keep },
        createElement(Markdown, { source: details }),
      ),
    );
  }

  return {
    wrapComponents: {
      // A section's description is the only Markdown whose text is that of a tag.
      Markdown: (Original, system) => (props) => {
        const tags = system.specSelectors.specJson().get("tags");
        const found = tags && tags.find((each) => each.get("description") === props.source);
        const { summary, details } = blocksOf(found && found.get("description"));
        if (!details) return createElement(Original, props);
        return createElement(Folded, { Markdown: Original, tag: found.get("name"), summary, details });
      },
    },
  };
};
