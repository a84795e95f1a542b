import { findKindOfType, KINDS } from './kinds.ts';
import { failed, type Message } from './message.ts';
import type { Package } from './package.ts';

/** What the manifest names must be in the archive; `found` are `Type.Name` of all that is. */
export function checkManifest(
  { members }: Package,
  found: ReadonlySet<string>,
): readonly Message[] {
  const children = new Set(KINDS.flatMap((kind) => kind.children));
  return [...members].flatMap(([type, names]) => {
    const known = findKindOfType(type) !== undefined;
    return [...names].flatMap((fullName) => {
      const subject = { componentType: '', fileName: 'package.xml', fullName };
      if (!known && !children.has(type))
        return [failed(subject, `Unknown type name '${type}' specified in package.xml`)];
      const there =
        found.has(`${type}.${fullName}`) || found.has(`${type}.${fullName.replace(/\/$/, '')}`);
      if (there || fullName === '*' || (!known && type !== 'CustomField')) return [];
      return [
        failed(
          subject,
          `An object '${fullName}' of type ${type} was named in package.xml, but was not found in zipped directory`,
        ),
      ];
    });
  });
}

export function isNamed({ members }: Package, type: string, fullName: string): boolean {
  const names = members.get(type);
  // A folder may be named with a slash behind it.
  return ['*', fullName, `${fullName}/`].some((name) => names?.has(name) === true);
}

export function hasNamedChild({ members }: Package, type: string, parent: string): boolean {
  const kind = findKindOfType(type);
  return (kind?.children ?? []).some((child) =>
    [...(members.get(child) ?? [])].some((name) => name.startsWith(`${parent}.`)),
  );
}
