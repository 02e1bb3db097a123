import java.net.URI;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AccountsApi;
import org.openapitools.client.api.ConversationsApi;
import org.openapitools.client.api.MessagesApi;
import org.openapitools.client.model.Conversation;
import org.openapitools.client.model.LogInInput;
import org.openapitools.client.model.LogInResult;
import org.openapitools.client.model.MarkReadInput;
import org.openapitools.client.model.Message;
import org.openapitools.client.model.OpenPrivateConversationInput;
import org.openapitools.client.model.SendMessageInput;
import org.openapitools.client.model.SyncConversationsInput;

/** One chat through the client that OpenAPI Generator makes for Java: `java Chat URL ALICE BOB PASSWORD`. */
public class Chat {
  public static void main(String[] args) throws Exception {
    LogInResult alice = logIn(args[0], args[1], args[3]);
    LogInResult bob = logIn(args[0], args[2], args[3]);
    ApiClient one = client(args[0], alice.getToken());
    ApiClient other = client(args[0], bob.getToken());
    check(alice.getExpiresAt().isAfter(OffsetDateTime.now()), "the login lasts");

    check(
        new AccountsApi(one)
            .searchUsers(args[2]).getUsers().stream().anyMatch(user -> user.getId().equals(bob.getUserId())),
        "Bob is found");
    Long conversation =
        new ConversationsApi(one)
            .openPrivateConversation(new OpenPrivateConversationInput().otherUserId(bob.getUserId()))
            .getConversationId();
    new MessagesApi(one).sendMessage(new SendMessageInput().conversationId(conversation).content("Hello, Bob!"));

    Conversation listed = new ConversationsApi(other).listConversations(null, null).getConversations().get(0);
    check(listed.getUnreadCount() == 1, "one message is unread");
    check(listed.getLastMessage().getContent().equals("Hello, Bob!"), "the message is the last one");

    List<Message> messages = new MessagesApi(other).listMessages(conversation, 10L, null, null, null).getMessages();
    check(messages.size() == 1 && messages.get(0).getEditedAt() == null, "there is one message, not edited");
    List<Long> ids = messages.stream().map(Message::getId).collect(Collectors.toList());
    new MessagesApi(other).markRead(new MarkReadInput().messageIds(ids));

    SyncConversationsInput known = new SyncConversationsInput().conversations(Map.of(conversation.toString(), 0L));
    Message synced =
        new MessagesApi(one)
            .syncConversations(known).getConversations().get(conversation.toString()).getMessages().get(0);
    check(synced.getStatus() == Message.StatusEnum.READ, "the message is read");

    try {
      new MessagesApi(one).sendMessage(new SendMessageInput().conversationId(999_999_999L).content("Hello?"));
      check(false, "it is refused");
    } catch (ApiException refused) {
      check(refused.getCode() == 403, "it is refused by 403");
    }
    System.out.println("the chat is done");
  }

  private static LogInResult logIn(String url, String username, String password) throws ApiException {
    LogInInput input = new LogInInput().username(username).password(password).token(true);
    return new AccountsApi(client(url, null)).logIn(input);
  }

  private static ApiClient client(String url, String token) {
    URI address = URI.create(url);
    ApiClient client = new ApiClient();
    client.setScheme(address.getScheme()).setHost(address.getHost()).setPort(address.getPort());
    if (token != null) {
      client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    }
    return client;
  }

  private static void check(boolean isTrue, String what) {
    if (!isTrue) throw new AssertionError("not so: " + what);
  }
}
