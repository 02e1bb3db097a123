/** Its own types cannot be found through its `exports`; its interface is that of the current version. */
declare module 'socket.io-client-4.0' {
  export { io } from 'socket.io-client';
}
