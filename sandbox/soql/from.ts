import type { Name, Query } from './ast.ts';
import type { Build } from './build.ts';
import { Source } from './source.ts';
import { noSuchObject } from './words.ts';

/** The FROM clause: one object, and perhaps names for parents of it (`FROM Contact c, c.Account a`). */
export function sourceOf(build: Build, query: Query): Source {
  const [first, ...others] = query.from;
  const [name, ...deeper] = first?.path.names ?? [];
  const object = name === undefined ? undefined : build.options.schema.findObject(name.text);
  if (first === undefined || name === undefined || object === undefined || deeper.length > 0) {
    const text = (first?.path.names ?? []).map((step) => step.text).join('.');
    throw build.problem('INVALID_TYPE', noSuchObject(text), name ?? query);
  }
  if (!object.flags.queryable) {
    throw build.problem(
      'INVALID_TYPE_FOR_OPERATION',
      `entity type ${object.name} does not support query`,
      name,
    );
  }
  const names = new Map<string, readonly Name[]>([[object.name.toLowerCase(), []]]);
  if (first.alias !== undefined) names.set(first.alias.text.toLowerCase(), []);
  for (const { path, alias } of others) {
    const [start, ...steps] = path.names;
    const base = names.get(start.text.toLowerCase());
    if (base === undefined || steps.length === 0) {
      throw build.problem('INVALID_TYPE', noSuchObject(start.text), start);
    }
    if (alias !== undefined) names.set(alias.text.toLowerCase(), [...base, ...steps]);
  }
  return new Source(build, object, names);
}
