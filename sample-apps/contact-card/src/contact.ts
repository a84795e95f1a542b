import { z } from 'zod';

/** The fields of a contact that the form writes: column, label, Salesforce's length, and how the browser should ask for it. */
export const FIELDS = [
  { name: 'firstname', label: 'First name', max: 40, type: 'text', autocomplete: 'given-name' },
  {
    name: 'lastname',
    label: 'Last name',
    max: 80,
    type: 'text',
    autocomplete: 'family-name',
    required: true,
  },
  { name: 'title', label: 'Title', max: 128, type: 'text', autocomplete: 'organization-title' },
  { name: 'department', label: 'Department', max: 80, type: 'text', autocomplete: 'off' },
  { name: 'email', label: 'Email', max: 80, type: 'email', autocomplete: 'email' },
  { name: 'phone', label: 'Phone', max: 40, type: 'tel', autocomplete: 'tel' },
  { name: 'mobilephone', label: 'Mobile', max: 40, type: 'tel', autocomplete: 'tel' },
  {
    name: 'mailingstreet',
    label: 'Street',
    max: 255,
    type: 'area',
    autocomplete: 'street-address',
  },
  {
    name: 'mailingpostalcode',
    label: 'Postal code',
    max: 20,
    type: 'text',
    autocomplete: 'postal-code',
  },
  { name: 'mailingcity', label: 'City', max: 40, type: 'text', autocomplete: 'address-level2' },
  { name: 'mailingstate', label: 'State', max: 80, type: 'text', autocomplete: 'address-level1' },
  { name: 'mailingcountry', label: 'Country', max: 80, type: 'text', autocomplete: 'country-name' },
  { name: 'description', label: 'Notes', max: 32_000, type: 'area', autocomplete: 'off' },
] as const;

export type FieldName = (typeof FIELDS)[number]['name'];
export type Values = Readonly<Record<FieldName, string>>;

export const FIELD_NAMES: readonly FieldName[] = FIELDS.map(({ name }) => name);

/** What a row says of its own synchronization. */
export type SyncState =
  | { readonly kind: 'synced' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly why: string };

export interface Contact {
  readonly id: string;
  readonly sfid: string | null;
  readonly name: string;
  readonly account: string | null;
  readonly accountSfid: string | null;
  readonly values: Values;
  readonly modified: Date | null;
  readonly sync: SyncState;
}

const text = z.string().default('');

const Form = z.object(
  Object.fromEntries(
    FIELDS.map((field) => [
      field.name,
      text
        .transform((value) => value.replaceAll('\r\n', '\n').trim())
        .pipe(
          z
            .string()
            .max(field.max, `${field.label} may have at most ${field.max} characters.`)
            .refine(
              (value) => !('required' in field) || value !== '',
              `${field.label} is required.`,
            )
            .refine(
              (value) =>
                field.type !== 'email' || value === '' || z.email().safeParse(value).success,
              'This is not an email address. Write it like ada@example.com.',
            ),
        ),
    ]),
  ),
);

export type FormResult =
  | { readonly ok: true; readonly values: Values }
  | {
      readonly ok: false;
      readonly values: Values;
      readonly faults: Readonly<Record<string, string>>;
    };

/** Reads a submitted form: trimmed values, or for each wrong field the sentence to show beside it. */
export function parseForm(body: unknown): FormResult {
  const parsed = Form.safeParse(body);
  const raw = z.record(z.string(), z.unknown()).catch({}).parse(body);
  if (parsed.success) return { ok: true, values: pick(parsed.data) };
  const faults: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const field = String(issue.path[0] ?? '');
    faults[field] ??= issue.message;
  }
  return { ok: false, values: pick(raw), faults };
}

/** The values the form was filled with when it was opened: what the person has seen. */
export function parseSeen(body: unknown): Values {
  const fields = z.record(z.string(), z.unknown()).catch({}).parse(body);
  return pick(Object.fromEntries(FIELD_NAMES.map((name) => [name, fields[`seen_${name}`]])));
}

export function pick(source: Readonly<Record<string, unknown>>): Values {
  const value = (name: FieldName): string => {
    const found = source[name];
    return typeof found === 'string' ? found.replaceAll('\r\n', '\n') : '';
  };
  return {
    firstname: value('firstname'),
    lastname: value('lastname'),
    title: value('title'),
    department: value('department'),
    email: value('email'),
    phone: value('phone'),
    mobilephone: value('mobilephone'),
    mailingstreet: value('mailingstreet'),
    mailingpostalcode: value('mailingpostalcode'),
    mailingcity: value('mailingcity'),
    mailingstate: value('mailingstate'),
    mailingcountry: value('mailingcountry'),
    description: value('description'),
  };
}
