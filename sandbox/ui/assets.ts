import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Response } from 'express';

interface Asset {
  /** Says what is in it: browsers keep it for ever, and ask for another when it has changed. */
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

function asset(file: string, type: string): Asset {
  const text = readFileSync(join(import.meta.dirname, 'assets', file), 'utf8');
  const version = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { path: `/ui/assets/${version}/${file}`, type, text };
}

/** What every page is drawn and moved with. */
export const assets = {
  style: asset('org.css', 'text/css; charset=UTF-8'),
  script: asset('org.js', 'text/javascript; charset=UTF-8'),
} as const;

const YEAR_SECONDS = 31_536_000;

export function sendAsset(response: Response, { type, text }: Asset): void {
  response
    .set({
      'Content-Type': type,
      'Cache-Control': `public, max-age=${YEAR_SECONDS}, immutable`,
      'X-Content-Type-Options': 'nosniff',
    })
    .send(text);
}
