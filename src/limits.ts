/** Bounds of the platform's API, builder and add-ons, each with its reason. Those of the runtime are in dynos/limits.ts. */

/** The `heroku` command line repeats every request id of a run in one header: up to 7 KB were seen. */
export const HEADER_BYTES_MAX = 32_768;
/** The largest JSON bodies are config vars: 64 KB in all, escaped, with room. */
export const JSON_BODY_BYTES_MAX = 1_048_576;
/** Heroku's own bound for all config vars of an app together. */
export const CONFIG_BYTES_MAX = 65_536;
/** Requests in flight at the stop; the whole service has 10 s. */
export const DRAIN_MS = 4_000;
/** A request's headers must have come by then (slow loris). */
export const HEADERS_TIMEOUT_MS = 20_000;
/** An upload may take this long, and an API client gives up after 60 s anyway. */
export const REQUEST_TIMEOUT_MS = 15 * 60_000;
/** Heroku's page, and the most it gives. */
export const PAGE_SIZE = 200;
export const PAGE_SIZE_MAX = 1_000;
/** Heroku's bound for a user's apps. */
export const APPS_PER_USER_MAX = 600;
/** Heroku's bound for a process type that is not of a performance size. */
export const DYNOS_PER_TYPE_MAX = 100;
export const COLLABORATORS_MAX = 100;

/** Heroku refuses larger sources. */
export const SOURCE_BYTES_MAX = 1_073_741_824;
/** Unpacked; a bomb of zeros is caught here. */
export const SOURCE_UNPACKED_BYTES_MAX = 4 * 1_073_741_824;
/** The largest public repositories that are web apps have some 60,000 files. */
export const SOURCE_FILES_MAX = 250_000;
/** Uploads are removed after this; a build takes its source at once. */
export const SOURCE_LIFE_MS = 24 * 3_600_000;
/** Heroku: 15 minutes. */
export const BUILD_TIMEOUT_MS = 15 * 60_000;
/** Heroku’s largest Procfiles have some lines. */
export const PROCFILE_BYTES_MAX = 65_536;
/** Heroku: 500 MB. */
export const SLUG_BYTES_MAX = 524_288_000;
/** What a build may print. */
export const BUILD_OUTPUT_BYTES_MAX = 8 * 1_048_576;
/** Each build holds a core and some 500 MB while npm runs. */
export const BUILDS_AT_ONCE = 2;
/** A builder that is alive renews its lease in a third of the time; one that died is noticed after the whole. */
export const LEASE_MS = 30_000;
/** A build that took its builder down twice is not tried again. */
export const BUILD_ATTEMPTS_MAX = 2;
/** With every hint lost, waiting work is still found in this time. */
export const WORK_POLL_MS = 5_000;
export const WORK_BACKOFF = { firstMs: 500, maxMs: 30_000 } as const;
/** How often a build's output is looked at for a reader that waits for more. */
export const OUTPUT_POLL_MS = 150;
/** npm gets this long to fetch a runtime. */
export const RUNTIME_INSTALL_TIMEOUT_MS = 5 * 60_000;
/** User ids of builds where the platform is the superuser: below those of dynos, above those of people. */
export const FIRST_BUILD_UID = 190_000;
export const BUILD_UIDS = 10_000;

/** An add-on provider's answer; Heroku's own hard limit. */
export const PROVIDER_TIMEOUT_MS = 25_000;
export const PROVIDER_BODY_BYTES_MAX = 262_144;
/** A provider that is away is asked again after this, doubling. */
export const PROVIDER_BACKOFF = { firstMs: 1_000, maxMs: 60_000 } as const;
/** Connections of one add-on database: Heroku gives its smallest plan 20. */
export const DATABASE_CONNECTIONS_MAX = 20;
/** The platform's own pool; the server's default is 100 for everybody. */
export const POOL_CONNECTIONS_MAX = 12;
/** Connections to Connect that are kept open for the next request. */
export const PROXY_SOCKETS_MAX = 128;
/** Connect answers or is said to be away. Streams are not cut: the time is only until its first byte. */
export const PROXY_FIRST_BYTE_TIMEOUT_MS = 60_000;
/** Heroku's bound for the lines of a log session. */
export const LOG_LINES_MAX = 1_500;
/** The answer to a new add-on waits this long for a provider that is quick. */
export const ADDON_WAIT_MS = 5_000;
export const ADDON_POLL_MS = 50;
/** Another service's answer about its health. */
export const HEALTH_TIMEOUT_MS = 2_000;
/** How long a browser stays signed in to the dashboard. */
export const SESSION_MS = 12 * 3_600_000;
/** A sign-in form is a token and its name. */
export const FORM_BYTES_MAX = 4_096;
/** A log session's URL opens for this long; the command line opens it at once. */
export const LOG_SESSION_LIFE_MS = 5 * 60_000;
/** While a release phase or a postdeploy script runs, its end is looked for this often. */
export const RELEASE_PHASE_POLL_MS = 250;
/** Heroku's own app.json schema has no more than some hundred lines. */
export const APP_JSON_BYTES_MAX = 262_144;
/** Add-ons of a new app that are not there after this fail its setup. */
export const SETUP_ADDONS_TIMEOUT_MS = 5 * 60_000;
/** A postdeploy script may take this long, as a release phase. */
export const POSTDEPLOY_TIMEOUT_MS = 3_600_000;
/** What is kept of a postdeploy script's output. */
export const POSTDEPLOY_OUTPUT_BYTES_MAX = 65_536;
/** What nothing refers to any more is looked for this often, and goes when it is older than an hour. */
export const HOUSEKEEPING_MS = 3_600_000;
/** A slug's URL is good for this long: a download of the largest slug takes minutes. */
export const SLUG_URL_LIFE_MS = 3_600_000;
