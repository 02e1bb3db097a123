import type Koa from 'koa';
import helmet from 'koa-helmet';

/** Permits only what the page needs, and nothing inline. Profile pictures may be on any host; `'self'` covers the WebSocket too. */
const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'https:', 'http:'],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Sets the security headers on every response. @param hsts whether browsers have to use HTTPS alone from now on */
export const securityHeaders = (hsts: boolean): Koa.Middleware =>
  helmet({ hsts, contentSecurityPolicy: { useDefaults: false, directives: POLICY } });
