import { randomBytes } from 'node:crypto';

import type { Response } from 'express';

import { Html, html } from './html.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** Where the page's form may lead in the end: browsers hold a form's redirects to it as well. */
  readonly leadsTo?: string;
}

/** Sends a page that no other site can frame and that runs no script. */
export function sendPage(response: Response, { title, body, status = 200, leadsTo }: Page): void {
  const nonce = randomBytes(16).toString('base64');
  const formAction = ["'self'", ...(leadsTo === undefined ? [] : [sourceOf(leadsTo)])].join(' ');
  response
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=UTF-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`,
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    })
    .send(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>${title} | Sandbox org</title>
            <style nonce="${nonce}">
              ${STYLE}
            </style>
          </head>
          <body>
            <main>
              <p class="brand">Sandbox org</p>
              ${body}
            </main>
          </body>
        </html> `.text,
    );
}

/** A callback as a CSP source: its origin, or its scheme where it has no origin (`myapp:callback`). */
function sourceOf(url: string): string {
  const { origin, protocol } = new URL(url);
  return origin === 'null' ? protocol : origin;
}

const STYLE = new Html(`
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;justify-content:center;align-items:flex-start;background:#f4f6f9;color:#181818;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{width:100%;max-width:26rem;margin:10vh 1rem 2rem;padding:2rem;background:#fff;border:1px solid #d8dde6;border-radius:.5rem;box-shadow:0 2px 8px #0000000f}
.brand{margin:0 0 1.5rem;color:#0b5cab;font-weight:600;font-size:1.25rem;text-align:center}
h1{font-size:1.125rem;margin:0 0 1rem}
p{margin:0 0 1rem}
label{display:block;margin:0 0 .25rem;font-size:.875rem;color:#444}
input[type=text],input[type=email],input[type=password]{width:100%;padding:.65rem .75rem;margin:0 0 1rem;font:inherit;border:1px solid #8a8f98;border-radius:.25rem;background:#fff;color:inherit}
input:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid #0b5cab;outline-offset:2px}
input[type=submit],button{width:100%;padding:.7rem;font:inherit;font-weight:600;border:1px solid #0b5cab;border-radius:.25rem;background:#0b5cab;color:#fff;cursor:pointer}
input[type=submit]:hover,button:hover{background:#03407f}
.second{background:#fff!important;color:#0b5cab!important}
.buttons{display:flex;gap:.75rem;margin-top:1.5rem}
.error{padding:.65rem .75rem;margin:0 0 1rem;border-radius:.25rem;background:#fdecea;color:#8e0b12;font-size:.9rem}
.small{font-size:.875rem;color:#5c5c5c;margin:1.25rem 0 0}
ul{margin:0 0 1rem;padding-left:1.25rem}
a{color:#0b5cab}
@media (max-width:30rem){body{background:#fff}main{border:0;box-shadow:none;margin-top:2rem;padding:1rem}}
`);
