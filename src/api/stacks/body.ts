import { stableId } from '../../store/stable-id.ts';

/** The name of what dynos run on. Theirs is this machine's own system; the name is the one clients know. */
export const DEFAULT_STACK = 'heroku-24';

const STACKS = [DEFAULT_STACK, 'heroku-22', 'heroku-26'] as const;
const SINCE = '2026-01-01T00:00:00Z';

interface Stack {
  readonly name: string;
}

export function listStacks(): readonly Stack[] {
  return STACKS.map((name) => ({ name }));
}

export function findStack(identity: string): Stack | undefined {
  return listStacks().find(({ name }) => name === identity || stackIdentity(name).id === identity);
}

export function stackIdentity(name: string): { readonly id: string; readonly name: string } {
  return { id: stableId('stack', name), name };
}

export function stackBody({ name }: Stack): Readonly<Record<string, unknown>> {
  return {
    ...stackIdentity(name),
    created_at: SINCE,
    default: name === DEFAULT_STACK,
    state: 'public',
    updated_at: SINCE,
  };
}
