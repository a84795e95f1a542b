import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes `$LANDBRIDGE_HOME/env`: `. ~/.landbridge/env` points every real client at this machine. Mode 0600: it holds keys. */
export async function writeEnvironmentFile(
  home: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const file = join(home, 'env');
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}=${shellQuote(value)}`,
  );
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, `${lines.join('\n')}\n`, { mode: 0o600 });
  await rename(fresh, file);
  return file;
}

/** A value as one word of a POSIX shell. */
export function shellQuote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
