import type { ShownMessage } from 'mmchat-client';
import { Icon, type IconName } from '../parts/icon.tsx';

type State = ShownMessage['state'];
const MARKS: Record<State, { icon: IconName; text: string; inGroup?: string }> = {
  pending: { icon: 'clock', text: 'Waiting to be sent' },
  failed: { icon: 'failed', text: 'Not sent' },
  sent: { icon: 'check', text: 'Sent' },
  delivered: { icon: 'checks', text: 'Delivered', inGroup: 'Delivered to everybody' },
  read: { icon: 'checks', text: 'Read', inGroup: 'Read by everybody' },
};

/** How far one's own message has come. */
export function StateMark({ state, group }: { state: State; group: boolean }) {
  const { icon, text, inGroup } = MARKS[state];
  const told = group ? (inGroup ?? text) : text;
  return (
    <span class={`state ${state}`} title={told}>
      <Icon name={icon} />
      <span class="unseen">{told}</span>
    </span>
  );
}
