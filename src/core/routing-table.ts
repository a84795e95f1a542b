import type { DynoState } from './dyno-state.ts';
import { WEB } from './formation.ts';

/** A dyno that takes requests. */
export interface Backend {
  readonly dynoId: string;
  /** `web.1` */
  readonly dyno: string;
  readonly host: string;
  readonly port: number;
}

export interface Route {
  readonly appId: string;
  readonly appName: string;
  readonly target:
    | { readonly kind: 'serve'; readonly backends: readonly [Backend, ...Backend[]] }
    /** Dynos are starting: requests wait for them. */
    | { readonly kind: 'boot' }
    | { readonly kind: 'refuse'; readonly code: 'H10' | 'H14' | 'H80' | 'H81' };
}

/** From a host name in lower case to where its requests go. Never changed, only replaced as a whole. */
export type RoutingTable = ReadonlyMap<string, Route>;

export interface RoutedApp {
  readonly id: string;
  readonly name: string;
  readonly maintenance: boolean;
  /** Whether there is something to run. */
  readonly released: boolean;
  /** How many web dynos are wanted. */
  readonly web: number;
}

export interface RoutedDyno {
  readonly id: string;
  readonly appId: string;
  readonly type: string;
  readonly name: string;
  readonly state: DynoState;
  readonly host: string;
  readonly port: number | undefined;
}

/** `shop.localhost` for the app `shop` under each of the base domains. */
export function buildRoutingTable(
  apps: readonly RoutedApp[],
  dynos: readonly RoutedDyno[],
  baseDomains: readonly string[],
): RoutingTable {
  const webs = Map.groupBy(
    dynos.filter(({ type }) => type === WEB),
    ({ appId }) => appId,
  );
  return new Map(
    apps.flatMap((app) => {
      const target = targetOf(app, webs.get(app.id) ?? []);
      const route: Route = { appId: app.id, appName: app.name, target };
      return baseDomains.map((domain) => [`${app.name}.${domain}`.toLowerCase(), route] as const);
    }),
  );
}

function targetOf(app: RoutedApp, dynos: readonly RoutedDyno[]): Route['target'] {
  if (app.maintenance) return { kind: 'refuse', code: 'H80' };
  const [first, ...rest] = dynos.flatMap(backendsOf);
  if (first !== undefined) return { kind: 'serve', backends: [first, ...rest] };
  if (!app.released) return { kind: 'refuse', code: 'H81' };
  if (app.web === 0) return { kind: 'refuse', code: 'H14' };
  const crashed = dynos.some(({ state }) => state === 'crashed');
  const starting = dynos.some(({ state }) => state === 'starting');
  // A dyno that has not been started yet will be in a moment.
  return crashed && !starting ? { kind: 'refuse', code: 'H10' } : { kind: 'boot' };
}

function backendsOf({ id, name, state, host, port }: RoutedDyno): readonly Backend[] {
  return state === 'up' && port !== undefined ? [{ dynoId: id, dyno: name, host, port }] : [];
}

/** A Host header's name: lower case, without its port or the dot of a fully qualified name. */
export function hostName(header: string): string {
  return header.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}
