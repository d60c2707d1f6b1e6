/** Elements are built, never parsed from text: under Trusted Types there is no other way, and none is needed. */

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | boolean | EventListener | undefined>;

/** The element with `id`, which the page has. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`got no element #${id}`);
  }
  return found as unknown as E;
}

/** A new element. A function among `attributes` listens to the event of that name; false and undefined are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(name, value);
    } else if (value !== false && value !== undefined) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child): child is Node | string => Boolean(child)));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** One of the drawings in the page, `#i-NAME`. */
export function icon(name: string): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(use);
  return drawing;
}

/** Have a button do something. */
export function onClick(id: string, act: () => void): void {
  byId(id).addEventListener("click", act);
}
