/** Text as HTML: nothing an app is called or says can become markup. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export interface AppCard {
  readonly name: string;
  readonly webUrl: string;
  readonly owner: string;
  readonly maintenance: boolean;
  readonly release: string;
  readonly released: string;
  readonly dynos: readonly {
    readonly name: string;
    readonly state: string;
    readonly command: string;
  }[];
  readonly addons: readonly {
    readonly name: string;
    readonly plan: string;
    readonly state: string;
  }[];
}

/** The dashboard: what runs, where it is, what it has. */
export function renderDashboard(email: string, apps: readonly AppCard[]): string {
  const cards = apps.map(renderCard).join('');
  const empty = `<section class="card empty"><h2>No apps yet</h2><p>Deploy one: <code>. ~/.landbridge/env</code>, then <code>heroku apps:create</code>.</p></section>`;
  return page(
    'Dashboard',
    `<header><div><h1>${LOGO}Landbridge</h1><p>${apps.length === 1 ? '1 app' : `${apps.length} apps`}</p></div>
<form method="post" action="/session"><input type="hidden" name="end" value="1"><span>${escapeHtml(email)}</span><button>Sign out</button></form></header>
<main>${apps.length === 0 ? empty : cards}</main>`,
  );
}

function renderCard(app: AppCard): string {
  const state = app.maintenance
    ? 'maintenance'
    : app.dynos.some((dyno) => dyno.state === 'up')
      ? 'up'
      : (app.dynos[0]?.state ?? 'off');
  const dynos = app.dynos
    .map(
      ({ name, state, command }) =>
        `<li><span class="dot ${escapeHtml(state)}"></span><b>${escapeHtml(name)}</b><code>${escapeHtml(command)}</code><i>${escapeHtml(state)}</i></li>`,
    )
    .join('');
  const addons = app.addons
    .map(
      ({ name, plan, state }) =>
        `<li><span class="dot ${escapeHtml(state)}"></span><b>${escapeHtml(plan)}</b><code>${escapeHtml(name)}</code><i>${escapeHtml(state)}</i></li>`,
    )
    .join('');
  return `<section class="card"><div class="top"><h2>${escapeHtml(app.name)}</h2><span class="state ${escapeHtml(state)}">${escapeHtml(state)}</span></div>
<a class="open" href="${escapeHtml(app.webUrl)}">${escapeHtml(app.webUrl)}</a>
<p class="meta">${escapeHtml(app.release)} · ${escapeHtml(app.released)} · ${escapeHtml(app.owner)}</p>
<h3>Dynos</h3><ul>${dynos === '' ? '<li class="none">none</li>' : dynos}</ul>
<h3>Add-ons</h3><ul>${addons === '' ? '<li class="none">none</li>' : addons}</ul></section>`;
}

/** The form that takes the API key. */
export function renderSignIn(refused: boolean): string {
  return page(
    'Sign in',
    `<main class="sign-in"><section class="card"><h1>${LOGO}Landbridge</h1>
<form method="post" action="/session"><label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus${refused ? ' aria-invalid="true"' : ''}>
${refused ? '<p class="refused" role="alert">That key is not valid.</p>' : ''}
<button>Sign in</button></form>
<p class="meta">The key is HEROKU_API_KEY in the file <code>env</code> of Landbridge’s home folder (<code>~/.landbridge/env</code>).</p></section></main>`,
  );
}

const LOGO = `<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><path d="M2 22c5-9 23-9 28 0" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"/><path d="M2 22h28M9 17v5M16 15v7M23 17v5" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Landbridge</title><style>${STYLE}</style></head><body>${body}</body></html>`;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2733;--soft:#5b6b7b;--line:#dfe5ec;--paper:#f5f7fa;--card:#fff;--accent:#0b6bcb;--good:#138a5b;--wait:#b7791f;--bad:#c0392b}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf4;--soft:#94a3b3;--line:#2a3644;--paper:#10171f;--card:#18222d;--accent:#6cb2ff;--good:#4cc38a;--wait:#e0b050;--bad:#ff7b6b}}
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header{display:flex;flex-wrap:wrap;gap:1rem;justify-content:space-between;align-items:center;max-width:72rem;margin:0 auto;padding:1.5rem 1.25rem .5rem}
h1{display:flex;gap:.6rem;align-items:center;margin:0;font-size:1.35rem;letter-spacing:-.01em}h1 svg{color:var(--accent)}
header p{margin:.1rem 0 0;color:var(--soft)}header form{display:flex;gap:.75rem;align-items:center;color:var(--soft);font-size:.9rem}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr));gap:1.25rem;max-width:72rem;margin:0 auto;padding:1.25rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem;box-shadow:0 1px 2px rgb(0 0 0/.04)}
.top{display:flex;justify-content:space-between;align-items:center;gap:.75rem}h2{margin:0;font-size:1.15rem}
h3{margin:1.1rem 0 .3rem;font-size:.75rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft)}
.open{display:inline-block;margin-top:.25rem;color:var(--accent);overflow-wrap:anywhere}.meta{margin:.35rem 0 0;color:var(--soft);font-size:.88rem}
ul{list-style:none;margin:0;padding:0}li{display:grid;grid-template-columns:auto auto 1fr auto;gap:.5rem;align-items:center;padding:.3rem 0;border-top:1px solid var(--line);font-size:.9rem}
li.none{display:block;color:var(--soft)}li code{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;color:var(--soft)}li i{font-style:normal;color:var(--soft)}
code{font:.85em ui-monospace,monospace}.dot{width:.55rem;height:.55rem;border-radius:50%;background:var(--soft)}
.dot.up,.dot.provisioned{background:var(--good)}.dot.starting,.dot.provisioning{background:var(--wait)}.dot.crashed{background:var(--bad)}
.state{font-size:.8rem;padding:.1rem .6rem;border-radius:99px;border:1px solid currentColor;color:var(--soft)}.state.up{color:var(--good)}.state.starting,.state.maintenance{color:var(--wait)}.state.crashed{color:var(--bad)}
button{font:inherit;padding:.4rem .9rem;border-radius:8px;border:1px solid var(--line);background:var(--card);color:var(--ink);cursor:pointer}button:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.sign-in{grid-template-columns:minmax(0,24rem);place-content:center;min-height:90vh}.sign-in form{display:grid;gap:.5rem;margin-top:1.25rem}.sign-in input{font:inherit;padding:.5rem .7rem;border-radius:8px;border:1px solid var(--line);background:var(--paper);color:var(--ink)}
.sign-in button{background:var(--accent);border-color:var(--accent);color:#fff;margin-top:.4rem}@media (prefers-color-scheme:dark){.sign-in button{color:#10171f}}.refused{margin:0;color:var(--bad);font-size:.9rem}`;
