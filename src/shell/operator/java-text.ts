/** Numbers and JSON as Java writes them, so that what reads Apache's answers reads these. */

/** A number that Java has as a double: `5.0`, `1.5E7`, `NaN`. */
export class Double {
  constructor(readonly value: number) {}
}

export type Json =
  | null
  | boolean
  | string
  | number
  | bigint
  | Double
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Java's `Double.toString`. */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** A number or a text, as `PrintWriter` prints it. */
export function javaText(value: string | number | bigint | Double): string {
  return value instanceof Double ? javaDouble(value.value) : String(value);
}

/** Unsigned, as Java's `Long.toHexString` has a negative one. */
export function hex(value: bigint | number): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16);
}

/** As Jackson prints with indentation: `"key" : value`, arrays on one line. */
export function javaJson(value: Json, indent = ''): string {
  if (value instanceof Double) return doubleJson(value.value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]';
    return `[ ${value.map((item: Json) => javaJson(item, indent)).join(', ')} ]`;
  }
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)} : ${javaJson(item as Json, inner)}`,
  );
  return lines.length === 0 ? '{ }' : `{\n${lines.join(',\n')}\n${indent}}`;
}

/** JSON has no such numbers: Jackson makes texts of them. */
function doubleJson(value: number): string {
  const text = javaDouble(value);
  return Number.isFinite(value) ? text : JSON.stringify(text);
}
