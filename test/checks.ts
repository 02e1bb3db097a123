import { execFile } from 'node:child_process';

/** Runs these scripts of package.json at the same time, each on one core, and fails when one of them does. */
const outcomes = process.argv.slice(2).map((script) => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  execFile('npm', ['run', script], (error, stdout, stderr) => {
    process.stdout.write(`${stdout}${stderr}\n`); // in one piece, when the script has ended
    resolve(error === null);
  });
  return promise;
});

if ((await Promise.all(outcomes)).includes(false)) process.exitCode = 1;
