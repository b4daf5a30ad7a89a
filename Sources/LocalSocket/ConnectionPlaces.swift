// How many connections there may be at all. A process that has run out of descriptors can neither
// write its vault nor reach an issuer, so some are kept from the connections; and one user must not
// hold all the rest.

internal import Glibc

/// The connections that a number of descriptors leaves room for.
public struct ConnectionPlaces: Sendable, Equatable {
  /// Descriptors that are for everything else: the vault, issuers, listeners, event loops.
  public static let reserved = 48

  /// How many connections there may be.
  public var total: Int
  /// How many of them one uid may have.
  public var perUID: Int

  /// - Parameter descriptors: how many the process may have open (`RLIMIT_NOFILE`).
  public init(descriptors: Int) {
    total = max(descriptors - Self.reserved, 1)
    perUID = max(total - total / 4, 1)
  }

  /// Those of this process.
  public static var ours: ConnectionPlaces {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return ConnectionPlaces(descriptors: 1024)
    }
    return ConnectionPlaces(descriptors: Int(min(limit.rlim_cur, 1 << 20)))
  }
}
