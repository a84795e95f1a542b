/** `{"web": "node server.ts"}`; or the lines that are none of a Procfile, told with their numbers. */
export type Procfile =
  { readonly types: Readonly<Record<string, string>> } | { readonly faults: readonly string[] };

const LINE = /^([A-Za-z0-9_-]{1,128})\s*:\s*(\S.*?)\s*$/;

/** Reads a Procfile. As on Heroku a line that is no declaration is passed over when it is blank or a comment, and told else. */
export function parseProcfile(text: string): Procfile {
  const types = new Map<string, string>();
  const faults: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const [, type, command] = LINE.exec(line.trim()) ?? [];
    if (type === undefined || command === undefined) {
      faults.push(
        `Procfile line ${index + 1}: expected "type: command", found ${JSON.stringify(line.slice(0, 80))}`,
      );
    } else if (types.has(type)) {
      faults.push(`Procfile line ${index + 1}: ${type} is declared twice`);
    } else {
      types.set(type, command);
    }
  }
  return faults.length > 0 ? { faults } : { types: Object.fromEntries(types) };
}
