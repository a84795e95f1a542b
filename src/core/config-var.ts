/** Why a config var cannot have that name; undefined when it can. */
export function faultOfConfigName(name: string): string | undefined {
  if (!/^\w+$/.test(name)) {
    return `The config var name ${JSON.stringify(name)} may hold only letters, digits and underscores.`;
  }
  if (name.length > 256) return 'A config var name may have at most 256 characters.';
  if (RESERVED.has(name)) return `${name} is set by the platform and cannot be a config var.`;
  return undefined;
}

/** Names that the dyno's own start sets, or that would let a config var take over how its shell starts. */
const RESERVED: ReadonlySet<string> = new Set(['PORT', 'DYNO', 'PS', 'HOME', 'BASH_ENV', 'ENV']);

/** What changes from one set of config vars to another, in the words of a release: `Set A, B config vars`. */
export function describeConfigChange(change: Readonly<Record<string, string | null>>): string {
  const set = Object.keys(change).filter((name) => change[name] !== null);
  const removed = Object.keys(change).filter((name) => change[name] === null);
  const parts = [
    ...(set.length === 0 ? [] : [`Set ${set.join(', ')}`]),
    ...(removed.length === 0
      ? []
      : [`${set.length === 0 ? 'Remove' : 'remove'} ${removed.join(', ')}`]),
  ];
  return `${parts.join(' and ')} config vars`.slice(0, 200);
}
