import type { Definitions } from '../schema/custom-store.ts';
import type { Schema } from '../schema/schema.ts';
import { inOrder } from './applied.ts';
import { documentXml } from './envelope.ts';
import { shownObject } from './objects.ts';
import { PARTS_OF_OBJECT } from './parts.ts';
import type { RetrievedFile } from './retrieve.ts';
import { shownStandardObject } from './standard.ts';

/** The element of an object's file that holds each type. */
const ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['CustomField', 'fields'],
  ...Object.entries(PARTS_OF_OBJECT).map(([element, type]) => [type, element] as const),
]);

/** Whether components of a type stand in objects' files. */
export function standsInObject(type: string): boolean {
  return type === 'CustomObject' || ELEMENTS.has(type);
}

interface Component {
  readonly type: string;
  readonly fullName: string;
}

interface Named {
  readonly name: string;
  readonly members: readonly string[];
}

/**
 * The files of all objects a manifest names: whole, or only the fields, record types, list views that are named. One
 * object has one file, however many of its parts are asked for.
 */
export function objectFiles(
  definitions: Definitions,
  schema: Schema,
  types: readonly Named[],
): { readonly files: readonly RetrievedFile[]; readonly missing: readonly Component[] } {
  const wanted = types
    .filter(({ name }) => standsInObject(name))
    .flatMap(({ name, members }) => members.map((fullName) => ({ type: name, fullName })));
  const objects = new Map<string, Contents>();
  const missing: Component[] = [];
  for (const component of wanted) {
    for (const object of ownersOf(definitions, component)) {
      const key = object.toLowerCase();
      const contents = objects.get(key) ?? readContents(definitions, schema, object);
      if (contents !== undefined) objects.set(key, contents);
      if (!add(contents, component) && !component.fullName.includes('*')) missing.push(component);
    }
  }
  const files = [...objects.values()].flatMap((contents) => fileOf(contents));
  return { files, missing };
}

interface Contents {
  readonly name: string;
  /** The whole object as it is shown. */
  readonly shown: Readonly<Record<string, unknown>>;
  readonly chosen: Component[];
}

/** The names of the objects a component stands in; `*` is every custom object, or every object that has such parts. */
function ownersOf(definitions: Definitions, { type, fullName }: Component): readonly string[] {
  if (fullName !== '*') return [fullName.split('.')[0] ?? ''];
  const custom = [...definitions.objects.values()].map((object) => object.fullName);
  if (type === 'CustomObject') return custom;
  const others = [...definitions.fields.values()].map(({ object }) => object);
  const parts = [...definitions.parts.values()]
    .filter((part) => ELEMENTS.has(part.type))
    .map((part) => part.fullName.split('.')[0] ?? '');
  return [...new Set([...custom, ...others, ...parts])];
}

function readContents(
  definitions: Definitions,
  schema: Schema,
  object: string,
): Contents | undefined {
  const shown = shownObject(definitions, schema, object);
  if (shown === undefined) return undefined;
  const { fullName, label, ...rest } = shown;
  // Files of standard objects hold their label only when it has been changed.
  const renamed = 'label' in shownStandardObject(definitions, object);
  const custom = definitions.objects.has(object.toLowerCase());
  return {
    name: String(fullName),
    shown: inOrder({ fullName, ...rest, ...(custom || renamed ? { label } : {}) }),
    chosen: [],
  };
}

/** Adds what is asked for to what is in the file; false when there is no such thing. */
function add(contents: Contents | undefined, { type, fullName }: Component): boolean {
  if (contents === undefined) return false;
  const { name, shown, chosen } = contents;
  if (type === 'CustomObject') {
    chosen.push({ type, fullName: name });
    return true;
  }
  const wanted = fullName.split('.')[1];
  const found = partsIn(shown, type).filter((part) => fullName === '*' || part.fullName === wanted);
  for (const part of found) chosen.push({ type, fullName: `${name}.${part.fullName}` });
  return found.length > 0;
}

function partsIn(
  shown: Readonly<Record<string, unknown>>,
  type: string,
): readonly { readonly fullName: string; readonly content: unknown }[] {
  const element = shown[ELEMENTS.get(type) ?? ''];
  const all: readonly unknown[] = Array.isArray(element) ? element : [];
  return all.flatMap((content) =>
    typeof content === 'object' && content !== null && 'fullName' in content
      ? [{ fullName: String(content.fullName), content }]
      : [],
  );
}

function fileOf({ name, shown, chosen }: Contents): readonly RetrievedFile[] {
  if (chosen.length === 0) return [];
  const { fullName: _name, ...whole } = shown;
  const content = chosen.some(({ type }) => type === 'CustomObject')
    ? whole
    : Object.fromEntries(
        [...ELEMENTS].flatMap(([type, element]) => {
          const names = new Set(
            chosen
              .filter((component) => component.type === type)
              .map(({ fullName }) => fullName.slice(name.length + 1)),
          );
          const parts = partsIn(shown, type).filter(({ fullName }) => names.has(fullName));
          return parts.length === 0 ? [] : [[element, parts.map((part) => part.content)]];
        }),
      );
  const body = documentXml('CustomObject', content);
  return [{ path: `objects/${name}.object`, components: chosen, body }];
}
