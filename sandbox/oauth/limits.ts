/** Every bound of the org's login, with its reason. */

/** Salesforce: an authorization code is valid for 15 minutes. */
export const CODE_LIFETIME_MS = 15 * 60_000;
/** Time for a person to log in and decide; afterwards the application begins again. */
export const AUTHORIZATION_LIFETIME_MS = 30 * 60_000;
/** Salesforce: a device code is valid for 10 minutes, and is asked about every 5 seconds. */
export const DEVICE_CODE_LIFETIME_MS = 10 * 60_000;
export const DEVICE_POLL_SECONDS = 5;
/** An ID token is read at once by who asked for it; Salesforce gives it two minutes. */
export const ID_TOKEN_SECONDS = 120;
/** The word of a front door is followed at once; Salesforce lets it stand a minute. */
export const FRONT_DOOR_SECONDS = 60;
/** Salesforce: ten wrong passwords lock a user out for fifteen minutes. */
export const PASSWORD_FAILURES_MAX = 10;
export const LOCKOUT_MS = 15 * 60_000;
/** A token request carries one assertion at most; the largest seen are a few KB. */
export const FORM_BYTES_MAX = '64kb';
/** Names the client sends (state, nonce, redirect_uri) are kept while the user decides; Salesforce refuses long URLs as well. */
export const PARAMETER_CHARS_MAX = 2048;
/** Expired rows are removed a few at a time, whenever a new token is made, so that no job is needed for it. */
export const EXPIRED_ROWS_REMOVED_MAX = 200;
/** scrypt at N=2^14, r=8: 16 MB and about 40 ms, the figure Node gives as its default. */
export const SCRYPT_COST = 16_384;
/** Random bytes of a token: beyond guessing, and as long as Salesforce's own. */
export const TOKEN_BYTES = 66;
/** Seconds a JWT bearer assertion may be past its `exp`: Salesforce allows for clocks that differ. */
export const ASSERTION_CLOCK_TOLERANCE_SECONDS = 180;
/** RSA keys of 2048 bits are what Salesforce publishes, and what its clients expect of RS256. */
export const SIGNING_KEY_BITS = 2048;
