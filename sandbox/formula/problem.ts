/** Why a formula cannot be: the words are Salesforce's, for who wrote it. */
export class FormulaProblem extends Error {
  override readonly name = 'FormulaProblem';
}

export function syntaxError(what?: string): FormulaProblem {
  return new FormulaProblem(what === undefined ? 'Syntax error' : `Syntax error. ${what}`);
}

export function noSuchField(name: string): FormulaProblem {
  return new FormulaProblem(`Field ${name} does not exist. Check spelling.`);
}

/** `of`: "function 'LEN()'" or "operator '+'". */
export function wrongType(
  of: string,
  expected: readonly string[],
  received: string,
): FormulaProblem {
  return new FormulaProblem(
    `Incorrect parameter type for ${of}. Expected ${expected.join(', ')}, received ${received}`,
  );
}

export function wrongCount(
  of: string,
  expected: number | string,
  received: number,
): FormulaProblem {
  return new FormulaProblem(
    `Incorrect number of parameters for ${of}. Expected ${expected}, received ${received}`,
  );
}

export function picklistProblem(
  kind: 'Picklist' | 'Multi-Select Picklist',
  field: string,
): FormulaProblem {
  const [what, which] =
    kind === 'Picklist'
      ? ['picklist', 'Picklist']
      : ['multi-select picklist', 'Multi-select picklist'];
  return new FormulaProblem(
    `Field ${field} is a ${what} field. ${which} fields are only supported in certain functions.`,
  );
}
