// The two handles of the protocol. Whoever holds one can go on with the sign-in, so that neither
// describes itself: a log line or a failed expectation shows that there is one, not which.

/// What `/interact` returns: it names the OAuth request.
public struct InteractionHandle: Sendable, Hashable, CustomStringConvertible {
  /// As the engine sent it (`interaction_handle`): a secret, which goes into requests and records
  /// only.
  public let text: String
  /// Made of its parts.
  public init(_ text: String) { self.text = text }
  public var description: String { "<interaction handle>" }
}

/// What the Identity Engine returns: it names the running authentication.
public struct StateHandle: Sendable, Hashable, CustomStringConvertible {
  /// As the engine sent it (`stateHandle`): a secret, which goes into requests and records only.
  public let text: String
  /// Made of its parts.
  public init(_ text: String) { self.text = text }
  public var description: String { "<state handle>" }
}

/// What redeems for tokens, once and within a minute.
public struct InteractionCode: Sendable, Hashable, CustomStringConvertible {
  /// As the engine sent it (`interaction_code`): a secret, which goes into requests and records
  /// only.
  public let text: String
  /// Made of its parts.
  public init(_ text: String) { self.text = text }
  public var description: String { "<interaction code>" }
}
