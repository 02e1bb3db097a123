import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type OpponentName, opponents } from './opponents.ts';

/** Starts one opponent on a free port and prints its address: `node bench/opponents/main.ts NAME JSON`. */
const [name, options = '{}'] = process.argv.slice(2);
const http = await opponents[name as OpponentName](JSON.parse(options) as never); // whoever starts it knows them
await once(http.listen(0, '127.0.0.1'), 'listening');
console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
