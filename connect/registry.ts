import type { JsonObject } from './core/mapping.ts';

/**
 * What Connect itself keeps, apart from any application's database: connections, how they get into their orgs, their
 * mappings, and what their owners should be told. connect/postgres/registry is the one implementation.
 */
export interface Registry {
  readonly connections: ConnectionTable;
  readonly grants: GrantTable;
  readonly attempts: AttemptTable;
  readonly mappings: MappingTable;
  readonly notifications: NotificationTable;
  readonly leases: LeaseTable;
  /** Whether the database answers. */
  ping(): Promise<void>;
}

export interface LeaseTable {
  /** The right to run a connection, which one process has at a time; undefined while another has it. */
  take(connectionId: string): Promise<Lease | undefined>;
}

export interface Lease extends AsyncDisposable {
  /** Aborted when the lease may be another's. */
  readonly lost: AbortSignal;
}

/** One add-on: one schema of one application's database, one org. */
export interface Connection {
  readonly id: string;
  readonly serialId: number;
  readonly resourceId: string;
  readonly resourceName: string;
  readonly appId: string | null;
  readonly appName: string;
  readonly plan: string;
  readonly region: string;
  /** The config var that holds the database's URL; null until its owner has chosen. */
  readonly dbKey: string | null;
  readonly schemaName: string | null;
  readonly paused: boolean;
  readonly features: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

type NewConnection = Pick<
  Connection,
  'id' | 'resourceId' | 'resourceName' | 'appId' | 'appName' | 'plan' | 'region'
>;

type ConnectionChange = Partial<
  Pick<
    Connection,
    'plan' | 'appName' | 'resourceName' | 'dbKey' | 'schemaName' | 'paused' | 'features'
  >
>;

export interface ConnectionTable {
  /** Adds a connection, or finds the one that the same resource has already. */
  insert(
    connection: NewConnection,
  ): Promise<{ readonly connection: Connection; readonly made: boolean }>;
  find(id: string): Promise<Connection | undefined>;
  findByResource(resourceId: string): Promise<Connection | undefined>;
  list(): Promise<readonly Connection[]>;
  /** Those of the app of that name or id. */
  listOfApp(app: string): Promise<readonly Connection[]>;
  change(id: string, change: ConnectionChange): Promise<Connection | undefined>;
  delete(id: string): Promise<void>;
}

export type Environment = 'production' | 'sandbox' | 'custom';
export type GrantKind = 'refresh_token' | 'jwt_bearer' | 'client_credentials';

/** The right to use an org, with its secrets in the clear: never logged, never answered. */
export interface Grant {
  readonly connectionId: string;
  readonly kind: GrantKind;
  readonly environment: Environment;
  readonly loginUrl: string;
  readonly instanceUrl: string;
  readonly organizationId: string;
  readonly userId: string;
  readonly username: string;
  /** Set exactly where the kind is `refresh_token`. */
  readonly refreshToken: string | null;
  readonly accessToken: string;
  readonly authorizedAt: Date;
}

export interface RenewedTokens {
  readonly accessToken: string;
  readonly instanceUrl: string;
  /** Null: the old one stays. */
  readonly refreshToken: string | null;
}

export interface GrantTable {
  find(connectionId: string): Promise<Grant | undefined>;
  save(grant: Omit<Grant, 'authorizedAt'>): Promise<Grant>;
  /** Written before the new access token is used: an org that rotates refresh tokens takes each old one once. */
  renew(connectionId: string, tokens: RenewedTokens): Promise<void>;
  delete(connectionId: string): Promise<void>;
}

/** A browser on its way to Salesforce and back. */
interface Attempt {
  readonly connectionId: string;
  readonly environment: Environment;
  readonly loginUrl: string;
  readonly verifier: string;
  readonly nextUrl: string | null;
  readonly expiresAt: Date;
}

export interface AttemptTable {
  insert(state: string, attempt: Attempt): Promise<void>;
  /** Takes it away: a state is good for one return. */
  take(state: string, now: Date): Promise<Attempt | undefined>;
}

export interface StoredMapping {
  readonly id: string;
  readonly serialId: number;
  readonly connectionId: string;
  readonly objectName: string;
  readonly config: JsonObject;
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly appliedAt: Date | null;
}

export interface MappingTable {
  find(id: string): Promise<StoredMapping | undefined>;
  list(connectionId: string): Promise<readonly StoredMapping[]>;
  /** Adds mappings, or gives those of the same objects their new configuration; all in one transaction. */
  save(
    connectionId: string,
    mappings: readonly { readonly objectName: string; readonly config: JsonObject }[],
  ): Promise<readonly StoredMapping[]>;
  markApplied(ids: readonly string[], at: Date): Promise<void>;
  delete(id: string): Promise<void>;
}

export interface Notification {
  readonly id: string;
  readonly eventType: string;
  readonly message: string;
  readonly createdAt: Date;
}

export interface NotificationFilter {
  readonly after?: Date | undefined;
  readonly before?: Date | undefined;
  readonly eventType?: string | undefined;
}

export interface NotificationTable {
  /** Told once: an unacknowledged one of the same words is not repeated. */
  insert(
    connectionId: string,
    notification: { readonly eventType: string; readonly message: string },
  ): Promise<void>;
  listUnacknowledged(
    connectionId: string,
    filter: NotificationFilter & { readonly max: number },
  ): Promise<readonly Notification[]>;
  acknowledge(connectionId: string, filter: NotificationFilter): Promise<void>;
}
