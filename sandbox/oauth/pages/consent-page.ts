import type { OrgUser } from '../ports.ts';
import { SCOPE_MEANINGS } from '../scopes.ts';
import type { ConnectedApp } from '../store/apps.ts';
import type { AuthorizationRequest } from '../store/authorizations.ts';
import { html, type Html } from './html.ts';
import type { Page } from './page.ts';

export function consentPage(of: {
  readonly app: ConnectedApp;
  readonly user: OrgUser;
  readonly request: AuthorizationRequest;
  readonly source: string;
  readonly csrf: string;
}): Page {
  return {
    title: 'Allow access',
    leadsTo: of.request.redirectUri,
    body: html`<h1>Allow access?</h1>
      <p><strong>${of.app.name}</strong> is asking to:</p>
      ${scopeList(of.request.scopes)}
      <p>
        Do you want to allow access for <strong>${of.user.username}</strong>? (<a
          href="/secur/logout.jsp"
          >Not you?</a
        >)
      </p>
      <form id="editPage" method="post" action="/setup/secur/RemoteAccessAuthorizationPage.apexp">
        <input type="hidden" name="source" value="${of.source}" />
        <input type="hidden" name="csrf" value="${of.csrf}" />
        <div class="buttons">
          <input class="second" type="submit" id="oadeny" name="cancel" value="Deny" title="Deny" />
          <input type="submit" id="oaapprove" name="save" value="Allow" title="Allow" />
        </div>
      </form>
      <p class="small">
        You can revoke the access at any time; it ends the application's tokens.
      </p>`,
  };
}

/** Full access says it all; only use while the user is away is said beside it. */
function scopeList(scopes: readonly string[]): Html {
  const shown = scopes.includes('full')
    ? scopes.filter((scope) => scope === 'full' || scope === 'refresh_token')
    : scopes;
  return html`<ul>${shown.map((scope) => html`<li>${SCOPE_MEANINGS[scope] ?? scope}</li>`)}</ul>`;
}

/** The page where a device's code is entered and, once it is known, decided on. */
export function devicePage(of: {
  readonly userCode: string;
  readonly failed: boolean;
  readonly asked:
    | { readonly app: ConnectedApp; readonly scopes: readonly string[]; readonly user: OrgUser }
    | undefined;
  readonly csrf: string;
}): Page {
  const hidden = html`<input type="hidden" name="csrf" value="${of.csrf}">`;
  if (of.asked === undefined) {
    return {
      title: 'Connect a device',
      body: html`<h1>Connect a device</h1>
${of.failed ? html`<p class="error" role="alert">There is no such code, or it has expired. Ask the device for another one.</p>` : ''}
<form method="post" action="/setup/connect">${hidden}
<label for="user_code">Enter the code that the device shows</label>
<input type="text" id="user_code" name="user_code" value="${of.userCode}" autocomplete="off" autocapitalize="characters" required autofocus>
<input type="submit" name="connect" value="Connect">
</form>`,
    };
  }
  const { app, scopes, user } = of.asked;
  return {
    title: 'Connect a device',
    body: html`<h1>Allow access?</h1>
<p>A device with <strong>${app.name}</strong> is asking to:</p>
${scopeList(scopes)}
<p>Do you want to allow access for <strong>${user.username}</strong>?</p>
<form method="post" action="/setup/connect">${hidden}
<input type="hidden" name="user_code" value="${of.userCode}">
<div class="buttons">
<input class="second" type="submit" id="oadeny" name="cancel" value="Deny">
<input type="submit" id="oaapprove" name="save" value="Allow">
</div>
</form>`,
  };
}

export function messagePage(title: string, message: string, status: number): Page {
  return {
    title,
    status,
    body: html`<h1>${title}</h1>
      <p>${message}</p>`,
  };
}
