// What a connection may cost us. How many there may be is the service's to say, in `admit`.

/// The bounds of each connection (security T26, T28).
public struct ConnectionLimits: Sendable, Equatable {
  /// How many bytes a line may have, LF included.
  public var lineBytes: Int
  /// How long a line may stay unfinished.
  public var unfinishedLine: Duration
  /// How many outgoing bytes may wait unread before no more is read from the peer.
  public var unreadBytes: Int
  /// How long more than that may wait before the connection is closed.
  public var unread: Duration
  /// How many outgoing bytes may wait at all: beyond that the connection is closed at once.
  public var outgoingBytes: Int
  /// How many connections the kernel keeps that are not accepted yet.
  public var backlog: Int

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    lineBytes: Int = 256 * 1024, unfinishedLine: Duration = .seconds(30),
    unreadBytes: Int = 1 << 20, unread: Duration = .seconds(30), outgoingBytes: Int = 16 << 20,
    backlog: Int = 1024
  ) {
    self.lineBytes = lineBytes
    self.unfinishedLine = unfinishedLine
    self.unreadBytes = unreadBytes
    self.unread = unread
    self.outgoingBytes = outgoingBytes
    self.backlog = backlog
  }
}
