import { expect } from 'chai';
import { MembershipGuard } from '../../src/delivery/membership-guard.ts';

describe('The members of a conversation that a node reads', () => {
  it('are read again if the process was paused meanwhile: one of them may have been removed', async () => {
    const answers: ((members: number[]) => void)[] = [];
    const settled: number[][] = [];
    const rooms = {
      hasRoom: () => true,
      setMembers: (_: number, members: ReadonlySet<number>) => void settled.push([...members]),
      writeBy: (moment: number) => expect(moment).to.be.above(performance.now(), 'it was not paused while it emitted'),
    };
    const asked = () => new Promise<number[]>((answer) => void answers.push(answer));
    const knowledge = {
      isCurrent: true,
      validForMs: 50,
      get validUntil() {
        return expect.fail('it has read them');
      },
    };
    const guard = new MembershipGuard(asked, rooms, knowledge, (error) => expect.fail(String(error)));
    const emitted = Promise.withResolvers<void>();
    guard.pass({ id: 1, removalSeq: 5 }, emitted.resolve);
    answers[0]?.([1, 2]);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // like a paused process
    await new Promise(setImmediate);
    expect(settled, 'not by what was read before').to.deep.equal([]);
    answers[1]?.([1]);
    await emitted.promise;
    expect(settled).to.deep.equal([[1]]);
  });

  it('are not valid for what was emitted, if the process was paused before that was done', () => {
    let late = 0;
    const rooms = {
      hasRoom: () => true,
      setMembers: () => undefined,
      writeBy: (moment: number) => {
        late += moment < performance.now() ? 1 : 0;
      },
    };
    const knowledge = {
      isCurrent: true,
      validForMs: 50,
      get validUntil() {
        return performance.now() + 50;
      },
    };
    const guard = new MembershipGuard(() => expect.fail('it knows'), rooms, knowledge, String);
    guard.left(1, 2, 5);
    guard.pass({ id: 1, removalSeq: 5 }, () => undefined);
    expect(late).to.equal(0);
    guard.pass({ id: 1, removalSeq: 5 }, () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100));
    expect(late).to.equal(1);
  });
});
