import { expect } from 'chai';
import { MembershipGuard } from '../../src/membership-guard.ts';

describe('The members of a conversation that a node reads', () => {
  it('are read again when it stood still meanwhile: somebody may have been removed', async () => {
    const answers: ((members: number[]) => void)[] = [];
    const settled: number[][] = [];
    const rooms = {
      areCurrent: () => true,
      hasRoom: () => true,
      settleRoom: (_: number, members: ReadonlySet<number>) => void settled.push([...members]),
      takeBack: () => expect.fail('it did not stand still while it emitted'),
    };
    const asked = () => new Promise<number[]>((answer) => void answers.push(answer));
    const guard = new MembershipGuard(asked, rooms, (error) => expect.fail(String(error)), 50);
    const emitted = Promise.withResolvers<void>();
    guard.pass({ id: 1, removalSeq: 5 }, emitted.resolve);
    answers[0]?.([1, 2]);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // as when the process is stopped
    await new Promise(setImmediate);
    expect(settled, 'not by what was read before').to.deep.equal([]);
    answers[1]?.([1]);
    await emitted.promise;
    expect(settled).to.deep.equal([[1]]);
  });

  it('are no base for what was emitted, if it stood still before that was done', () => {
    let takenBack = 0;
    const rooms = {
      areCurrent: () => true,
      hasRoom: () => true,
      settleRoom: () => undefined,
      takeBack: () => {
        takenBack += 1;
      },
    };
    const guard = new MembershipGuard(() => expect.fail('it knows'), rooms, String, 50);
    guard.left(1, 2, 5);
    guard.pass({ id: 1, removalSeq: 5 }, () => undefined);
    expect(takenBack).to.equal(0);
    guard.pass({ id: 1, removalSeq: 5 }, () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100));
    expect(takenBack).to.equal(1);
  });
});
