import type { Parser } from './definition.ts';

const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/([^\s/?#@\\,*]+)$/;
const HTTP = /^https?:/;
/** Browsers send no such origin, but `null` or the origin of the page that created the document. */
const NEVER_SENT = /^(?:wss?|file|data|blob|about|javascript):/;

const ORIGINS =
  'origins (scheme://host or scheme://host:port, without a path; neither * nor null), separated by commas';
const OWN = 'the origin of the server, such as https://chat.example.com; several are separated by commas';

const listed = (text: string) => text.split(',').map((each) => each.trim());

/**
 * `scheme://host[:port]` of any scheme (apps have their own), as browsers write it: in lower case, without a default
 * port.
 */
export const origins: Parser<readonly string[]> = {
  expected: ORIGINS,
  read: (text) => listed(text).map((each, index) => originOf(each, `${ORIGINS}; number ${index + 1} is not`)),
};

/** The origins under which browsers reach the server itself; a trailing slash is accepted. */
export const ownOrigins: Parser<readonly string[]> = {
  expected: OWN,
  read: (text) =>
    listed(text).map((each) => {
      if (!HTTP.test(each.toLowerCase())) throw OWN;
      return originOf(each.replace(/\/$/, ''), OWN);
    }),
};

function originOf(text: string, expected: string): string {
  const written = text.toLowerCase();
  if (NEVER_SENT.test(written)) throw `${expected}: pages have http:// or https:// origins, apps their own schemes`;
  if (!ORIGIN.test(written) || !URL.canParse(text)) throw expected;
  const { protocol, host, port } = new URL(written);
  if (host === '' || port === '0') throw expected;
  return `${protocol}//${host}`;
}
