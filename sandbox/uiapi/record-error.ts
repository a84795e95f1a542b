import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';

type Json = Readonly<Record<string, unknown>>;

/** UI API tells what is wrong with a record by field, for a form to show it there. */
export class RecordError extends SalesforceError {
  readonly #object: ObjectDef | undefined;
  readonly #errors: readonly SalesforceError[];

  constructor(object: ObjectDef | undefined, errors: readonly SalesforceError[]) {
    super(
      errors[0]?.errorCode ?? 'UNKNOWN_EXCEPTION',
      'An error occurred while trying to update the record. Please try again.',
    );
    this.#object = object;
    this.#errors = errors;
  }

  override toJSON(): Json {
    const shown = this.#errors.flatMap(({ errorCode, message, fields }) =>
      (fields.length === 0 ? [null] : fields).map((name) => ({
        constituentField: null,
        duplicateRecordError: null,
        errorCode,
        field: name,
        fieldLabel: this.#object?.fields.find((field) => field.name === name)?.label ?? null,
        message,
      })),
    );
    return {
      enhancedErrorType: 'RecordError',
      errorCode: this.errorCode,
      message: this.message,
      output: {
        errors: shown.filter(({ field }) => field === null),
        fieldErrors: Object.fromEntries(
          Object.entries(Object.groupBy(shown, ({ field }) => field ?? '')).filter(
            ([name]) => name !== '',
          ),
        ),
      },
      statusCode: this.status,
    };
  }
}
