const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const NUMBER_DIGITS = 9;
/** Characters 4 and 5 of every id of this org: which server made it. */
export const INSTANCE = 'gL';

const ID15 = /^[0-9A-Za-z]{15}$/;
const ID18 = /^[0-9A-Za-z]{15}[A-Z0-5]{3}$/;

/**
 * The 18-character form of a 15- or 18-character id, or undefined when the text is none. The last three characters tell
 * which of the first fifteen are upper case, so that the id survives where case is lost; wrong ones are refused.
 */
export function findId18(text: string): string | undefined {
  if (ID15.test(text)) return text + checksum(text);
  if (!ID18.test(text)) return undefined;
  const id15 = text.slice(0, 15);
  return checksum(id15) === text.slice(15) ? text : undefined;
}

/** The id of the record with a number: prefix, instance, a reserved 0, the number in base 62, the checksum. */
export function recordId(keyPrefix: string, number: bigint): string {
  let rest = number;
  let tail = '';
  for (let place = 0; place < NUMBER_DIGITS; place += 1) {
    tail = (DIGITS[Number(rest % 62n)] ?? '') + tail;
    rest /= 62n;
  }
  const id15 = `${keyPrefix}${INSTANCE}0${tail}`;
  return id15 + checksum(id15);
}

function checksum(id15: string): string {
  let text = '';
  for (let part = 0; part < 15; part += 5) {
    let bits = 0;
    for (let place = 0; place < 5; place += 1) {
      const code = id15.charCodeAt(part + place);
      if (code >= 65 && code <= 90) bits |= 1 << place;
    }
    text += CHECKS[bits] ?? '';
  }
  return text;
}
