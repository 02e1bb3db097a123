import type { JsonSchema } from '../operation/json-schema.ts';
import { type Html, html } from '../pages/html.ts';
import { prose, table } from './page.ts';

/** The fields of an object as a table; nested fields are named by their path. */
export function fieldTable(schema: JsonSchema): Html {
  const rows = rowsOf(schema, '');
  return rows.length === 0 ? html`<p>Nothing.</p>\n` : table(['Field', 'Type', 'Description'], rows);
}

type Row = readonly [Html, string, Html];

function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): Row[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const mark = required.includes(name) ? '' : '?';
    const row: Row = [
      html`<code>${path}${mark}</code>`,
      field.oneOf === undefined ? typeOf(field) : `${typeOf(withoutNull(field))} or null`,
      prose([withoutNull(field).description ?? '', ...limitsOf(field)].join(' ').trim()),
    ];
    return [row, ...rowsOf(...nested(withoutNull(field), path))];
  });
}

/** The schema of a nullable field without null. */
const withoutNull = (field: JsonSchema): JsonSchema => field.oneOf?.[0] ?? field;

/** The nested schema of an object, a list of objects or an object of objects, and the prefix of its paths. */
function nested(field: JsonSchema, path: string): [JsonSchema, string] {
  if (field.properties !== undefined) return [field, `${path}.`];
  if (field.items !== undefined) return [field.items, `${path}[].`];
  return [typeof field.additionalProperties === 'object' ? field.additionalProperties : {}, `${path}.<id>.`];
}

function typeOf({ type, format, items, const: only }: JsonSchema): string {
  if (only !== undefined) return JSON.stringify(only);
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (format === 'date-time') return [type].flat().includes('null') ? 'time or null' : 'time';
  return [type ?? 'any'].flat().join(' or ');
}

function limitsOf(schema: JsonSchema): string[] {
  const { minLength = 0, maxLength, minimum, maximum, minItems = 0, maxItems } = schema;
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  return [
    ...(maxLength === undefined ? [] : [`${minLength} to ${maxLength} characters.`]),
    ...(maxItems === undefined || minItems === maxItems ? [] : [`${minItems} to ${maxItems} of them.`]),
    ...(minimum === undefined || most === undefined ? [] : [`${minimum} to ${most}.`]),
  ];
}
