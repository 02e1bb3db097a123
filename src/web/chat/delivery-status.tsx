import type { ShownMessage } from 'mmchat-client';
import { Icon, type IconName } from '../components/icon.tsx';

type State = ShownMessage['state'];
const STATUSES: Record<State, { icon: IconName; text: string; inGroup?: string }> = {
  pending: { icon: 'clock', text: 'Waiting to be sent' },
  failed: { icon: 'failed', text: 'Not sent' },
  sent: { icon: 'check', text: 'Sent' },
  delivered: { icon: 'checks', text: 'Delivered', inGroup: 'Delivered to everybody' },
  read: { icon: 'checks', text: 'Read', inGroup: 'Read by everybody' },
};

/** The status of a message of this user. */
export function DeliveryStatus({ state, group }: { state: State; group: boolean }) {
  const { icon, text, inGroup } = STATUSES[state];
  const label = group ? (inGroup ?? text) : text;
  return (
    <span class={`delivery-status ${state}`} title={label}>
      <Icon name={icon} />
      <span class="visually-hidden">{label}</span>
    </span>
  );
}
