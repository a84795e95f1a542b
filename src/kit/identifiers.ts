import pg from 'pg';

/** PostgreSQL silently cuts names at 63 bytes; two long names could then be one. */
const NAME_BYTES_MAX = 63;

/** A name as SQL: `"contact"`. The one place where names are quoted. Refuses what PostgreSQL would cut or cannot hold. */
export function quoteName(...parts: readonly [string, ...string[]]): string {
  for (const part of parts) {
    if (part === '' || part.includes('\0') || Buffer.byteLength(part, 'utf8') > NAME_BYTES_MAX) {
      throw new RangeError(`not a usable PostgreSQL name: ${JSON.stringify(part)}`);
    }
  }
  return parts.map((part) => pg.escapeIdentifier(part)).join('.');
}

/** A string as an SQL literal, for the few statements that take no parameters (DDL, COPY, NOTIFY). */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('PostgreSQL text cannot hold a NUL character');
  return pg.escapeLiteral(text);
}
