/** Makes an element. Text is text: nothing here reads markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A button that does something. */
export function button(text: string, attributes: Record<string, string>, act: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', act);
  return made;
}

/** A name from outside: kept from turning the text around it, and cut where it would fill the page. */
export function name(text: string): HTMLElement {
  const cut = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  return element('bdi', {}, cut);
}
