/** PostgreSQL silently cuts names at 63 bytes, so that two long names can become one. */
const NAME_BYTES_MAX = 63;
const MARK_CHARACTERS = 8;

/**
 * The name itself where PostgreSQL can hold it, else its beginning and a mark made of the whole: the same name always
 * gives the same result, whatever other names stand beside it, and two long names do not meet.
 * API names are ASCII, so bytes are characters.
 */
export function fitName(name: string): string {
  if (name.length <= NAME_BYTES_MAX) return name;
  return `${name.slice(0, NAME_BYTES_MAX - MARK_CHARACTERS - 1)}_${mark(name)}`;
}

/** FNV-1a, 32 bits: enough to tell names of one database apart; nothing secret depends on it. */
function mark(name: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(MARK_CHARACTERS, '0');
}
