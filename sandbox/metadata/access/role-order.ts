import { z } from 'zod';

import type { Component } from '../components.ts';
import { MalformedXml, readXml, rootOf } from '../envelope.ts';

const RoleXml = z.looseObject({ parentRole: z.string().optional() });

/** The same components, but no role before the one above it. */
export function parentsFirst(components: readonly Component[]): readonly Component[] {
  const roles = new Map(
    components.flatMap((role) => (role.type === 'Role' ? [[role.fullName, role]] : [])),
  );
  if (roles.size < 2) return components;
  const placed = new Set<Component>();
  const ordered: Component[] = [];
  const place = (component: Component): void => {
    if (placed.has(component)) return;
    placed.add(component);
    const parent = component.type === 'Role' ? roles.get(parentOf(component)) : undefined;
    if (parent !== undefined) place(parent);
    ordered.push(component);
  };
  components.forEach(place);
  return ordered;
}

function parentOf({ body }: Component): string {
  try {
    return RoleXml.safeParse(rootOf(readXml(body.toString('utf8')), 'Role')).data?.parentRole ?? '';
  } catch (error) {
    // Refused with its place when its turn comes.
    if (error instanceof MalformedXml) return '';
    throw error;
  }
}
