// The seam between the socket and the broker: who may in, what is asked, who has gone.

internal import JSON
public import JSONRPC

/// What answers the connections of a `SocketServer`. Every method is called on the server's event
/// loop, and nowhere else.
public protocol ConnectionService: AnyObject, Sendable {
  /// Whether a peer may in, before a byte of it is read. `opened` follows at once where it may;
  /// an error is written, with id `null`, and the connection closed.
  func admit(_ peer: PeerCredentials) -> RPCError?

  /// What a peer is told whom the kernel does not name.
  var unidentifiedPeer: RPCError { get }

  /// A connection was admitted.
  func opened(_ connection: Connection)

  /// A request or notification came. `reply` is called once, now or later, on the loop.
  func received(_ request: Request, on connection: Connection, reply: ReplySlot)

  /// A connection that was opened is gone. Replies to it go nowhere from now on.
  func closed(_ connection: Connection)
}

extension ConnectionService {
  /// -32002: no right can be given to whom nobody names.
  public var unidentifiedPeer: RPCError {
    RPCError(
      code: -32002, message: "the kernel does not say who calls",
      data: [
        "reason": "access_denied",
        "hint": "call from a process in the broker's own pid and user namespace",
      ])
  }

  /// What a peer is told for whom there is no place left.
  ///
  /// - Parameter fact: how many there are.
  func noPlace(_ fact: String) -> RPCError {
    RPCError(
      code: -32012, message: fact + ", and its limit of open files leaves room for no more",
      data: [
        "reason": "quota_exceeded",
        "hint": "close connections that are not used, or raise LimitNOFILE= of the service",
      ])
  }
}
