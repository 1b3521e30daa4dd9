/** A strict reader of the little XML that JUnit files need: elements, attributes, text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescape(text: string): string {
  if (/[<]|&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(text)) throw new Error(`bad text: ${text}`);
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string) =>
    code === undefined ? (ENTITIES[name] ?? '') : String.fromCodePoint(Number(code)),
  );
}

/** Throws for whatever is not well-formed. */
export function parseXml(text: string): XmlElement {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) throw new Error('no character of XML');
  let rest = text.replace(/^<\?xml [^?]*\?>\s*/, '').trimEnd();
  const element = (): XmlElement => {
    const open = /^<([A-Za-z][\w-]*)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/.exec(rest);
    if (open === null) throw new Error(`no element: ${rest.slice(0, 40)}`);
    rest = rest.slice(open[0].length);
    const [, name = '', list = '', empty] = open;
    const attributes = Object.fromEntries(
      [...list.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, k = '', v = '']) => [k, unescape(v)]),
    );
    const children: XmlElement[] = [];
    let inner = '';
    while (empty === '') {
      const upTo = rest.indexOf('<');
      if (upTo < 0) throw new Error(`${name} has no end`);
      inner += unescape(rest.slice(0, upTo));
      rest = rest.slice(upTo);
      if (rest.startsWith(`</${name}>`)) {
        rest = rest.slice(name.length + 3);
        break;
      }
      children.push(element());
    }
    return { name, attributes, children, text: inner };
  };
  const root = element();
  if (rest !== '') throw new Error(`after the root: ${rest.slice(0, 40)}`);
  return root;
}
