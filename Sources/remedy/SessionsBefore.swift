// How the sessions were before a call changed them. The question goes out ahead of the call and is not
// waited for: the broker answers both in order, and where it does not, nothing hangs on it.

internal import BrokerInterface
internal import RemedyClient

/// The sessions as they were when the call was begun.
struct SessionsBefore {
  /// One profile's.
  struct State {
    /// Whether somebody is signed in, or was with tokens that have ended.
    var isHeld = false
    /// Whether a sign-in is over at once: the contract's `active`.
    var isActive = false
    /// Whether a sign-in is under way.
    var isUnderWay = false
  }

  private let client: Client
  private let call: PendingCall<SessionList>?

  init(_ client: Client) {
    self.client = client
    call = try? client.start(SessionList.self, SessionList.Params())
  }

  /// A broker that refuses the connection says so to what was sent first, which is the question here,
  /// and hangs up on the call.
  func explaining(_ fault: CallFault) -> CallFault {
    guard fault == .connection(.closed), let call else { return fault }
    do {
      _ = try client.result(of: call)
      return fault
    } catch {
      return error
    }
  }

  /// Asked once, after the call; `nil` where the broker has not said.
  func of(_ profile: String) -> State? {
    guard let call, let result = try? client.result(of: call) else { return nil }
    guard let session = result.sessions.first(where: { $0.profile == profile }) else {
      return State()
    }
    return State(
      isHeld: session.state != .signedOut,
      isActive: session.state == .active,
      isUnderWay: session.transaction != nil)
  }
}
