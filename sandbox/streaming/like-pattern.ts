interface Sign {
  readonly kind: 'any' | 'one' | 'letter';
  readonly letter: string;
}

/**
 * A pattern of LIKE as a test of texts, whatever their case. A regular expression with several `%` may try every way to
 * share a text out among them; here only the last `%` passed is ever gone back to, so that the time is at most the
 * product of both lengths.
 */
export function likePattern(pattern: string): (text: string) => boolean {
  const signs = signsOf(pattern.toLowerCase());
  return (text) => matches(signs, text.toLowerCase());
}

function signsOf(pattern: string): readonly Sign[] {
  return (pattern.match(/\\[^]|[^]/g) ?? []).map((sign): Sign => {
    if (sign === '%') return { kind: 'any', letter: '' };
    if (sign === '_') return { kind: 'one', letter: '' };
    return { kind: 'letter', letter: sign.slice(-1) };
  });
}

function matches(signs: readonly Sign[], text: string): boolean {
  let at = 0;
  let place = 0;
  let back: { at: number; place: number } | undefined;
  while (place < text.length) {
    const sign = signs[at];
    if (sign?.kind === 'any') {
      back = { at, place };
      at += 1;
    } else if (sign?.kind === 'one' || (sign !== undefined && sign.letter === text[place])) {
      at += 1;
      place += 1;
    } else if (back === undefined) {
      return false;
    } else {
      back.place += 1;
      at = back.at + 1;
      place = back.place;
    }
  }
  return signs.slice(at).every(({ kind }) => kind === 'any');
}
