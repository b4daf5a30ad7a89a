// The way back from a browser. Two implementations: the listener of `remedyd`, and a script.

public import OAuth
internal import Prompts

/// Serves loopback redirect URIs.
public protocol RedirectReceiver: Sendable {
  /// Has a URI served until the closure that is returned is called. Must not wait; what one caller
  /// opens and closes takes effect in that order.
  ///
  /// - Parameters:
  ///   - opened: called once, on any thread: with what is in the way, where it is not served.
  ///   - judge: asked of each callback, on any thread; calls back once.
  func open(
    _ uri: RedirectURI, opened: @escaping @Sendable (RedirectObstacle?) -> Void,
    judge:
      @escaping @Sendable (RedirectCallback, @escaping @Sendable (RedirectVerdict) -> Void) -> Void
  ) -> @Sendable () -> Void
}

/// The way back to one transaction, for the prompt that sends a person to a browser.
struct OpenRedirect {
  var prompt: PromptID
  /// `nil` once it is used, and where it cannot be served.
  var close: (@Sendable () -> Void)?
  /// Whether a callback has come by it.
  var isUsed = false
  /// What a person has to know where it cannot be served.
  var words: Message?
}
