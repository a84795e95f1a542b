import { randomBytes } from 'node:crypto';

import type { Response } from 'express';

import { Html, html } from '../oauth/pages/html.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** The page shows something that goes on: it is fetched again after so many seconds. */
  readonly refreshSeconds?: number;
  readonly username: string;
}

/** Sends a page of the org, with its head and navigation. No other site can frame it, and it runs no script. */
export function sendPage(
  response: Response,
  { title, body, status = 200, refreshSeconds, username }: Page,
): void {
  const nonce = randomBytes(16).toString('base64');
  response
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=UTF-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      ...(refreshSeconds === undefined ? {} : { Refresh: String(refreshSeconds) }),
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
            <header>
              <a class="brand" href="/">Sandbox org</a>
              <nav>
                <a href="/ui/objects/Account">Accounts</a>
                <a href="/ui/objects/Contact">Contacts</a>
                <a href="/ui/objects/Opportunity">Opportunities</a>
                <a href="/setup">Object Manager</a>
                <a href="/ui/recycle-bin">Recycle Bin</a>
                <a href="/ui/activity">Activity</a>
              </nav>
              <span class="who">${username} · <a href="/secur/logout.jsp">Log out</a></span>
            </header>
            <main>${body}</main>
          </body>
        </html> `.text,
    );
}

const STYLE = new Html(`
*{box-sizing:border-box}
body{margin:0;background:#f3f4f6;color:#181818;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding:.75rem 1.25rem;background:#0b3a66;color:#fff}
header a{color:#fff;text-decoration:none}
header a:hover{text-decoration:underline}
.brand{font-weight:700;font-size:1.05rem}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;flex:1}
.who{font-size:.85rem;color:#d5e3f2}
main{max-width:72rem;margin:1.25rem auto;padding:0 1rem}
.card{background:#fff;border:1px solid #d8dde6;border-radius:.5rem;padding:1.25rem;margin:0 0 1.25rem}
h1{font-size:1.35rem;margin:0}
h2{font-size:1.05rem;margin:0 0 .75rem}
.head{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;justify-content:space-between;margin:0 0 1rem}
.kind{margin:0;font-size:.8rem;color:#5c5c5c}
.actions{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th{text-align:left;font-weight:600;color:#444;background:#fafaf9;border-bottom:1px solid #d8dde6;padding:.5rem .6rem;white-space:nowrap}
td{border-bottom:1px solid #ececec;padding:.5rem .6rem;vertical-align:top}
a{color:#0b5cab}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.75rem 2rem;margin:0}
dt{font-size:.8rem;color:#5c5c5c}
dd{margin:0;min-height:1.4em;overflow-wrap:anywhere;white-space:pre-line}
form.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.9rem 2rem}
label{display:block;font-size:.85rem;color:#444}
input:not([type=checkbox]),select,textarea{width:100%;padding:.5rem .6rem;margin-top:.2rem;font:inherit;border:1px solid #8a8f98;border-radius:.25rem;background:#fff;color:inherit}
textarea{min-height:5rem}
input[type=search]{max-width:20rem;margin:0}
.wide{grid-column:1/-1}
.button,button{display:inline-block;padding:.45rem 1rem;font:inherit;font-weight:600;border:1px solid #0b5cab;border-radius:.25rem;background:#fff;color:#0b5cab;cursor:pointer;text-decoration:none}
.main{background:#0b5cab;color:#fff}
.danger{border-color:#b3261e;color:#b3261e}
.error{padding:.65rem .75rem;margin:0 0 1rem;border-radius:.25rem;background:#fdecea;color:#8e0b12}
.muted{color:#5c5c5c}
details{margin-top:1rem}
summary{cursor:pointer;color:#0b5cab;margin-bottom:.75rem}
.bar{height:.6rem;border-radius:.3rem;background:#e4e8ee;overflow:hidden}
.tag{display:inline-block;padding:0 .45rem;border-radius:.6rem;background:#e4eefa;color:#0b3a66;font-size:.8rem}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible{outline:2px solid #0b5cab;outline-offset:2px}
@media (max-width:40rem){main{padding:0 .5rem}.card{padding:1rem .75rem}dl,form.fields{grid-template-columns:1fr}}
`);
