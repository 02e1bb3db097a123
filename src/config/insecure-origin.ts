/** Browsers treat these hosts as secure with any scheme. */
const LOCAL = /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/;

/** Whether browsers silently drop the secure cookies of an origin. */
export const isInsecureOrigin = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && !LOCAL.test(hostname);
