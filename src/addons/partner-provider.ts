import { z } from 'zod';

import { fault } from '../faults.ts';
import { messageOf } from '../kit/fault.ts';
import { PROVIDER_BODY_BYTES_MAX, PROVIDER_TIMEOUT_MS } from '../limits.ts';
import type { AddonProvider, Given } from './provider.ts';

export interface Partner {
  readonly service: string;
  /** `http://127.0.0.1:5056`, without a slash at the end. */
  readonly url: string;
  readonly password: string;
  /** `http://localhost:5055`: where the partner reaches us. */
  readonly callbackUrl: string;
}

const Provisioned = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  message: z.string().nullish(),
  config: z.record(z.string(), z.string()).nullish(),
});
const Refusal = z.object({ message: z.string() });

/**
 * A provider that speaks Heroku's Add-on Partner API v3. It promises to be idempotent by `uuid`, the add-on's id, so a
 * request whose answer was lost is simply sent again.
 */
export function partnerProvider(partner: Partner): AddonProvider {
  return {
    service: partner.service,
    provision: async (addon, signal) => {
      const response = await ask(partner, signal, {
        method: 'POST',
        path: '/heroku/resources',
        body: {
          uuid: addon.id,
          name: addon.name,
          plan: planOf(addon.plan),
          region: 'local::us',
          callback_url: `${partner.callbackUrl}/addons/${addon.id}`,
          oauth_grant: null,
          options: addon.options,
          app: { id: addon.app_id, name: addon.app_name },
        },
      });
      // 202: it provisions on and wants to be asked again.
      if (response.status === 202) return undefined;
      return given(partner, Provisioned.parse(await readJson(response)));
    },
    changePlan: async (addon, plan, signal) => {
      const response = await ask(partner, signal, {
        method: 'PUT',
        path: `/heroku/resources/${addon.id}`,
        body: { plan: planOf(plan) },
      });
      const parsed = Provisioned.partial({ id: true }).safeParse(await readJson(response));
      const config = parsed.success ? parsed.data.config : undefined;
      if (config === undefined || config === null) return undefined;
      return given(partner, { id: addon.provider_id ?? addon.id, message: null, config });
    },
    deprovision: async (addon, signal) => {
      await ask(partner, signal, { method: 'DELETE', path: `/heroku/resources/${addon.id}` });
    },
  };
}

/** `herokuconnect:demo` is `demo` to the partner. */
function planOf(plan: string): string {
  return plan.slice(plan.indexOf(':') + 1);
}

function given({ service }: Partner, { id, message, config }: z.infer<typeof Provisioned>): Given {
  const prefix = `${service.toUpperCase().replaceAll('-', '_')}_`;
  return {
    providerId: id,
    message: message ?? null,
    config: Object.fromEntries(
      Object.entries(config ?? {}).map(([name, value]) => [
        name.startsWith(prefix) ? name.slice(prefix.length) : name,
        value,
      ]),
    ),
  };
}

interface Question {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

async function ask(
  { service, url, password }: Partner,
  signal: AbortSignal,
  { method, path, body }: Question,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: {
        accept: 'application/vnd.heroku-addons+json; version=3',
        authorization: `Basic ${Buffer.from(`${service}:${password}`).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROVIDER_TIMEOUT_MS)]),
    });
  } catch (cause) {
    throw fault(
      'PROVIDER_UNAVAILABLE',
      `${service} does not answer (${messageOf(cause)}). It is asked again by itself.`,
      { cause },
    );
  }
  // What is not there (any more) cannot be taken away: the end that was asked for.
  if (
    response.ok ||
    (method === 'DELETE' && (response.status === 404 || response.status === 410))
  ) {
    return response;
  }
  const said = Refusal.safeParse(await readJson(response));
  if (response.status === 422) {
    throw fault('PROVIDER_REFUSED', said.success ? said.data.message : `${service} refused.`);
  }
  throw fault(
    'PROVIDER_UNAVAILABLE',
    `${service} answered ${response.status}${said.success ? `: ${said.data.message}` : ''}. It is asked again by itself.`,
  );
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '' || text.length > PROVIDER_BODY_BYTES_MAX) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
