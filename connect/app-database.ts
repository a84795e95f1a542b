import type { TablePlan } from './core/table-plan.ts';
import type { Hints, Store } from './ports.ts';

/** The application's database as a connection uses it; connect/postgres/open-database.ts is the one implementation. */
export interface AppDatabase extends AsyncDisposable {
  readonly store: Store;
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** Whether the database answers. */
  ping(): Promise<void>;
  /** Makes or changes everything the mappings need, in one transaction; doing it again changes nothing. */
  applyMappings(plans: readonly TablePlan[], organizationId: string): Promise<void>;
  dropMapping(plan: Pick<TablePlan, 'table'>): Promise<void>;
  /** Tables of the schema that exist and are not Connect's. */
  findForeignTables(): Promise<ReadonlySet<string>>;
  openDoorbell(): Promise<Hints & AsyncDisposable>;
  /** Loads the table again, in place: rows keep their ids, and what waits to be pushed stays. */
  reload(table: string): Promise<void>;
  countRows(table: string): Promise<TableCounts>;
  /** Writes that Salesforce refused since, newest first. */
  listWriteErrors(
    wanted: WriteErrorsWanted,
  ): Promise<{ readonly count: number; readonly errors: readonly WriteError[] }>;
  /** Removes archived entries that are older; resolves to how many. */
  pruneArchive(before: Date): Promise<number>;
  /** Sends again the archived entries that a person has marked REQUEUE; resolves to how many. */
  requeueMarked(): Promise<number>;
  /** Moves what was captured on read-only mappings to the archive; resolves to how many. */
  archiveReadOnly(): Promise<number>;
}

export interface TableCounts {
  readonly rows: number;
  /** Log entries that wait to be sent. */
  readonly pending: number;
  /** Refused writes of the last day. */
  readonly errors: number;
  /** Rows whose last change has not been confirmed by a read. */
  readonly unsynced: number;
}

interface WriteErrorsWanted {
  /** Null: of every mapping. */
  readonly table: string | null;
  readonly since: Date;
  readonly max: number;
}

export interface WriteError {
  readonly id: number;
  readonly tableName: string;
  readonly recordId: number;
  readonly message: string;
  readonly createdAt: Date;
}

export interface DatabaseAddress {
  readonly url: string;
  readonly schema: string;
  /** For the application name of its sessions. */
  readonly connectionId: string;
}

export type OpenDatabase = (address: DatabaseAddress) => AppDatabase;
