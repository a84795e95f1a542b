/** A SOAP fault: HTTP 500, `sf:CODE`, and the exception's code and message in the detail. */
export class SoapFault extends Error {
  override readonly name = 'SoapFault';
  readonly code: string;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

export const invalidLogin = (): SoapFault =>
  new SoapFault('INVALID_LOGIN', 'Invalid username, password, security token; or user locked out.');

export const sessionExpired = (): SoapFault =>
  new SoapFault('INVALID_SESSION_ID', 'Invalid Session ID found in SessionHeader: Illegal Session');

export const malformed = (reason: string): SoapFault =>
  new SoapFault('MALFORMED_MESSAGE', `The SOAP message cannot be read: ${reason}`);

/** Salesforce names the kinds of faults that carry more than a code. */
export function faultType(code: string): string {
  switch (code) {
    case 'INVALID_LOGIN':
      return 'LoginFault';
    case 'MALFORMED_QUERY':
      return 'MalformedQueryFault';
    case 'INVALID_FIELD':
      return 'InvalidFieldFault';
    case 'INVALID_TYPE':
    case 'INVALID_SOBJECT':
      return 'InvalidSObjectFault';
    case 'INVALID_QUERY_LOCATOR':
      return 'InvalidQueryLocatorFault';
    case 'MALFORMED_ID':
      return 'InvalidIdFault';
    default:
      return 'UnexpectedErrorFault';
  }
}
