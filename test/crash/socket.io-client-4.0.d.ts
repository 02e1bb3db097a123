/** Its own types cannot be found through its `exports`; its face is that of today's. */
declare module 'socket.io-client-4.0' {
  export { io } from 'socket.io-client';
}
