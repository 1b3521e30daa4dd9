/** Colours, on a terminal only; `NO_COLOR` switches them off. */
const CODES = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, dim: 2 } as const;

export type Paint = (color: keyof typeof CODES, text: string) => string;

export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const on = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  return (color, text) => (on ? `\u001b[${CODES[color]}m${text}\u001b[0m` : text);
}
