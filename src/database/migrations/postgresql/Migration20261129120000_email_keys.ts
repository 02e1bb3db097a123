import { Migration } from '@mikro-orm/migrations';
import { withDomainsAsTyped, withDomainsInAscii } from '../email-keys.ts';

/** Two spellings of one domain are one address. */
export class Migration20261129120000_email_keys extends Migration {
  override name = 'Migration20261129120000_email_keys';

  override up(): Promise<void> {
    return withDomainsInAscii(this, `email_key ~ '[^ -~]'`);
  }

  override down(): Promise<void> {
    return withDomainsAsTyped(this);
  }
}
