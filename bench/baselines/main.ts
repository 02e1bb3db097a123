import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type BaselineName, baselines } from './baselines.ts';

/** Starts one baseline on a free port and prints its address: `node bench/baselines/main.ts NAME JSON`. */
const [name, options = '{}'] = process.argv.slice(2);
const http = await baselines[name as BaselineName](JSON.parse(options) as never); // startBaseline() types both arguments
await once(http.listen(0, '127.0.0.1'), 'listening');
console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
