"""One chat through the client that OpenAPI Generator generates for Python: `python3 chat.py URL ALICE BOB PASSWORD`."""

import datetime
import sys

import mmchat_client as mmchat

url, alice, bob, password = sys.argv[1:]


def logged_in(username):
    anonymous = mmchat.ApiClient(mmchat.Configuration(host=url))
    login = mmchat.AccountsApi(anonymous).log_in(mmchat.LogInInput(username=username, password=password, token=True))
    assert login.success and login.expires_at > datetime.datetime.now(datetime.timezone.utc)
    configuration = mmchat.Configuration(host=url)
    configuration.access_token = login.token
    return login.user_id, mmchat.ApiClient(configuration)


_, one = logged_in(alice)
bob_id, other = logged_in(bob)

found = mmchat.AccountsApi(one).search_users(q=bob)
assert [user.id for user in found.users if user.username == bob] == [bob_id]

conversation_id = mmchat.ConversationsApi(one).open_private_conversation(
    mmchat.OpenPrivateConversationInput(other_user_id=bob_id)
).conversation_id
mmchat.MessagesApi(one).send_message(
    mmchat.SendMessageInput(conversation_id=conversation_id, content='Hello, Bob!')
)

[conversation] = mmchat.ConversationsApi(other).list_conversations().conversations
assert conversation.unread_count == 1 and conversation.last_message.content == 'Hello, Bob!'

messages = mmchat.MessagesApi(other).list_messages(conversation_id, limit=10).messages
assert [(message.content, message.edited_at) for message in messages] == [('Hello, Bob!', None)]
mmchat.MessagesApi(other).mark_read(mmchat.MarkReadInput(message_ids=[message.id for message in messages]))

synced = mmchat.MessagesApi(one).sync_conversations(
    sync_conversations_input=mmchat.SyncConversationsInput(conversations={str(conversation_id): 0})
)
assert synced.conversations[str(conversation_id)].messages[0].status == 'read'

try:
    mmchat.MessagesApi(one).send_message(mmchat.SendMessageInput(conversation_id=999_999_999, content='Hello?'))
    raise AssertionError('it was not refused')
except mmchat.ApiException as error:
    assert error.status == 403 and 'not_participant' in error.body

print('the chat is done')
