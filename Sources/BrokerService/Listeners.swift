// Connections as the broker sees those that it tells something unasked.

internal import BrokerInterface
internal import LocalSocket
internal import Prompts
internal import TokenBroker

/// A connection as the broker sees a prompter.
///
/// `@unchecked Sendable`: called on the event loop only, which is the broker's executor.
final class PrompterConnection: Prompter, @unchecked Sendable {
  private let connection: Connection

  init(_ connection: Connection) {
    self.connection = connection
  }

  func notify(_ notice: PrompterNotice) {
    let notification: BrokerNotification =
      switch notice {
      case .show(let prompt): .show(PromptShow(prompt: prompt))
      case .update(let prompt): .update(PromptUpdate(prompt: prompt))
      case .withdraw(let id, let reason, let messages):
        .withdraw(
          PromptWithdraw(
            prompt: id, reason: PromptWithdraw.Reason(reason), message: messages.first?.text,
            messages: messages))
      }
    connection.notify(method: notification.method, params: notification.params)
  }
}

/// A connection as the broker sees a subscriber.
///
/// `@unchecked Sendable`: called on the event loop only, which is the broker's executor.
final class SubscriberConnection: Subscriber, @unchecked Sendable {
  /// How much a subscriber may leave unread: tokens pile up for one that has gone to sleep.
  private static let unreadLimit = 512 * 1024

  private let connection: Connection

  init(_ connection: Connection) {
    self.connection = connection
  }

  func notify(_ notice: TokenNotice) {
    switch notice {
    case .changed(let profile, let scopes, let token):
      connection.notify(
        method: TokenChanged.name,
        params: TokenChanged.rendered(profile: profile, scopes: scopes, token: token))
    case .gone(let profile, let scopes, let reason):
      connection.notify(
        method: TokenGone.name,
        params: TokenGone(profile: profile, scopes: scopes, reason: TokenGone.Reason(reason)).json)
    }
    if connection.unreadBytes > Self.unreadLimit { connection.cut() }
  }
}

extension TokenGone.Reason {
  fileprivate init(_ reason: TokenNotice.Reason) {
    switch reason {
    case .loggedOut: self = .loggedOut
    case .sessionEnded: self = .sessionEnded
    case .expired: self = .expired
    }
  }
}
