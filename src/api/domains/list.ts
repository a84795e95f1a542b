import type { Platform } from '../../ports.ts';
import type { App } from '../../store/apps.ts';
import { appIdentity } from '../apps/body.ts';
import { appEndpoint, found, listAnswer, param, time } from '../endpoint.ts';
import { stableId } from '../../store/stable-id.ts';

/** The host name every app has. Domains of one's own are not offered yet. */
function defaultDomain({ addresses }: Platform, app: App) {
  return {
    acm_status: null,
    acm_status_reason: null,
    app: appIdentity(app),
    cname: null,
    created_at: time(app.created_at),
    hostname: addresses.hostOf(app.name),
    id: stableId('domain', app.id),
    kind: 'heroku',
    sni_endpoint: null,
    status: 'none',
    updated_at: time(app.updated_at),
  };
}

export const domainList = appEndpoint(
  { method: 'get', path: '/apps/:app/domains', access: 'view' },
  async (platform, call) =>
    listAnswer(call, [defaultDomain(platform, call.app)], {
      by: { id: (domain) => domain.id, hostname: (domain) => domain.hostname },
      body: (domain) => domain,
    }),
);

export const domainInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/domains/:domain', access: 'view' },
  async (platform, call) => {
    const domain = defaultDomain(platform, call.app);
    const wanted = param(call, 'domain');
    return {
      body: found(
        wanted === domain.id || wanted === domain.hostname ? domain : undefined,
        'domain',
      ),
    };
  },
);
