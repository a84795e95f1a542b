import type { ConnectionLife } from '../connection-life.ts';
import type { PlannedMapping } from '../connection-plan.ts';
import type { ObjectDescribe } from '../core/describe.ts';
import { findField } from '../core/describe.ts';
import { IMPORT_TIMEOUT_MS } from '../limits.ts';

/** One rule's finding, as the command line prints it. */
interface Check {
  readonly rule_id: string;
  readonly display_name: string;
  readonly message: string;
  readonly status: 'RED' | 'YELLOW' | 'GREEN' | 'SKIPPED';
}

interface Findings {
  readonly errors: readonly Check[];
  readonly warnings: readonly Check[];
  readonly passes: readonly Check[];
  readonly skips: readonly Check[];
}

export interface Diagnosis extends Findings {
  readonly mappings: Readonly<Record<string, Findings>>;
}

/** API versions older than this leave out fields and resources that Connect uses where they are there. */
const RECENT_API_VERSION = 60;
const MAPPINGS_MANY = 100;
const FIELDS_MANY = 200;
const LONG_TEXTS_MANY = 20;

/** Looks for what is known to make a connection slow, costly or wrong. */
export async function diagnose(life: ConnectionLife): Promise<Diagnosis> {
  const { opened, problem } = life;
  const state: Check = {
    rule_id: 'MUST_BE_RUNNING',
    display_name: 'Connection State',
    ...(problem === null && opened !== undefined
      ? { status: 'GREEN', message: `The connection is ${life.state}.` }
      : {
          status: 'RED',
          message: `The connection is ${life.state}. ${problem?.message ?? ''}`.trim(),
        }),
  };
  if (opened === undefined) return { ...sorted([state]), mappings: {} };
  const version = Number(opened.apiVersion);
  const { planned, unplanned } = opened.plan;
  const checks: Check[] = [
    state,
    {
      rule_id: 'MUST_USE_RECENT_API_VERSION',
      display_name: 'Salesforce API Version',
      status: version >= RECENT_API_VERSION ? 'GREEN' : 'YELLOW',
      message: `The connection uses version ${opened.apiVersion} of the Salesforce API.`,
    },
    {
      rule_id: 'SHOULD_HAVE_FEW_MAPPINGS',
      display_name: 'Number of Mappings',
      status: planned.length <= MAPPINGS_MANY ? 'GREEN' : 'YELLOW',
      message: `The connection has ${planned.length} mappings.`,
    },
  ];
  const mappings: Record<string, Findings> = {};
  for (const mapping of planned) {
    mappings[mapping.table.objectName] = await diagnoseMapping(life, mapping);
  }
  for (const { stored, message } of unplanned) {
    mappings[stored.objectName] = sorted([
      { rule_id: 'MUST_FIT_THE_ORG', display_name: 'Object and Fields', status: 'RED', message },
    ]);
  }
  return { ...sorted(checks), mappings };
}

export async function diagnoseMapping(
  life: ConnectionLife,
  mapping: PlannedMapping,
): Promise<Findings> {
  const { opened } = life;
  const object = await opened?.org.describer.describe(
    mapping.table.objectName,
    AbortSignal.timeout(IMPORT_TIMEOUT_MS),
  );
  if (object === undefined || object === null) {
    return sorted([
      {
        rule_id: 'MUST_FIT_THE_ORG',
        display_name: 'Object and Fields',
        status: 'RED',
        message: `The org does not show ${mapping.table.objectName}.`,
      },
    ]);
  }
  return sorted(RULES.map((rule) => rule(mapping, object)));
}

type Rule = (mapping: PlannedMapping, object: ObjectDescribe) => Check;

const calculatedFields: Rule = ({ table }, object) => {
  const found = table.columns
    .filter(({ field }) => findField(object, field)?.calculated === true)
    .map(({ field }) => field);
  return {
    rule_id: 'SHOULD_NOT_MAP_CALCULATED_FIELDS',
    display_name: 'Calculated Fields',
    ...(found.length === 0
      ? { status: 'GREEN', message: 'No calculated field is mapped.' }
      : {
          status: 'YELLOW',
          message: `Salesforce does not say when these calculated fields change, so they stay as they were until the record itself changes: ${found.join(', ')}.`,
        }),
  };
};

const upsertField: Rule = ({ table }) => ({
  rule_id: 'SHOULD_HAVE_UPSERT_FIELD',
  display_name: 'Upsert Field',
  ...(table.access === 'read_only'
    ? { status: 'SKIPPED', message: 'The mapping is read-only.' }
    : table.key === undefined
      ? {
          status: 'YELLOW',
          message:
            'Without an upsert field a create whose answer is lost has to be searched for, and may need a person to decide.',
        }
      : { status: 'GREEN', message: `Records are created by ${table.key.field}.` }),
});

const requiredFields: Rule = ({ table }, object) => {
  const missing = object.fields
    .filter(
      ({ name, nillable, createable, defaultedOnCreate, type }) =>
        !nillable &&
        createable &&
        !defaultedOnCreate &&
        type !== 'boolean' &&
        !table.columns.some(({ field }) => field === name),
    )
    .map(({ name }) => name);
  return {
    rule_id: 'SHOULD_MAP_REQUIRED_FIELDS',
    display_name: 'Required Fields',
    ...(table.access === 'read_only'
      ? { status: 'SKIPPED', message: 'The mapping is read-only.' }
      : missing.length === 0
        ? { status: 'GREEN', message: 'Every required field is mapped.' }
        : {
            status: 'YELLOW',
            message: `Records cannot be created without these fields, which are not mapped: ${missing.join(', ')}.`,
          }),
  };
};

const numberOfFields: Rule = ({ table }) => ({
  rule_id: 'SHOULD_MAP_FEW_FIELDS',
  display_name: 'Number of Fields',
  status: table.columns.length <= FIELDS_MANY ? 'GREEN' : 'YELLOW',
  message: `${table.columns.length} fields are mapped.`,
});

const longTexts: Rule = ({ table }) => {
  const found = table.columns.filter(({ type }) => type === 'text').length;
  return {
    rule_id: 'SHOULD_MAP_FEW_LARGE_TEXT_AREAS',
    display_name: 'Number of Large Text Area Fields',
    status: found <= LONG_TEXTS_MANY ? 'GREEN' : 'YELLOW',
    message: `${found} long text fields are mapped.`,
  };
};

/** Binary fields are refused when a mapping is made, so none can be here. */
const binaryFields: Rule = () => ({
  rule_id: 'MUST_NOT_MAP_BINARY_FIELDS',
  display_name: 'Binary Fields',
  status: 'GREEN',
  message: 'No binary field is mapped.',
});

const RULES: readonly Rule[] = [
  calculatedFields,
  upsertField,
  binaryFields,
  numberOfFields,
  requiredFields,
  longTexts,
];

function sorted(checks: readonly Check[]): Findings {
  const of = (status: Check['status']): readonly Check[] =>
    checks.filter((check) => check.status === status);
  return { errors: of('RED'), warnings: of('YELLOW'), passes: of('GREEN'), skips: of('SKIPPED') };
}
