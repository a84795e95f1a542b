import { html, type Html } from '../oauth/pages/html.ts';
import { assets } from './assets.ts';
import { setupSections } from './setup/sections.ts';
import type { Visit } from './visit.ts';
import { zoneName } from './time.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
}

/** Objects with a tab of their own; the others are a click further. */
const TABS = ['Account', 'Contact', 'Lead', 'Opportunity', 'Case', 'Campaign', 'Task'];

/**
 * Sends a page of the org with its head and navigation. It runs the org's own script alone, and no other site can frame
 * it. Below /setup the setup's own navigation stands at its side.
 */
export function sendPage(visit: Visit, { title, body, status = 200 }: Page): void {
  const { response, request } = visit;
  const setup = request.path === '/setup' || request.path.startsWith('/setup/');
  response
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=UTF-8',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
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
<link rel="icon" href="data:," />
<link rel="stylesheet" href="${assets.style.path}" />
<script type="module" src="${assets.script.path}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${head(visit)}
${setup ? '' : tabs(visit)}
<div class="${setup ? 'frame setup' : 'frame'}">
${setup ? side(visit) : ''}
<main id="main">${body}</main>
</div>
${foot(visit)}
</body>
</html>`.text,
    );
}

function head({ org, user, csrf: _csrf, request }: Visit): Html {
  const words = request.path === '/ui/search' ? request.query['q'] : '';
  return html`<header class="top">
    <div class="bar">
      <a class="brand" href="/">Sandbox org</a>
      <form class="find" role="search" action="/ui/search">
        <input type="search" name="q" value="${typeof words === 'string' ? words : ''}" aria-label="Search all records" placeholder="Search all records" />
      </form>
      <div class="who">
        ${org.permissions.has('ViewSetup') ? html`<a href="/setup">Setup</a>` : ''}
        <a href="/ui/query">Query</a>
        <span>${user.name}</span>
        <a href="/secur/logout.jsp">Log out</a>
      </div>
    </div>
  </header>`;
}

function tabs({ org, request }: Visit): Html {
  const schema = org.schema();
  const links: readonly (readonly [path: string, label: string])[] = [
    ['/', 'Home'],
    ...TABS.flatMap((name) => {
      const object = schema.findObject(name);
      return object === undefined ? [] : [[`/ui/objects/${name}`, object.labelPlural] as const];
    }),
    ['/ui/objects', 'All objects'],
    ['/ui/recycle-bin', 'Recycle Bin'],
  ];
  return html`<nav class="tabs" aria-label="Main">
    <ul>${links.map(([path, label]) => html`<li>${link(path, label, isHere(request.path, path))}</li>`)}</ul>
  </nav>`;
}

function isHere(path: string, link: string): boolean {
  if (link === '/' || link === '/ui/objects') return path === link;
  return path === link || path.startsWith(`${link}/`);
}

export function link(path: string, label: string, here: boolean): Html {
  return here
    ? html`<a href="${path}" aria-current="page">${label}</a>`
    : html`<a href="${path}">${label}</a>`;
}

function side(visit: Visit): Html {
  const sections = setupSections(visit).map(
    ({ title, links }) =>
      html`<h2>${title}</h2>
        <ul>${links.map(({ path, label }) => html`<li>${link(path, label, isSetupHere(visit.request.path, path))}</li>`)}</ul>`,
  );
  return html`<nav class="side" aria-label="Setup">
    <details><summary>Setup</summary>${sections}</details>
  </nav>`;
}

function isSetupHere(path: string, link: string): boolean {
  if (link === '/setup') return path === '/setup' || path.startsWith('/setup/objects');
  return path === link || path.startsWith(`${link}/`);
}

function foot({ org, time, user }: Visit): Html {
  const now = new Date(org.clock.now());
  return html`<footer>
    Times are shown in ${time.zone} (${zoneName(time, now)}), the zone of ${user.username}. Organization ${org.orgId}.
  </footer>`;
}
