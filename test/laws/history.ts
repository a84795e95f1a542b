import type { Value } from '../../connect/core/row.ts';

export type Side = 'app' | 'org';

/** One write of one cell, known by the unique value it wrote. */
export interface Write {
  readonly token: string;
  readonly entity: number;
  readonly field: string;
  readonly side: Side;
  /** What its writer saw. */
  readonly saw: Value;
}

/**
 * Who wrote what having seen what. Every value ever written is unique, so a value is a write, and "older" has a meaning
 * without clocks: a value is older than another when the other's writer, or one before him, saw it.
 */
export class History {
  readonly writes = new Map<string, Write>();
  readonly shownInTable = new Set<string>();
  readonly shownInOrg = new Set<string>();
  readonly deletedBy = new Map<number, Set<Side>>();
  /** Entities whose create a person has to decide about: parked, visibly, and only where there is no external id. */
  readonly parked = new Set<number>();
  readonly violations: string[] = [];
  /** What happened, line by line, where a replay asks for it. */
  readonly notes: string[] = [];
  readonly #tracing: boolean;
  #serial = 0;

  constructor(tracing = false) {
    this.#tracing = tracing;
  }

  entity(): number {
    this.#serial += 1;
    return this.#serial;
  }

  write(write: Omit<Write, 'token'>, mark = ''): string {
    this.#serial += 1;
    const token = `${write.side}${this.#serial}.${write.entity}.${write.field}${mark}`;
    this.writes.set(token, { ...write, token });
    return token;
  }

  isAncestor(older: Value, newer: Value): boolean {
    if (older === null || newer === null || older === newer) return false;
    for (let at = this.writes.get(newer); at !== undefined;) {
      if (at.saw === older) return true;
      at = at.saw === null ? undefined : this.writes.get(at.saw);
    }
    return false;
  }

  entityOf(values: Readonly<Record<string, Value>>): number {
    for (const value of Object.values(values)) {
      const write = value === null ? undefined : this.writes.get(value);
      // An external id may be the parent's.
      if (write !== undefined && write.field !== 'ext') return write.entity;
    }
    throw new Error(`no write in ${JSON.stringify(values)}`);
  }

  deleted(entity: number, side: Side): void {
    const sides = this.deletedBy.get(entity) ?? new Set<Side>();
    this.deletedBy.set(entity, sides.add(side));
  }

  note(what: string, ...details: readonly unknown[]): void {
    if (this.#tracing)
      this.notes.push(`${what} ${details.map((detail) => JSON.stringify(detail)).join(' ')}`);
  }

  violated(law: string, what: string): void {
    this.violations.push(`${law}: ${what}`);
    this.note('VIOLATED', law, what);
  }

  /** Laws 3 and 4 at the moment of a change: a cell never returns to what its present value's writer had seen. */
  changed(where: Side, { from, to }: { readonly from: Value; readonly to: Value }): void {
    if (to !== null) (where === 'app' ? this.shownInTable : this.shownInOrg).add(to);
    if (this.isAncestor(to, from)) {
      const law = where === 'app' ? 'no flip-flop' : 'nothing twice';
      this.violated(law, `${where} went from ${from ?? 'null'} back to ${to ?? 'null'}`);
    }
  }
}
