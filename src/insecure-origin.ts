/** Browsers take these for secure, whatever the scheme. */
const LOCAL = /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/;

/** Whether browsers drop the secure cookies of an origin, which they do without a word. */
export const isInsecureOrigin = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && !LOCAL.test(hostname);
