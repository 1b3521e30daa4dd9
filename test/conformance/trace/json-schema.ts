/** As much of JSON Schema (2020-12) as docs/trace.schema.json uses. An unknown keyword throws. */
export type Schema =
  | boolean
  | {
      readonly [keyword: string]: unknown;
    };

const SILENT = new Set(['$schema', '$defs', 'title', 'description']);

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeOf(value) === 'object';

export function fits(root: Schema, schema: Schema, value: unknown): boolean {
  if (typeof schema === 'boolean') return schema;
  return Object.entries(schema).every(
    ([keyword, operand]) => SILENT.has(keyword) || keeps(root, schema, keyword, operand, value),
  );
}

function keeps(
  root: Schema,
  schema: Exclude<Schema, boolean>,
  keyword: string,
  operand: unknown,
  value: unknown,
): boolean {
  const sub = (s: unknown, v: unknown) => fits(root, s as Schema, v);
  switch (keyword) {
    case '$ref': {
      const { $defs } = root as { readonly $defs: Readonly<Record<string, Schema>> };
      const target = $defs[String(operand).replace('#/$defs/', '')];
      if (target === undefined) throw new Error(`no definition ${String(operand)}`);
      return sub(target, value);
    }
    case 'const':
      return value === operand;
    case 'enum':
      return (operand as readonly unknown[]).includes(value);
    case 'type':
      return [operand].flat().includes(typeOf(value));
    case 'minimum':
      return typeof value !== 'number' || value >= Number(operand);
    case 'maximum':
      return typeof value !== 'number' || value <= Number(operand);
    case 'pattern':
      return typeof value !== 'string' || new RegExp(String(operand), 'u').test(value);
    case 'anyOf':
      return (operand as readonly unknown[]).some((s) => sub(s, value));
    case 'required':
      return (
        !isObject(value) || (operand as readonly string[]).every((k) => Object.hasOwn(value, k))
      );
    case 'properties':
      return (
        !isObject(value) ||
        Object.entries(operand as object).every(([k, s]) => !(k in value) || sub(s, value[k]))
      );
    case 'additionalProperties': {
      if (operand !== false) throw new Error('additionalProperties other than false');
      const known = Object.keys(schema['properties'] as object);
      return !isObject(value) || Object.keys(value).every((k) => known.includes(k));
    }
    case 'minItems':
      return !Array.isArray(value) || value.length >= Number(operand);
    case 'maxItems':
      return !Array.isArray(value) || value.length <= Number(operand);
    case 'prefixItems':
      return (
        !Array.isArray(value) ||
        (operand as readonly unknown[]).every((s, i) => i >= value.length || sub(s, value[i]))
      );
    case 'items': {
      const prefix = (schema['prefixItems'] as readonly unknown[] | undefined)?.length ?? 0;
      return !Array.isArray(value) || value.slice(prefix).every((v) => sub(operand, v));
    }
    default:
      throw new Error(`keyword ${keyword}`);
  }
}
