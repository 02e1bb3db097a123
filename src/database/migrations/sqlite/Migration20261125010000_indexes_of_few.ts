import { Migration } from '@mikro-orm/migrations';

/** Most messages have no client id and were never changed: they need no entry in the indexes for these. */
export class Migration20261125010000_indexes_of_few extends Migration {
  override name = 'Migration20261125010000_indexes_of_few';

  override up(): void | Promise<void> {
    this.addSql(`drop index \`messages_sender_id_client_message_id_unique\`;`);
    this.addSql(`drop index \`messages_conversation_id_changed_seq_index\`;`);
    this.addSql(
      `create unique index \`messages_sender_id_client_message_id_unique\` on \`messages\` (\`sender_id\`, \`client_message_id\`) where client_message_id is not null;`,
    );
    this.addSql(
      `create index \`messages_conversation_id_changed_seq_index\` on \`messages\` (\`conversation_id\`, \`changed_seq\`) where changed_seq > seq;`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index \`messages_sender_id_client_message_id_unique\`;`);
    this.addSql(`drop index \`messages_conversation_id_changed_seq_index\`;`);
    this.addSql(
      `create unique index \`messages_sender_id_client_message_id_unique\` on \`messages\` (\`sender_id\`, \`client_message_id\`);`,
    );
    this.addSql(
      `create index \`messages_conversation_id_changed_seq_index\` on \`messages\` (\`conversation_id\`, \`changed_seq\`);`,
    );
  }
}
