//! One chat through the client that OpenAPI Generator makes for Rust: `chat URL ALICE BOB PASSWORD`.

use mmchat_client::apis::configuration::Configuration;
use mmchat_client::apis::{accounts_api, conversations_api, messages_api};
use mmchat_client::models::{
    LogInInput, MarkReadInput, OpenPrivateConversationInput, SendMessageInput, SyncConversationsInput,
};

async fn logged_in(url: &str, username: &str, password: &str) -> (i64, Configuration) {
    let mut configuration = Configuration::new();
    configuration.base_path = url.to_string();
    let mut input = LogInInput::new(username.to_string(), password.to_string());
    input.token = Some(true);
    let login = accounts_api::log_in(&configuration, input).await.expect("a login");
    configuration.bearer_access_token = login.token;
    (login.user_id, configuration)
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (_, one) = logged_in(&args[1], &args[2], &args[4]).await;
    let (bob, other) = logged_in(&args[1], &args[3], &args[4]).await;

    let found = accounts_api::search_users(&one, &args[3]).await.expect("a search");
    assert!(found.users.iter().any(|user| user.id == bob));

    let opened = conversations_api::open_private_conversation(&one, OpenPrivateConversationInput::new(bob)).await;
    let conversation = opened.expect("a conversation").conversation_id;
    let message = SendMessageInput::new(conversation, "Hello, Bob!".to_string());
    messages_api::send_message(&one, message).await.expect("a message");

    let listed = conversations_api::list_conversations(&other, None, None).await.expect("a list");
    assert_eq!(listed.conversations[0].unread_count, 1);

    let page = messages_api::list_messages(&other, conversation, Some(10), None, None, None).await.expect("a page");
    assert_eq!(page.messages[0].content, "Hello, Bob!");
    let ids = page.messages.iter().map(|each| each.id).collect();
    messages_api::mark_read(&other, MarkReadInput::new(ids)).await.expect("it is read");

    let mut known = SyncConversationsInput::new();
    known.conversations = Some(std::collections::HashMap::from([(conversation.to_string(), 0)]));
    let synced = messages_api::sync_conversations(&one, Some(known)).await.expect("what was missed");
    assert_eq!(synced.conversations[&conversation.to_string()].messages.len(), 1);

    let nowhere = SendMessageInput::new(999_999_999, "Hello?".to_string());
    assert!(messages_api::send_message(&one, nowhere).await.is_err());
    println!("the chat is done");
}
