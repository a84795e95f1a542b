import type { OrgUser } from '../ports.ts';
import { SCOPE_MEANINGS } from '../scopes.ts';
import type { ConnectedApp } from '../store/apps.ts';
import type { AuthorizationRequest } from '../store/authorizations.ts';
import { html } from './html.ts';
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
      <ul>
        ${of.request.scopes.map((scope) => html`<li>${SCOPE_MEANINGS[scope] ?? scope}</li>`)}
      </ul>
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

export function messagePage(title: string, message: string, status: number): Page {
  return {
    title,
    status,
    body: html`<h1>${title}</h1>
      <p>${message}</p>`,
  };
}
